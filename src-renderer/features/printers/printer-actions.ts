import { useI18n } from 'vue-i18n'
import type { Printer } from '@contract/printers'
import { useDialogs } from '@/stores/dialogs'
import { useJobs } from '@/stores/jobs'
import { printerLabel, usePrinters } from '@/stores/printers'
import { useFeedback } from '../shell/feedback'

export function usePrinterActions() {
  const { t } = useI18n()
  const printers = usePrinters()
  const jobs = useJobs()
  const dialogs = useDialogs()
  const { attempt } = useFeedback()

  /** Asks, deletes, and offers to put it back under the same id, so that its old jobs find it again. */
  async function remove(printer: Printer): Promise<boolean> {
    const name = printerLabel(printer)
    const open = jobs.queuedOn(printer.id).length + (jobs.runningOn(printer.id) ? 1 : 0)
    if (open > 0) {
      await dialogs.ask({
        title: t('printer.inUseTitle', { name }),
        text: t('printer.inUseText', { n: open }, open),
        confirm: t('action.understood'),
        inform: true
      })
      return false
    }
    const title = t('printer.deleteTitle', { name })
    if (!(await dialogs.ask({ title, text: t('printer.deleteText'), confirm: t('action.delete'), danger: true })))
      return false
    const { id, company, model } = printer
    const undo = {
      label: t('action.undo'),
      run: () =>
        void attempt(
          () => printers.create({ id, company, model, name: printer.name ?? '' }),
          t('printer.restored', { name })
        )
    }
    return attempt(() => printers.remove(id), t('printer.deleted', { name }), undo)
  }

  return { remove }
}

/** The steps of a job as buttons, menus, drops and bulk actions take them. */
import { useI18n } from 'vue-i18n'
import { NEXT_STATUSES, type JobStatus, type PrintJob } from '@contract/print-jobs'
import { useDialogs } from '@/stores/dialogs'
import { useHealth } from '@/stores/health'
import { fileName, useJobs } from '@/stores/jobs'
import { printerLabel, usePrinters } from '@/stores/printers'
import { useToasts } from '@/stores/toasts'
import { useFeedback } from '../shell/feedback'
import { isLegal, obstacleTo } from './steps'

/** Requests of a bulk action under way at a time. */
const BULK_PARALLEL = 8

export interface Step {
  readonly status: JobStatus
  readonly label: string
  /** Why it cannot be taken now, in words; null when it can. */
  readonly blocked: string | null
}

export function useJobActions() {
  const { t } = useI18n()
  const jobs = useJobs()
  const printers = usePrinters()
  const dialogs = useDialogs()
  const toasts = useToasts()
  const feedback = useFeedback()
  const health = useHealth()

  function steps(job: PrintJob): readonly Step[] {
    return NEXT_STATUSES[job.status].map((status) => {
      // Only a start depends on what the printer does.
      const running = status === 'Running' ? jobs.runningOn(job.printer_id) : undefined
      const printer = printers.records.get(job.printer_id)
      const busy =
        running && obstacleTo(job, status, running)
          ? t('job.printerBusy', { printer: printer ? printerLabel(printer) : '', file: fileName(running.filepath) })
          : null
      const blocked = health.paused ? t(`health.${health.paused}.blocks`) : busy
      return { status, label: t(`job.step.${status}`), blocked }
    })
  }

  /** Done takes weight off the roll and nothing comes back from Cancelled, so cancelling asks first. */
  async function move(job: PrintJob, status: JobStatus): Promise<boolean> {
    if (!isLegal(job.status, status)) return false
    const name = fileName(job.filepath)
    if (status === 'Cancelled') {
      const text = t(job.status === 'Running' ? 'job.cancelRunningText' : 'job.cancelQueuedText')
      const title = t('job.cancelTitle', { name })
      if (!(await dialogs.ask({ title, text, confirm: t('job.step.Cancelled'), danger: true }))) return false
    }
    return feedback.attempt(() => jobs.setStatus(job.id, status), t(`job.moved.${status}`, { name }))
  }

  async function remove(job: PrintJob): Promise<boolean> {
    const name = fileName(job.filepath)
    const open = job.status === 'Queued' || job.status === 'Running'
    const yes = await dialogs.ask({
      title: t('job.deleteTitle', { name }),
      text: t(open ? 'job.deleteOpenText' : 'job.deleteText'),
      confirm: t('action.delete'),
      danger: true
    })
    return yes && feedback.attempt(() => jobs.remove(job.id), t('job.deleted', { name }))
  }

  /** Runs over many, a few at a time; one toast tells how many were done and why others were not. */
  async function each(list: readonly PrintJob[], work: (job: PrintJob) => Promise<unknown>): Promise<void> {
    const rest = [...list]
    let done = 0
    let failure: unknown = null
    const worker = async () => {
      for (let job = rest.shift(); job; job = rest.shift()) {
        await work(job).then(
          () => done++,
          (error: unknown) => (failure = error)
        )
      }
    }
    await Promise.all(Array.from({ length: BULK_PARALLEL }, worker))
    const title = t('job.bulkDone', { n: done, all: list.length }, list.length)
    if (failure === null) toasts.show({ tone: 'good', title })
    else toasts.show({ tone: 'bad', title, text: feedback.explain(failure).title })
  }

  async function moveAll(list: readonly PrintJob[], status: JobStatus): Promise<boolean> {
    const able = list.filter((job) => isLegal(job.status, status))
    if (status === 'Cancelled') {
      const title = t('job.bulkCancelTitle', { n: able.length }, able.length)
      const confirm = t('job.step.Cancelled')
      if (!(await dialogs.ask({ title, text: t('job.bulkCancelText'), confirm, danger: true }))) return false
    }
    await each(able, (job) => jobs.setStatus(job.id, status))
    return true
  }

  async function removeAll(list: readonly PrintJob[]): Promise<boolean> {
    const title = t('job.bulkDeleteTitle', { n: list.length }, list.length)
    const confirm = t('action.delete')
    if (!(await dialogs.ask({ title, text: t('job.bulkDeleteText'), confirm, danger: true }))) return false
    await each(list, (job) => jobs.remove(job.id))
    return true
  }

  return { steps, move, remove, moveAll, removeAll }
}

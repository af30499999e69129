import { useI18n } from 'vue-i18n'
import type { Filament } from '@contract/filaments'
import { useDialogs } from '@/stores/dialogs'
import { filamentLabel, useFilaments } from '@/stores/filaments'
import { useFeedback } from '../shell/feedback'

export function useFilamentActions() {
  const { t } = useI18n()
  const filaments = useFilaments()
  const dialogs = useDialogs()
  const { attempt } = useFeedback()

  /** Asks, deletes, and offers to put it back under the same id with the weight it had. */
  async function remove(filament: Filament): Promise<boolean> {
    const name = filamentLabel(filament)
    if (filaments.stock(filament).reserved > 0) {
      await dialogs.ask({
        title: t('filament.inUseTitle', { name }),
        text: t('filament.inUseText'),
        confirm: t('action.understood'),
        inform: true
      })
      return false
    }
    const title = t('filament.deleteTitle', { name })
    if (!(await dialogs.ask({ title, text: t('filament.deleteText'), confirm: t('action.delete'), danger: true })))
      return false
    const { id, type, color, total_weight_in_grams, remaining_weight_in_grams } = filament
    const again = { id, type, color, total_weight_in_grams, remaining_weight_in_grams, name: filament.name ?? '' }
    const undo = {
      label: t('action.undo'),
      run: () => void attempt(() => filaments.create(again), t('filament.restored', { name }))
    }
    return attempt(() => filaments.remove(id), t('filament.deleted', { name }), undo)
  }

  return { remove }
}

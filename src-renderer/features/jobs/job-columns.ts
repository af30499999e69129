import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useMediaQuery } from '@/ui/media'
import type { Column } from '@/ui/table'

/** Columns of the table of jobs; the narrower it is, the fewer are shown, and jobs can be sorted by any of them. */
export function useJobColumns(): ComputedRef<Column[]> {
  const { t } = useI18n()
  /** Not merely hidden where there is no room: its texts would cost every row that scrolls by. */
  const wide = useMediaQuery('(min-width: 120rem)')
  return computed(() => [
    { key: 'file', label: t('job.file'), sortable: true, class: 'flex-1' },
    { key: 'status', label: t('job.statusLabel'), sortable: true, class: 'w-30 shrink-0' },
    { key: 'printer', label: t('printer.one'), sortable: true, class: 'hidden md:block w-[15%] shrink-0' },
    { key: 'filament', label: t('filament.one'), sortable: true, class: 'hidden lg:block w-[21%] shrink-0' },
    ...(wide.value ? [{ key: 'updated', label: t('job.lastStep'), sortable: true, class: 'w-[20%] shrink-0' }] : []),
    { key: 'weight', label: t('job.weight'), sortable: true, numeric: true, class: 'hidden sm:block w-22 shrink-0' },
    { key: 'created', label: t('job.created'), sortable: true, numeric: true, class: 'hidden sm:block w-30 shrink-0' },
    { key: 'actions', label: '', class: 'w-12 shrink-0' }
  ])
}

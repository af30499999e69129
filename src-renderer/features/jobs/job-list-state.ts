/** The jobs that the view shows: the store's jobs through the filters in the address. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { JOB_STATUSES, type JobStatus, type PrintJob } from '@contract/print-jobs'
import { filamentLabel, useFilaments } from '@/stores/filaments'
import { firstOf } from '@/stores/first-of'
import { useJobs } from '@/stores/jobs'
import { printerLabel, usePrinters } from '@/stores/printers'
import { useOptions } from '@/ui/options'
import { useSettled } from '@/ui/settled'
import { parseSort, sorted } from '@/ui/table'
import { useUrlState } from '@/ui/url-state'
import { createHaystack, matches, wordsOf, type JobFilters } from './filters'

/** From this many jobs on, the table is not sorted anew at every change but this often while changes come in. */
const SETTLE_FROM_JOBS = 1_000
const SETTLE_MS = 400
const KEYS = ['file', 'printer', 'filament', 'weight', 'status', 'created', 'updated'] as const

export function useJobListState() {
  const { t } = useI18n()
  const jobs = useJobs()
  const printers = usePrinters()
  const filaments = useFilaments()
  const { param } = useUrlState()

  const search = param<string>('q', '')
  const status = param<string>('status', 'all')
  const printer = param<string>('printer', 'all')
  const filament = param<string>('filament', 'all')
  const sortText = param<string>('sort', '-created')
  const sort = computed(() => parseSort(sortText.value, KEYS, { key: 'created', down: true }))

  const printerName = (job: PrintJob) => {
    const found = printers.records.peek(job.printer_id)
    return found ? printerLabel(found) : job.printer_id
  }
  const filamentName = (job: PrintJob) => {
    const found = filaments.records.peek(job.filament_id)
    return found ? filamentLabel(found) : job.filament_id
  }
  const printerOptions = useOptions(() => [
    { value: 'all', label: t('job.allPrinters') },
    ...printers.records.all.map((one) => ({ value: one.id, label: printerLabel(one) }))
  ])
  const filamentOptions = useOptions(() => [
    { value: 'all', label: t('job.allFilaments') },
    ...filaments.records.all.map((one) => ({ value: one.id, label: filamentLabel(one) }))
  ])
  // A renamed printer or roll makes new texts, so the cache hangs on their names.
  const haystack = computed(() => {
    void printerOptions.value
    void filamentOptions.value
    return createHaystack((job) => `${printerName(job)} ${filamentName(job)}`)
  })

  const filters = computed<JobFilters>(() => ({
    words: wordsOf(search.value),
    statuses: JOB_STATUSES.includes(status.value as JobStatus) ? new Set([status.value as JobStatus]) : null,
    printerId: printer.value === 'all' ? null : printer.value,
    filamentId: filament.value === 'all' ? null : filament.value
  }))
  const filtered = computed(() => search.value + status.value + printer.value + filament.value !== 'allallall')

  const shows = (job: PrintJob) => matches(job, filters.value, haystack.value)

  /** One column of the board: how many there are, and the first `limit` of them. */
  function column(of: JobStatus, limit: number): { readonly total: number; readonly jobs: readonly PrintJob[] } {
    const order = jobs.inOrder(of)
    if (!filtered.value) return { total: jobs.counts[of], jobs: firstOf(jobs.ofStatus(of), limit, order) }
    const all = [...jobs.ofStatus(of)].filter(shows)
    return { total: all.length, jobs: firstOf(all, limit, order) }
  }

  const version = useSettled(
    () => jobs.records.version,
    () => (jobs.records.size() > SETTLE_FROM_JOBS ? SETTLE_MS : 0)
  )
  const matching = computed(() => {
    void version.value
    const all = jobs.records.peekAll()
    return filtered.value ? all.filter(shows) : all
  })
  const total = computed(() => matching.value.length)
  /** All rows of the table, sorted. */
  const rows = computed(() => {
    const by: Record<(typeof KEYS)[number], (job: PrintJob) => string | number> = {
      file: ({ filepath }) => filepath,
      printer: printerName,
      filament: filamentName,
      weight: ({ print_weight_in_grams: weight }) => weight,
      status: (job) => JOB_STATUSES.indexOf(job.status),
      created: ({ created_at: at }) => at,
      updated: ({ updated_at: at }) => at
    }
    return sorted(matching.value, by[sort.value.key], sort.value.down)
  })

  const statusOptions = computed(() => [
    { value: 'all', label: t('job.allStatuses') },
    ...JOB_STATUSES.map((value) => ({ value, label: t(`job.status.${value}`) }))
  ])

  function reset(): void {
    search.value = ''
    status.value = printer.value = filament.value = 'all'
  }

  return {
    search,
    status,
    printer,
    filament,
    sort,
    setSort: (text: string) => (sortText.value = text),
    filtered,
    column,
    total,
    rows,
    statusOptions,
    printerOptions,
    filamentOptions,
    printerName,
    filamentName,
    reset
  }
}

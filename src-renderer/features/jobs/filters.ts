/** Which jobs a view shows, from what stands in the address; the same for board and table. */
import type { JobStatus, PrintJob } from '@contract/print-jobs'

export interface JobFilters {
  readonly words: readonly string[]
  readonly statuses: ReadonlySet<JobStatus> | null
  readonly printerId: string | null
  readonly filamentId: string | null
}

export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean)
}

/** Everything of a job that a search looks at, in lower case; built once per version of the record. */
export function createHaystack(nameOf: (job: PrintJob) => string): (job: PrintJob) => string {
  const texts = new WeakMap<PrintJob, string>()
  return (job) => {
    let text = texts.get(job)
    if (text === undefined) texts.set(job, (text = `${job.filepath} ${job.id} ${nameOf(job)}`.toLowerCase()))
    return text
  }
}

export function matches(job: PrintJob, filters: JobFilters, haystack: (job: PrintJob) => string): boolean {
  if (filters.statuses && !filters.statuses.has(job.status)) return false
  if (filters.printerId !== null && job.printer_id !== filters.printerId) return false
  if (filters.filamentId !== null && job.filament_id !== filters.filamentId) return false
  if (filters.words.length === 0) return true
  const text = haystack(job)
  return filters.words.every((word) => text.includes(word))
}

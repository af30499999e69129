/** Which jobs have which status, and which are open on each printer and filament; kept in step change by change. */
import { shallowReactive } from 'vue'
import { JOB_STATUSES, type JobStatus, type PrintJob } from '@contract/print-jobs'

export function isOpen(status: JobStatus): boolean {
  return status === 'Queued' || status === 'Running'
}

export interface JobIndex {
  /** Grows when any job enters, leaves or changes within the status; what a column depends on. */
  readonly versions: Readonly<Record<JobStatus, number>>
  readonly counts: Readonly<Record<JobStatus, number>>
  ofStatus(status: JobStatus): Iterable<PrintJob>
  openOnPrinter(printerId: string): Iterable<PrintJob>
  openOnFilament(filamentId: string): Iterable<PrintJob>
  changed(previous: PrintJob | undefined, next: PrintJob | undefined): void
}

type Buckets = Map<string, Map<string, PrintJob>>

export function createJobIndex(): JobIndex {
  const byStatus = new Map<JobStatus, Map<string, PrintJob>>(JOB_STATUSES.map((status) => [status, new Map()]))
  const byPrinter: Buckets = new Map()
  const byFilament: Buckets = new Map()
  const versions = shallowReactive<Record<JobStatus, number>>({ Queued: 0, Running: 0, Done: 0, Cancelled: 0 })
  const counts = shallowReactive<Record<JobStatus, number>>({ Queued: 0, Running: 0, Done: 0, Cancelled: 0 })

  function remove(job: PrintJob): void {
    byStatus.get(job.status)?.delete(job.id)
    drop(byPrinter, job.printer_id, job.id)
    drop(byFilament, job.filament_id, job.id)
  }

  function add(job: PrintJob): void {
    byStatus.get(job.status)?.set(job.id, job)
    if (!isOpen(job.status)) return
    bucket(byPrinter, job.printer_id).set(job.id, job)
    bucket(byFilament, job.filament_id).set(job.id, job)
  }

  return {
    versions,
    counts,
    ofStatus: (status) => byStatus.get(status)?.values() ?? [],
    openOnPrinter: (id) => byPrinter.get(id)?.values() ?? [],
    openOnFilament: (id) => byFilament.get(id)?.values() ?? [],
    changed(previous, next) {
      if (previous) remove(previous)
      if (next) add(next)
      for (const status of new Set([previous?.status, next?.status])) {
        if (status === undefined) continue
        versions[status]++
        counts[status] = byStatus.get(status)?.size ?? 0
      }
    }
  }
}

function bucket(buckets: Buckets, key: string): Map<string, PrintJob> {
  let found = buckets.get(key)
  if (!found) buckets.set(key, (found = new Map()))
  return found
}

function drop(buckets: Buckets, key: string, id: string): void {
  const found = buckets.get(key)
  found?.delete(id)
  if (found?.size === 0) buckets.delete(key)
}

/**
 * Which jobs have which status, and which are open on each printer and filament; kept in step change by change, and
 * reactive bit by bit: who asks about one printer hears of that printer's jobs only.
 */
import { shallowReactive } from 'vue'
import { JOB_STATUSES, type JobStatus, type PrintJob } from '@contract/print-jobs'

export function isOpen(status: JobStatus): boolean {
  return status === 'Queued' || status === 'Running'
}

export interface JobIndex {
  readonly counts: Readonly<Record<JobStatus, number>>
  ofStatus(status: JobStatus): Iterable<PrintJob>
  openOnPrinter(printerId: string): Iterable<PrintJob>
  openOnFilament(filamentId: string): Iterable<PrintJob>
  changed(previous: PrintJob | undefined, next: PrintJob | undefined): void
}

export function createJobIndex(): JobIndex {
  const byStatus = createBuckets()
  const byPrinter = createBuckets()
  const byFilament = createBuckets()
  const counts = shallowReactive<Record<JobStatus, number>>({ Queued: 0, Running: 0, Done: 0, Cancelled: 0 })

  return {
    counts,
    ofStatus: byStatus.in,
    openOnPrinter: byPrinter.in,
    openOnFilament: byFilament.in,
    changed(previous, next) {
      byStatus.move(previous?.status, next?.status, previous, next)
      const before = previous && isOpen(previous.status) ? previous : undefined
      const after = next && isOpen(next.status) ? next : undefined
      byPrinter.move(before?.printer_id, after?.printer_id, before, after)
      byFilament.move(before?.filament_id, after?.filament_id, before, after)
      for (const status of JOB_STATUSES) {
        const size = byStatus.size(status)
        if (counts[status] !== size) counts[status] = size
      }
    }
  }
}

/** Jobs by a key, with a version per key that grows when anything in it changes. */
function createBuckets() {
  const buckets = new Map<string, Map<string, PrintJob>>()
  const versions = shallowReactive(new Map<string, number>())
  const touch = (key: string) => versions.set(key, (versions.get(key) ?? 0) + 1)

  function move(from: string | undefined, to: string | undefined, previous?: PrintJob, next?: PrintJob): void {
    if (from !== undefined && previous) {
      const bucket = buckets.get(from)
      // A job that stays keeps its place.
      if (from !== to) bucket?.delete(previous.id)
      if (bucket?.size === 0) buckets.delete(from)
      touch(from)
    }
    if (to !== undefined && next) {
      let bucket = buckets.get(to)
      if (!bucket) buckets.set(to, (bucket = new Map()))
      bucket.set(next.id, next)
      if (to !== from) touch(to)
    }
  }

  return {
    move,
    size: (key: string) => buckets.get(key)?.size ?? 0,
    in: (key: string): Iterable<PrintJob> => (void versions.get(key), buckets.get(key)?.values() ?? [])
  }
}

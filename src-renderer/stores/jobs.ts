import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call } from '@/api/http'
import type { JobStatus, PrintJob } from '@contract/print-jobs'
import { createCollection } from './collection'
import { firstOf } from './first-of'
import { createJobIndex, isOpen } from './job-index'
import { createWrites } from './writes'

export interface JobDraft {
  readonly printer_id: string
  readonly filament_id: string
  readonly filepath: string
  readonly print_weight_in_grams: number
}

export const useJobs = defineStore('jobs', () => {
  const index = createJobIndex()
  const records = createCollection<PrintJob>(index.changed)
  const { write, erase } = createWrites(records, '/print_jobs')
  /** Every open job is known: sums over them are right. */
  const openLoaded = ref(false)
  /** Jobs whose status change is on its way to the quorum. */
  const moving = ref<ReadonlyMap<string, JobStatus>>(new Map())

  function reservedOn(filamentId: string): number {
    let grams = 0
    for (const job of index.openOnFilament(filamentId)) grams += job.print_weight_in_grams
    return grams
  }

  /** The job that the printer is working on; a printer runs one at a time. */
  function runningOn(printerId: string): PrintJob | undefined {
    for (const job of index.openOnPrinter(printerId)) if (job.status === 'Running') return job
    return undefined
  }

  /** Printers that print, and those that could start; in one pass over the open jobs, for what looks at all printers. */
  const busy = computed<ReadonlyMap<string, 'running' | 'ready'>>(() => {
    const states = new Map<string, 'running' | 'ready'>()
    for (const { printer_id: id } of index.ofStatus('Queued')) states.set(id, 'ready')
    for (const { printer_id: id } of index.ofStatus('Running')) states.set(id, 'running')
    return states
  })

  function queuedOn(printerId: string): readonly PrintJob[] {
    return [...index.openOnPrinter(printerId)]
      .filter(({ status }) => status === 'Queued')
      .sort((a, b) => a.created_at - b.created_at)
  }

  /** What waits comes oldest first, what is over newest first. */
  function inOrder(status: JobStatus): (a: PrintJob, b: PrintJob) => number {
    return isOpen(status) ? (a, b) => a.created_at - b.created_at : (a, b) => b.updated_at - a.updated_at
  }

  /** The first jobs of a status. */
  const first = (status: JobStatus, n: number) => firstOf(index.ofStatus(status), n, inOrder(status))

  async function setStatus(id: string, status: JobStatus): Promise<PrintJob> {
    moving.value = new Map(moving.value).set(id, status)
    try {
      return await write(call<PrintJob>('POST', `/print_jobs/${encodeURIComponent(id)}/status`, { body: { status } }))
    } finally {
      const rest = new Map(moving.value)
      rest.delete(id)
      moving.value = rest
    }
  }

  return {
    records,
    counts: index.counts,
    openLoaded,
    moving,
    reservedOn,
    runningOn,
    busy,
    queuedOn,
    ofStatus: index.ofStatus,
    inOrder,
    first,
    setStatus,
    create: (draft: JobDraft) => write(call<PrintJob>('POST', '/print_jobs', { body: draft })),
    remove: erase
  }
})

/** The file's name without its folders; what people recognise a job by. */
export function fileName(filepath: string): string {
  return filepath.split(/[\\/]/).at(-1) || filepath
}

/** The folders before the name; empty when there are none. */
export function folderName(filepath: string): string {
  return filepath.slice(0, -fileName(filepath).length).replace(/[\\/]+$/, '')
}

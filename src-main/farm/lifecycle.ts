/** A print job's life: Queued → Running → Done; Queued or Running → Cancelled; nothing else. */
import { NEXT_STATUSES } from '../contract/print-jobs'
import { JOB_STATUSES, type JobEvent, type JobStatus, type PrintJob } from './types'

export function isJobStatus(value: unknown): value is JobStatus {
  return (JOB_STATUSES as readonly unknown[]).includes(value)
}

export function mayBecome(from: JobStatus, to: JobStatus): boolean {
  return NEXT_STATUSES[from].includes(to)
}

/** "can become Running or Cancelled" or "stays as it is". */
export function nextSteps(from: JobStatus): string {
  const next = NEXT_STATUSES[from]
  return next.length === 0 ? 'stays as it is' : `can become ${next.join(' or ')}`
}

/** The job that its events say: created by the first, as it stands since the last. `history` is not empty. */
export function jobOf(
  id: string,
  printer_id: string,
  filament_id: string,
  filepath: string,
  print_weight_in_grams: number,
  history: readonly JobEvent[]
): PrintJob {
  const first = history[0] ?? NO_EVENT
  const last = history[history.length - 1] ?? NO_EVENT
  return {
    id,
    printer_id,
    filament_id,
    filepath,
    print_weight_in_grams,
    status: last.status,
    created_at: first.at,
    updated_at: last.at,
    history
  }
}

const NO_EVENT: JobEvent = { status: 'Queued', at: 0, by: '', node: '' }

/** The job after one more event. */
export function advanced(job: PrintJob, event: JobEvent): PrintJob {
  const { id, printer_id, filament_id, filepath, print_weight_in_grams, history } = job
  return jobOf(id, printer_id, filament_id, filepath, print_weight_in_grams, history.concat(event))
}

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

export function queuedJob(
  id: string,
  printer_id: string,
  filament_id: string,
  filepath: string,
  print_weight_in_grams: number,
  event: JobEvent
): PrintJob {
  return {
    id,
    printer_id,
    filament_id,
    filepath,
    print_weight_in_grams,
    status: 'Queued',
    created_at: event.at,
    updated_at: event.at,
    history: [event]
  }
}

/** The job after one more event. */
export function advanced(job: PrintJob, event: JobEvent): PrintJob {
  return {
    id: job.id,
    printer_id: job.printer_id,
    filament_id: job.filament_id,
    filepath: job.filepath,
    print_weight_in_grams: job.print_weight_in_grams,
    status: event.status,
    created_at: job.created_at,
    updated_at: event.at,
    history: job.history.concat(event)
  }
}

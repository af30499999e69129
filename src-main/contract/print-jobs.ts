import type { Data } from './data'
import type { JobEventSchema, JobStatusChangeSchema, PrintJobCreateSchema, PrintJobSchema } from './schemas/print-jobs'

export const JOB_STATUSES = ['Queued', 'Running', 'Done', 'Cancelled'] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

/** The legal next steps of a job; everything else is refused as illegal_transition. */
export const NEXT_STATUSES: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  Queued: ['Running', 'Cancelled'],
  Running: ['Done', 'Cancelled'],
  Done: [],
  Cancelled: []
}

export type JobEvent = Data<typeof JobEventSchema>
export type PrintJob = Data<typeof PrintJobSchema>
export type PrintJobCreate = Data<typeof PrintJobCreateSchema>
export type JobStatusChange = Data<typeof JobStatusChangeSchema>

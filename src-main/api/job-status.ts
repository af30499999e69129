/** Job statuses as people write them: any case, `canceled` too, with or without quotes. */
import { JOB_STATUSES, type JobStatus } from '../contract/print-jobs'

const BY_NAME = new Map<string, JobStatus>([
  ...JOB_STATUSES.map((status) => [status.toLowerCase(), status] as const),
  ['canceled', 'Cancelled']
])

/** null: not a status. */
export function parseJobStatus(text: string): JobStatus | null {
  const bare = /^\s*(["']?)(.*?)\1\s*$/s.exec(text)?.[2]
  return BY_NAME.get((bare ?? '').trim().toLowerCase()) ?? null
}

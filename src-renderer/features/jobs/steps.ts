/** How each status looks and reads, and what may follow it. Colour never stands alone: each has its icon and word. */
import { CircleCheck, CirclePlay, CircleSlash, Clock3 } from '@lucide/vue'
import type { Component } from 'vue'
import { NEXT_STATUSES, type JobStatus, type PrintJob } from '@contract/print-jobs'

export interface Look {
  readonly icon: Component
  readonly tone: 'queued' | 'running' | 'done' | 'cancelled'
}

export const LOOKS: Readonly<Record<JobStatus, Look>> = {
  Queued: { icon: Clock3, tone: 'queued' },
  Running: { icon: CirclePlay, tone: 'running' },
  Done: { icon: CircleCheck, tone: 'done' },
  Cancelled: { icon: CircleSlash, tone: 'cancelled' }
}

export function isLegal(from: JobStatus, to: JobStatus): boolean {
  return NEXT_STATUSES[from].includes(to)
}

/** Why a legal step cannot be taken right now; null when it can. */
export type Obstacle = 'printerBusy'

export function obstacleTo(
  job: { readonly id: string; readonly status: JobStatus },
  to: JobStatus,
  runningOnPrinter: { readonly id: string } | undefined
): Obstacle | null {
  return to === 'Running' && runningOnPrinter && runningOnPrinter.id !== job.id ? 'printerBusy' : null
}

/** Who took the last step: the name of a token, or without one the machine at which someone did. */
export function lastBy(job: PrintJob): string {
  const last = job.history.at(-1)
  return last === undefined ? '' : last.by === 'local' ? last.node : last.by
}

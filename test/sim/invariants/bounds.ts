/** What waits has a bound: entries that no majority has taken yet, and the log behind a snapshot. */
import { Violation } from './violation'

/** A batch is taken when nothing else waits, or when both fit. */
export function checkUncommitted(who: string, waitingBytes: number, batchBytes: number, bytesMax: number): void {
  if (waitingBytes === 0 || waitingBytes + batchBytes <= bytesMax) return
  throw new Violation(
    'bounded',
    `${who} takes ${batchBytes} bytes while ${waitingBytes} of ${bytesMax} wait for a majority`
  )
}

/** Kept for followers that lag: so many trails at most, for those to whom a snapshot is on its way. */
const TRAILS_MAX = 8

export function checkTrail(who: string, snapshotIndex: number, firstIndex: number, trailingEntries: number): void {
  const trail = snapshotIndex - firstIndex + 1
  if (trail <= TRAILS_MAX * trailingEntries) return
  throw new Violation(
    'bounded',
    `${who} keeps ${trail} entries behind snapshot ${snapshotIndex}, of ${trailingEntries}`
  )
}

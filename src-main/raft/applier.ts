/**
 * Which committed entries the state machine has been given, a bounded page at a time.
 *
 * Invariant: lastApplied ≤ handedOut ≤ min(commitIndex, persistedIndex). Entries are applied only once they are
 * durable here too: what a node shows is then always in its own log, whatever crashes.
 */
import type { RaftLog } from './log'
import { asIndex, type Entry, type LogIndex } from './types'

export class Applier {
  lastApplied: LogIndex
  handedOut: LogIndex

  constructor(appliedIndex: LogIndex) {
    this.lastApplied = appliedIndex
    this.handedOut = appliedIndex
  }

  /** The next page, or null while one is out or nothing is new. */
  next(log: RaftLog, bytesMax: number): readonly Entry[] | null {
    if (this.lastApplied < this.handedOut) return null
    const upTo = Math.min(log.commitIndex, log.persistedIndex)
    if (upTo <= this.handedOut) return null
    const from = asIndex(this.handedOut + 1)
    const { entries } = log.slice(from, bytesMax, Number.MAX_SAFE_INTEGER, asIndex(upTo))
    this.handedOut = entries[entries.length - 1]!.index
    return entries
  }

  /** The state machine holds everything up to `index`. */
  applied(index: LogIndex): void {
    if (index > this.lastApplied) this.lastApplied = asIndex(Math.min(index, this.handedOut))
  }

  /** A snapshot at `index` replaces the state machine. */
  replacedBySnapshot(index: LogIndex): void {
    this.handedOut = asIndex(Math.max(this.handedOut, index))
  }
}

/**
 * Which indices the stored log covers and in which segment each part of it lives; the same for replay and for
 * writing. Knows no entries and no files.
 *
 * Invariant: base ≤ last; the live entries are base+1…last, and segment k holds none beyond its `last`.
 */
import type { Entry } from '../raft/types'
import type { LogRecord } from './ports'

interface Span {
  readonly segment: number
  bytes: number
  /** Highest live index in this segment; 0 when none. */
  last: number
}

export class LogExtent {
  base = 0
  baseTerm = 0
  last = 0
  lastTerm = 0
  readonly #spans: Span[] = []

  get bytes(): number {
    return this.#spans.reduce((sum, span) => sum + span.bytes, 0)
  }

  /** What follows goes into this segment. */
  begin(segment: number): void {
    this.#spans.push({ segment, bytes: 0, last: 0 })
  }

  /** The log is empty and goes on after `index`. */
  reset(index: number, term: number): void {
    this.base = this.last = index
    this.baseTerm = this.lastTerm = term
    for (const span of this.#spans) span.last = 0
  }

  /** Entries that supersede everything from their first index on. `fits` must hold. */
  append(entries: readonly Entry[]): void {
    const first = entries[0]
    const last = entries[entries.length - 1]
    if (first === undefined || last === undefined) return
    if (first.index <= this.last) {
      for (const span of this.#spans) span.last = Math.min(span.last, first.index - 1)
      // Only while replaying behind dropped segments: what lay between is gone with them.
      if (first.index <= this.base) this.base = first.index - 1
    }
    this.last = last.index
    this.lastTerm = last.term
    const active = this.#spans[this.#spans.length - 1]
    if (active !== undefined) active.last = last.index
  }

  grow(bytes: number): void {
    const active = this.#spans[this.#spans.length - 1]
    if (active !== undefined) active.bytes += bytes
  }

  /** Leading segments that hold nothing from `firstIndex` on; never the last one. */
  droppable(firstIndex: number): number[] {
    const kept = this.#spans.findIndex((span, at) => span.last >= firstIndex || at === this.#spans.length - 1)
    return this.#spans.slice(0, kept).map((span) => span.segment)
  }

  drop(segment: number): void {
    const at = this.#spans.findIndex((span) => span.segment === segment)
    if (at !== -1) this.#spans.splice(at, 1)
  }
}

/** Broken invariants of the caller, found before anything is written. */
export const assertAppendable = (extent: LogExtent, before: LogRecord['hardState'], record: LogRecord): void => {
  const { hardState, entries } = record
  const first = entries[0]?.index
  if (first !== undefined && (first <= extent.base || first > extent.last + 1)) {
    throw new Error(`append at ${first} does not fit a log of ${extent.base + 1}…${extent.last}`)
  }
  entries.forEach((entry, at) => {
    if (entry.index !== (first as number) + at) throw new Error(`entry ${entry.index} is out of order`)
  })
  assertHardState(before, hardState)
}

/** Term and vote never go back (paper, Figure 2: persistent state). */
export const assertHardState = (before: LogRecord['hardState'], after: LogRecord['hardState']): void => {
  if (after.term < before.term) throw new Error(`term ${after.term} after ${before.term}`)
  if (after.term === before.term && before.votedFor !== null && after.votedFor !== before.votedFor) {
    throw new Error(`second vote in term ${after.term}: ${after.votedFor} after ${before.votedFor}`)
  }
}

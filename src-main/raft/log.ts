/**
 * The log in memory: what came after the compacted prefix, how far it is committed and how far it is durable.
 *
 * Invariant: boundaryIndex ≤ commitIndex ≤ lastIndex, boundaryIndex ≤ persistedIndex ≤ lastIndex, entries are
 * contiguous with terms that never decrease. Nothing at or below commitIndex is ever changed. What is applied is
 * packed, but for the most recent entries, which followers are about to ask for.
 */
import { invariant } from './invariants'
import { PackedEntries } from './packed-entries'
import { asIndex, asTerm, type Entry, type LogIndex, type Term } from './types'

/** Counted for every entry besides its text, so that empty entries are bounded too. */
export const ENTRY_OVERHEAD_BYTES = 48

export const entryBytes = (entry: Entry): number => entry.data.length + ENTRY_OVERHEAD_BYTES

/** Of the applied entries, how many times those of one pack stay as they are. */
const RECENT_PACKS = 4

/** Consecutive entries and their size; shared between the messages of one broadcast, so never changed. */
export interface Slice {
  readonly entries: readonly Entry[]
  readonly bytes: number
}

const EMPTY_SLICE: Slice = { entries: [], bytes: 0 }

/** The log's prefix that only a snapshot holds any more ends here. */
export interface Boundary {
  readonly index: LogIndex
  readonly term: Term
}

export class RaftLog {
  /** Index and term of the last entry that is no longer held (0, 0 at the start). */
  boundaryIndex: LogIndex
  boundaryTerm: Term
  commitIndex: LogIndex
  /** Everything up to here has passed a barrier, in the very form it has in this log. */
  persistedIndex: LogIndex

  private packed = new PackedEntries()
  /** Everything up to here is packed or compacted. */
  private packedIndex: LogIndex
  /** What follows packedIndex, from `head` on: what lies before waits to be dropped in one go. */
  private entries: Entry[]
  private head = 0
  /** Everything up to here was handed out to be persisted. */
  private handedOut: LogIndex
  private version = 0
  private cached: Slice = EMPTY_SLICE
  private cachedFrom = -1
  private cachedVersion = -1
  private cachedBytesMax = 0
  private cachedEntriesMax = 0

  /** `entries` were read from disk and follow the boundary. */
  constructor(
    boundary: Boundary,
    entries: readonly Entry[],
    commitIndex: LogIndex,
    private readonly packEntries: number
  ) {
    this.boundaryIndex = boundary.index
    this.packedIndex = boundary.index
    this.boundaryTerm = boundary.term
    this.entries = [...entries]
    this.commitIndex = commitIndex
    this.persistedIndex = this.lastIndex
    this.handedOut = this.lastIndex
    let previous = boundary
    for (const entry of entries) {
      invariant(entry.index === previous.index + 1, 'log is contiguous', entry.index, previous.index)
      invariant(entry.term >= previous.term, 'terms in the log never decrease', entry.term, previous.term)
      previous = entry
    }
    invariant(commitIndex >= boundary.index, 'only committed entries are compacted', boundary.index, commitIndex)
    invariant(commitIndex <= this.lastIndex, 'committed entries are in the log', commitIndex, this.lastIndex)
  }

  get firstIndex(): LogIndex {
    return asIndex(this.boundaryIndex + 1)
  }

  get lastIndex(): LogIndex {
    return asIndex(this.packedIndex + this.entries.length - this.head)
  }

  get lastTerm(): Term {
    const last = this.entries.length - 1
    return last < this.head ? this.termAt(this.packedIndex)! : this.entries[last]!.term
  }

  /** undefined when `index` is compacted or beyond the end. */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.boundaryIndex) return this.boundaryTerm
    if (index < this.boundaryIndex || index > this.lastIndex) return undefined
    return index > this.packedIndex ? this.entries[this.place(index)]!.term : this.packed.termAt(index)
  }

  /** The entry at `index`, which must be held. */
  at(index: LogIndex): Entry {
    invariant(index > this.boundaryIndex && index <= this.lastIndex, 'entry is held', index, this.lastIndex)
    return index > this.packedIndex ? this.entries[this.place(index)]! : this.packed.slice(index, index)[0]!
  }

  /** Is a log that ends in (lastLogTerm, lastLogIndex) at least as up-to-date as this one? (§5.4.1) */
  isUpToDate(lastLogIndex: LogIndex, lastLogTerm: Term): boolean {
    const lastTerm = this.lastTerm
    return lastLogTerm > lastTerm || (lastLogTerm === lastTerm && lastLogIndex >= this.lastIndex)
  }

  /** Appends entries that follow lastIndex. */
  append(entries: readonly Entry[]): void {
    const first = entries[0]
    if (first === undefined) return
    invariant(first.index === this.lastIndex + 1, 'log is contiguous', first.index, this.lastIndex)
    invariant(first.term >= this.lastTerm, 'terms in the log never decrease', first.term, this.lastTerm)
    for (let i = 0; i < entries.length; i++) this.entries.push(entries[i]!)
    this.version++
  }

  /** Removes everything from `index` on (§5.3: a conflict with the leader's log). */
  truncateFrom(index: LogIndex): void {
    invariant(index > this.commitIndex, 'committed entries are never truncated', index, this.commitIndex)
    this.entries.length = this.place(index)
    this.persistedIndex = asIndex(Math.min(this.persistedIndex, index - 1))
    this.handedOut = asIndex(Math.min(this.handedOut, index - 1))
    this.version++
  }

  /** Everything up to `index` is committed; going back is no news. */
  commitTo(index: LogIndex): void {
    if (index <= this.commitIndex) return
    invariant(
      index <= this.lastIndex,
      'committed entries are in the log: was the disk restored?',
      index,
      this.lastIndex
    )
    this.commitIndex = index
  }

  /** First of `entries` that is not in this log in the same form, as a position in `entries`; its length if none. */
  firstConflict(entries: readonly Entry[]): number {
    if (entries.length === 0 || entries[0]!.index > this.lastIndex) return 0
    let i = 0
    while (i < entries.length && this.termAt(entries[i]!.index) === entries[i]!.term) i++
    return i
  }

  /**
   * Largest index ≤ `index` whose term is ≤ `term`: the two logs cannot agree above it. Ends at the boundary,
   * where the term may be greater.
   */
  findConflictByTerm(index: LogIndex, term: Term): LogIndex {
    let i = Math.min(index, this.lastIndex)
    while (i > this.boundaryIndex && this.termAt(asIndex(i))! > term) i--
    return asIndex(Math.max(i, Math.min(index, this.boundaryIndex)))
  }

  /** Entries from `from` on, at least one if there is any, otherwise within both bounds. */
  slice(from: LogIndex, bytesMax: number, entriesMax: number, to: LogIndex = this.lastIndex): Slice {
    if (from > to) return EMPTY_SLICE
    invariant(from > this.boundaryIndex, 'slice begins in the log', from, this.boundaryIndex)
    const limit = Math.min(to - from + 1, entriesMax)
    let bytes = 0
    let count = 0
    while (count < limit) {
      const size = this.bytesAt(asIndex(from + count))
      if (count > 0 && bytes + size > bytesMax) break
      bytes += size
      count++
    }
    return { entries: this.range(from, asIndex(from + count - 1)), bytes }
  }

  /** As {@link slice} to the end; the peers of one broadcast, which mostly want the same, share one array. */
  sharedSlice(from: LogIndex, bytesMax: number, entriesMax: number): Slice {
    if (
      this.cachedFrom !== from ||
      this.cachedVersion !== this.version ||
      this.cachedBytesMax !== bytesMax ||
      this.cachedEntriesMax !== entriesMax
    ) {
      this.cached = this.slice(from, bytesMax, entriesMax)
      this.cachedFrom = from
      this.cachedVersion = this.version
      this.cachedBytesMax = bytesMax
      this.cachedEntriesMax = entriesMax
    }
    return this.cached
  }

  /** Everything that was never handed out to be persisted, which it is thereby. */
  takeUnpersisted(): readonly Entry[] {
    const lastIndex = this.lastIndex
    if (this.handedOut === lastIndex) return EMPTY_SLICE.entries
    const start = this.place(asIndex(this.handedOut + 1))
    this.handedOut = lastIndex
    return this.entries.slice(start)
  }

  /** Bytes of the entries in (from, to]. */
  bytesBetween(from: LogIndex, to: LogIndex): number {
    let bytes = 0
    for (let i = from + 1; i <= to; i++) bytes += this.bytesAt(asIndex(i))
    return bytes
  }

  /** Everything up to `index` is applied. Costs amortised constant time per entry. */
  settle(index: LogIndex): void {
    const upTo = Math.min(index, this.handedOut, this.lastIndex - RECENT_PACKS * this.packEntries)
    while (upTo - this.packedIndex >= this.packEntries) {
      this.packed.append(this.entries.slice(this.head, this.head + this.packEntries))
      this.leave(this.packEntries)
    }
  }

  /** Forgets everything below `firstIndex`. Costs amortised constant time per entry. */
  compact(firstIndex: LogIndex): void {
    if (firstIndex <= this.firstIndex) return
    const boundary = asIndex(firstIndex - 1)
    invariant(boundary <= this.commitIndex, 'only committed entries are compacted', boundary, this.commitIndex)
    this.boundaryTerm = this.termAt(boundary)!
    this.boundaryIndex = boundary
    this.packed.dropBefore(firstIndex)
    if (boundary > this.packedIndex) this.leave(boundary - this.packedIndex)
    this.version++
  }

  /** Begins anew after a snapshot that replaces the whole log. */
  reset(boundary: Boundary): void {
    invariant(
      boundary.index > this.commitIndex,
      'a snapshot never takes back commits',
      boundary.index,
      this.commitIndex
    )
    this.packed = new PackedEntries()
    this.packedIndex = boundary.index
    this.entries = []
    this.head = 0
    this.boundaryIndex = boundary.index
    this.boundaryTerm = boundary.term
    this.commitIndex = boundary.index
    this.persistedIndex = boundary.index
    this.handedOut = boundary.index
    this.version++
  }

  /** A durable snapshot covers everything up to `index`, which this log holds in the same form. */
  coveredBySnapshot(index: LogIndex): void {
    this.commitIndex = asIndex(Math.max(this.commitIndex, index))
    this.persistedIndex = asIndex(Math.max(this.persistedIndex, index))
  }

  /** Where the entry at `index` lies in `entries`; it is not packed. */
  private place(index: LogIndex): number {
    return index - this.packedIndex - 1 + this.head
  }

  private bytesAt(index: LogIndex): number {
    if (index > this.packedIndex) return entryBytes(this.entries[this.place(index)]!)
    return this.packed.lengthAt(index) + ENTRY_OVERHEAD_BYTES
  }

  /** The entries from `from` to `to`, both included. */
  private range(from: LogIndex, to: LogIndex): Entry[] {
    if (from > this.packedIndex) return this.entries.slice(this.place(from), this.place(to) + 1)
    const packed = this.packed.slice(from, asIndex(Math.min(to, this.packedIndex)))
    return to <= this.packedIndex ? packed : packed.concat(this.entries.slice(this.head, this.place(to) + 1))
  }

  /** The first `count` of what is not packed are packed now, or compacted. */
  private leave(count: number): void {
    this.packedIndex = asIndex(this.packedIndex + count)
    this.head += count
    // Soon, so that a young collection finds them gone; yet seldom enough for a long log that was read from disk.
    if (this.head * 8 < this.entries.length) return
    this.entries = this.entries.slice(this.head)
    this.head = 0
  }
}

export const NO_BOUNDARY: Boundary = { index: asIndex(0), term: asTerm(0) }

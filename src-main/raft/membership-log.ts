/**
 * The configurations of the log since the last snapshot. The latest is in effect from the moment it is appended
 * (§6), committed or not; truncation brings back the one before, a snapshot replaces all it covers.
 *
 * Invariant: indexes ascend; the first is that of the snapshot (or the empty one at 0).
 */
import { decodeConfiguration } from './configuration'
import { asIndex, type Configuration, type Entry, type LogIndex } from './types'

export interface PlacedConfiguration {
  readonly index: LogIndex
  readonly configuration: Configuration
}

export class MembershipLog {
  private placed: PlacedConfiguration[]

  constructor(base: PlacedConfiguration, entries: readonly Entry[]) {
    this.placed = [base]
    this.append(entries)
  }

  /** The configuration in effect. */
  get current(): Configuration {
    return this.placed[this.placed.length - 1]!.configuration
  }

  get currentIndex(): LogIndex {
    return this.placed[this.placed.length - 1]!.index
  }

  /** The configuration in effect as of `index`. */
  asOf(index: LogIndex): PlacedConfiguration {
    let i = this.placed.length - 1
    while (i > 0 && this.placed[i]!.index > index) i--
    return this.placed[i]!
  }

  /** Those in (from, to], in order. */
  between(from: LogIndex, to: LogIndex): PlacedConfiguration[] {
    return this.placed.filter(({ index }) => index > from && index <= to)
  }

  /** Takes up the configurations among `entries`; true when there were any. */
  append(entries: readonly Entry[]): boolean {
    let found = false
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!
      if (entry.kind === 'configuration' && entry.index > this.currentIndex) {
        this.placed.push({ index: entry.index, configuration: decodeConfiguration(entry.data) })
        found = true
      }
    }
    return found
  }

  /** Forgets what stood at `from` and beyond; true when that was in effect. */
  truncateFrom(from: LogIndex): boolean {
    const kept = this.placed.filter(({ index }) => index < from)
    if (kept.length === this.placed.length) return false
    this.placed = kept
    return true
  }

  /** A snapshot at `index` was taken: only its configuration and later ones are needed. */
  compactTo(index: LogIndex): void {
    const base = this.asOf(index)
    if (base !== this.placed[0]) this.placed = this.placed.filter((one) => one.index >= base.index)
  }

  /** A snapshot with this configuration replaces the log, up to `upTo` or entirely (null). */
  replace(base: PlacedConfiguration, keepAfter: LogIndex | null): void {
    const kept = keepAfter === null ? [] : this.between(keepAfter, asIndex(Number.MAX_SAFE_INTEGER))
    this.placed = [base, ...kept]
  }
}

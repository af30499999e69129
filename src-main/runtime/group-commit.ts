/**
 * Several persist effects as one durable record: one write and one barrier for all that was asked for while
 * the barrier before it ran.
 *
 * Invariant: the record leaves the store as the effects would have left it one after the other. It is atomic, so a
 * crash shows a state of before the first or of after the last; messages wait for the barrier that covers them.
 * Order of effects is order of completion.
 */
import type { Effect, Entry, HardState } from '../raft/types'
import type { LogRecord } from '../storage/ports'

export type Persist = Extract<Effect, { type: 'persist' }>

export class GroupCommit {
  readonly #covered: Persist[]
  #hardState: HardState
  #entries: readonly Entry[]
  /** The array is this object's own and may be changed. */
  #own: Entry[] | null = null
  #sync: boolean

  constructor(first: Persist) {
    this.#covered = [first]
    this.#hardState = first.hardState
    this.#entries = first.entries
    this.#sync = first.sync
  }

  /** Effects that the record makes durable, in their order. */
  get covered(): readonly Persist[] {
    return this.#covered
  }

  get sync(): boolean {
    return this.#sync
  }

  get record(): LogRecord {
    return { hardState: this.#hardState, entries: this.#entries, sync: this.#sync }
  }

  add(next: Persist): void {
    this.#covered.push(next)
    this.#hardState = next.hardState
    this.#sync ||= next.sync
    const from = next.entries[0]?.index
    if (from === undefined) return
    const first = this.#entries[0]?.index
    // Empty so far, or all of it superseded: the later entries say where the stored log is cut.
    if (first === undefined || from <= first) {
      this.#entries = next.entries
      this.#own = null
      return
    }
    const keep = from - first
    if (keep > this.#entries.length) {
      throw new Error(`persist leaves a gap: log ends at ${first + this.#entries.length - 1}, entries go on at ${from}`)
    }
    const own = (this.#own ??= this.#entries.slice())
    own.length = keep
    for (const entry of next.entries) own.push(entry)
    this.#entries = own
  }
}

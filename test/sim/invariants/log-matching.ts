/**
 * Log matching (§5.3): an index and a term name one entry, and one history before it. Checked by induction: the
 * same entry everywhere, and the same term of the entry before it everywhere.
 */
import type { Entry, NodeId } from '../../../src-main/raft/types'
import { Violation } from './violation'

interface Known {
  readonly entry: Entry
  /** null while no log has shown what comes before. */
  previousTerm: number | null
}

export class LogMatching {
  /** By index, then by term. */
  private readonly known: Map<number, Known>[] = []

  get(index: number, term: number): Entry | null {
    return this.known[index]?.get(term)?.entry ?? null
  }

  /** Entries that stand in `id`'s log behind an entry of `previousTerm` (null: not known to the caller). */
  stored(id: NodeId, entries: readonly Entry[], previousTerm: number | null): void {
    let before = previousTerm
    for (const entry of entries) {
      const atIndex = (this.known[entry.index] ??= new Map<number, Known>())
      const known = atIndex.get(entry.term)
      if (known === undefined) atIndex.set(entry.term, { entry, previousTerm: before })
      else {
        if (known.entry !== entry && (known.entry.data !== entry.data || known.entry.kind !== entry.kind)) {
          throw new Violation('log matching', `${id} holds another entry ${entry.index}/${entry.term} than others`)
        }
        if (known.previousTerm === null) known.previousTerm = before
        else if (before !== null && known.previousTerm !== before) {
          throw new Violation(
            'log matching',
            `before ${entry.index}/${entry.term}, ${id} holds term ${before}, others term ${known.previousTerm}`
          )
        }
      }
      before = entry.term
    }
  }
}

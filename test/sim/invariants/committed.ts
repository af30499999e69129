/**
 * What is committed, once and for all: the first application of an index anywhere fixes its entry.
 *
 * - state machine safety (§5.4.3): no node applies another entry at that index;
 * - nothing is applied that a majority did not hold durably, under a configuration that may decide;
 * - leader completeness (§5.4): whoever becomes leader holds all of it;
 * - entries are applied in order, each once.
 */
import type { Configuration, Entry, NodeId } from '../../../src-main/raft/types'
import { Violation } from './violation'

/** Which members have held an entry durably at some time, as bits by member number. */
export class Holders {
  private readonly bits: Map<number, number>[] = []
  private readonly numbers = new Map<NodeId, number>()

  add(id: NodeId, index: number, term: number): void {
    const atIndex = (this.bits[index] ??= new Map<number, number>())
    atIndex.set(term, (atIndex.get(term) ?? 0) | this.bit(id))
  }

  majority(configuration: Configuration, index: number, term: number): boolean {
    const held = this.bits[index]?.get(term) ?? 0
    const decided = (voters: readonly NodeId[]) =>
      voters.filter((id) => (held & this.bit(id)) !== 0).length * 2 > voters.length
    return (
      decided(configuration.voters) &&
      (configuration.votersOutgoing.length === 0 || decided(configuration.votersOutgoing))
    )
  }

  private bit(id: NodeId): number {
    let number = this.numbers.get(id)
    if (number === undefined) {
      number = this.numbers.size
      if (number > 30) throw new RangeError('more than 31 members in one run')
      this.numbers.set(id, number)
    }
    return 1 << number
  }
}

export class Committed {
  readonly holders = new Holders()
  /** By index; [0] is unused. */
  readonly entries: (Entry | undefined)[] = []
  /** In which term, at the latest, an index was committed. */
  private readonly terms: number[] = []
  private readonly applied = new Map<string, number>()

  /** Highest index that is known to be committed. */
  get index(): number {
    return Math.max(0, this.entries.length - 1)
  }

  /**
   * A process in `term` applies `entry`; `recent` are configurations that may have decided it, newest first.
   * `process` tells one life of a node from the next.
   */
  apply(process: string, id: NodeId, term: number, entry: Entry, recent: readonly Configuration[]): void {
    const before = this.applied.get(process) ?? 0
    if (before !== 0 && entry.index !== before + 1) {
      throw new Violation('applied in order', `${process} applies ${entry.index} after ${before}`)
    }
    this.applied.set(process, entry.index)
    const known = this.entries[entry.index]
    if (known !== undefined) {
      if (known.term !== entry.term || known.data !== entry.data) {
        throw new Violation(
          'state machine safety',
          `${id} applies ${entry.index}/${entry.term}, others applied ${known.index}/${known.term}`
        )
      }
      return
    }
    if (!recent.some((configuration) => this.holders.majority(configuration, entry.index, entry.term))) {
      throw new Violation('committed is durable', `${id} applies ${entry.index}/${entry.term}, which no majority holds`)
    }
    this.entries[entry.index] = entry
    this.terms[entry.index] = term
  }

  /** The process goes on behind a snapshot. */
  restored(process: string, index: number): void {
    const before = this.applied.get(process) ?? 0
    if (index < before) throw new Violation('applied never goes back', `${process} restores ${index} after ${before}`)
    this.applied.set(process, index)
  }

  elected(id: NodeId, term: number, log: { termAt(index: number): number | null; readonly firstIndex: number }): void {
    for (let index = this.index; index >= log.firstIndex && index > this.index - 8; index--) {
      const entry = this.entries[index]
      if (entry === undefined) continue
      // What a later leader has committed need not be in the log of one who is late to notice its election.
      if ((this.terms[index] as number) >= term) continue
      const mine = log.termAt(index)
      if (mine !== entry.term) {
        throw new Violation(
          'leader completeness',
          `${id} leads term ${term} with ${mine === null ? 'nothing' : `term ${mine}`} at ${index}, where term ${entry.term} is committed`
        )
      }
    }
  }
}

/**
 * Nothing leaves a node that its disk could still forget, and the disk forgets nothing that it took.
 *
 * Mirrors each node's durable log by what its store acknowledged: a message that claims a vote or entries is held
 * against it when it leaves, and what recovery reads back is held against it when the node returns.
 */
import type { Entry, HardState, Message, NodeId, RecoveredState } from '../../../src-main/raft/types'
import type { LogRecord } from '../../../src-main/storage/ports'
import { Violation } from './violation'

interface Mirror {
  hardState: HardState | null
  firstIndex: number
  terms: number[]
  /** The log was discarded up to here, in favour of a snapshot. */
  snapshotIndex: number
  /** A record that is being written supersedes entries from here on. */
  inDoubtFrom: number
  /** Of all records that were ever begun. */
  termBegun: number
  /** Entries below may be gone: a snapshot has them. */
  neededFrom: number
}

export class Durability {
  private readonly mirrors = new Map<NodeId, Mirror>()

  private mirror(id: NodeId): Mirror {
    let mirror = this.mirrors.get(id)
    if (mirror === undefined) {
      mirror = {
        hardState: null,
        firstIndex: 1,
        terms: [],
        snapshotIndex: 0,
        inDoubtFrom: Infinity,
        termBegun: 0,
        neededFrom: 1
      }
      this.mirrors.set(id, mirror)
    }
    return mirror
  }

  /** How far `id` has got, durably. */
  held(id: NodeId): { readonly term: number; readonly lastIndex: number } {
    const { hardState, firstIndex, terms, snapshotIndex } = this.mirror(id)
    return { term: hardState?.term ?? 0, lastIndex: Math.max(firstIndex + terms.length - 1, snapshotIndex) }
  }

  /** The latest term that its disk may hold: a write that was never acknowledged may have got through. */
  latestTerm(id: NodeId): number {
    return Math.max(this.held(id).term, this.mirror(id).termBegun)
  }

  /** The very entry of `index` and `term`, or a snapshot of it, is durable there. */
  holds(id: NodeId, index: number, term: number): boolean {
    const { firstIndex, terms, snapshotIndex } = this.mirror(id)
    return snapshotIndex >= index || terms[index - firstIndex] === term
  }

  /** Its disk is an earlier one again: nothing that it told since is held against it. */
  setBack(id: NodeId): void {
    this.mirrors.delete(id)
  }

  appending(id: NodeId, record: LogRecord): void {
    const mirror = this.mirror(id)
    mirror.termBegun = Math.max(mirror.termBegun, record.hardState.term)
    const first = record.entries[0]
    if (first !== undefined) mirror.inDoubtFrom = first.index
  }

  resetting(id: NodeId): void {
    this.mirror(id).inDoubtFrom = 0
  }

  compacting(id: NodeId, firstIndex: number): void {
    const mirror = this.mirror(id)
    mirror.neededFrom = Math.max(mirror.neededFrom, firstIndex)
  }

  /** The store acknowledged this record. */
  appended(id: NodeId, record: LogRecord): void {
    const mirror = this.mirror(id)
    mirror.inDoubtFrom = Infinity
    // A hint without a barrier promises nothing.
    if (!record.sync) return
    this.forward(id, mirror, record.hardState)
    const first = record.entries[0]
    if (first === undefined) return
    if (mirror.terms.length === 0) mirror.firstIndex = first.index
    mirror.terms.length = Math.max(0, first.index - mirror.firstIndex)
    for (const entry of record.entries) mirror.terms.push(entry.term)
  }

  reset(id: NodeId, index: number, hardState: HardState): void {
    const mirror = this.mirror(id)
    mirror.inDoubtFrom = Infinity
    this.forward(id, mirror, hardState)
    mirror.terms = []
    mirror.firstIndex = index + 1
    mirror.snapshotIndex = Math.max(mirror.snapshotIndex, index)
  }

  snapshot(id: NodeId, index: number): void {
    const mirror = this.mirror(id)
    mirror.snapshotIndex = Math.max(mirror.snapshotIndex, index)
  }

  /** What recovery read back: all that was acknowledged, and perhaps what was being written. */
  recovered(id: NodeId, state: RecoveredState): void {
    const mirror = this.mirror(id)
    const { term, votedFor } = state.hardState
    const had = mirror.hardState
    if (had !== null && term < had.term) {
      throw new Violation('term never goes back', `${id} recovers term ${term}, had ${had.term}`)
    }
    if (had !== null && state.hardState.commit < had.commit) {
      throw new Violation(
        'commit never goes back',
        `${id} recovers commit ${state.hardState.commit}, had ${had.commit}`
      )
    }
    if (had !== null && term === had.term && had.votedFor !== null && votedFor !== had.votedFor) {
      throw new Violation('durable survives', `${id} recovers vote ${votedFor}, had ${had.votedFor}`)
    }
    const first = state.entries[0]
    for (let i = 0; i < mirror.terms.length; i++) {
      const index = mirror.firstIndex + i
      if (index < mirror.neededFrom) continue
      if (index >= mirror.inDoubtFrom) break
      const found = first === undefined ? undefined : (state.entries[index - first.index] as Entry | undefined)?.term
      if (found !== mirror.terms[i]) {
        throw new Violation(
          'durable survives',
          `${id} recovers ${found === undefined ? 'nothing' : `term ${found}`} at ${index}, had term ${mirror.terms[i]}`
        )
      }
    }
    mirror.hardState = state.hardState
    mirror.inDoubtFrom = Infinity
    mirror.firstIndex = first?.index ?? mirror.firstIndex + mirror.terms.length
    mirror.terms = state.entries.map((e) => e.term)
  }

  sent(m: Message): void {
    switch (m.type) {
      case 'RequestVote':
        if (!m.preVote) this.requireVote(m.from, m.term, m.from)
        return
      // A leader rests on its own vote like on any other.
      case 'AppendEntries':
      case 'Heartbeat':
        return this.requireTerm(m.from, m.term)
      case 'RequestVoteReply':
        if (!m.preVote && m.voteGranted) this.requireVote(m.from, m.term, m.to)
        return
      case 'AppendEntriesReply': {
        if (!m.success) return
        const mirror = this.mirror(m.from)
        const last = this.held(m.from).lastIndex
        if (m.matchIndex > last) {
          throw new Violation('durable before acknowledged', `${m.from} acknowledges ${m.matchIndex}, holds ${last}`)
        }
        if ((mirror.hardState?.term ?? 0) < m.term) {
          throw new Violation(
            'durable before acknowledged',
            `${m.from} answers in term ${m.term}, which is not durable`
          )
        }
        return
      }
      default:
    }
  }

  private requireVote(id: NodeId, term: number, candidate: NodeId): void {
    const durable = this.mirror(id).hardState
    const holds = durable !== null && (durable.term > term || (durable.term === term && durable.votedFor === candidate))
    if (!holds) {
      throw new Violation(
        'durable before acknowledged',
        `${id} tells its vote for ${candidate} in term ${term}; durable is ${durable?.votedFor ?? 'none'} in ${durable?.term ?? 0}`
      )
    }
  }

  private requireTerm(id: NodeId, term: number): void {
    const durable = this.mirror(id).hardState?.term ?? 0
    if (durable < term) {
      throw new Violation('durable before acknowledged', `${id} leads term ${term}; durable is ${durable}`)
    }
  }

  private forward(id: NodeId, mirror: Mirror, next: HardState): void {
    if (mirror.hardState !== null && next.term < mirror.hardState.term) {
      throw new Violation('term never goes back', `${id} writes term ${next.term} after ${mirror.hardState.term}`)
    }
    if (mirror.hardState !== null && next.commit < mirror.hardState.commit) {
      throw new Violation(
        'commit never goes back',
        `${id} writes commit ${next.commit} after ${mirror.hardState.commit}`
      )
    }
    mirror.hardState = next
  }
}

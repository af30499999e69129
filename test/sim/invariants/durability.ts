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
  snapshotIndex: number
}

export class Durability {
  private readonly mirrors = new Map<NodeId, Mirror>()

  private mirror(id: NodeId): Mirror {
    let mirror = this.mirrors.get(id)
    if (mirror === undefined) {
      mirror = { hardState: null, firstIndex: 1, terms: [], snapshotIndex: 0 }
      this.mirrors.set(id, mirror)
    }
    return mirror
  }

  /** The store acknowledged this record. */
  appended(id: NodeId, record: LogRecord): void {
    const mirror = this.mirror(id)
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
    this.forward(id, mirror, hardState)
    mirror.terms = []
    mirror.firstIndex = index + 1
    mirror.snapshotIndex = Math.max(mirror.snapshotIndex, index)
  }

  snapshot(id: NodeId, index: number): void {
    const mirror = this.mirror(id)
    mirror.snapshotIndex = Math.max(mirror.snapshotIndex, index)
  }

  /** What recovery read back: all that was acknowledged, and perhaps more (it was written, but not acknowledged). */
  recovered(id: NodeId, state: RecoveredState): void {
    const mirror = this.mirror(id)
    const start = state.snapshot?.index ?? 0
    if (start < mirror.snapshotIndex) {
      throw new Violation('durable survives', `${id} recovers snapshot ${start}, had ${mirror.snapshotIndex}`)
    }
    const termAt = (index: number): number | null => {
      const first = state.entries[0]
      return first === undefined ? null : ((state.entries[index - first.index] as Entry | undefined)?.term ?? null)
    }
    if (mirror.hardState !== null) {
      const { term, votedFor } = state.hardState
      if (term < mirror.hardState.term) {
        throw new Violation('term never goes back', `${id} recovers term ${term}, had ${mirror.hardState.term}`)
      }
      if (
        term === mirror.hardState.term &&
        mirror.hardState.votedFor !== null &&
        votedFor !== mirror.hardState.votedFor
      ) {
        throw new Violation('durable survives', `${id} recovers vote ${votedFor}, had ${mirror.hardState.votedFor}`)
      }
    }
    for (let i = mirror.terms.length - 1; i >= 0; i--) {
      const index = mirror.firstIndex + i
      if (index <= start) break
      const found = termAt(index)
      const had = mirror.terms[i] as number
      // A later record, not acknowledged, may have replaced the tail; only by a term that is newer.
      if (found === null ? !this.replaced(state, mirror, index) : found < had) {
        throw new Violation('durable survives', `${id} recovers ${found ?? 'nothing'} at ${index}, had term ${had}`)
      }
    }
    mirror.hardState = state.hardState
    mirror.firstIndex = state.entries[0]?.index ?? start + 1
    mirror.terms = state.entries.map((e) => e.term)
  }

  sent(m: Message): void {
    switch (m.type) {
      case 'RequestVote':
        if (!m.preVote) this.requireVote(m.from, m.term, m.from)
        return
      case 'RequestVoteReply':
        if (!m.preVote && m.voteGranted) this.requireVote(m.from, m.term, m.to)
        return
      case 'AppendEntriesReply': {
        if (!m.success) return
        const mirror = this.mirror(m.from)
        const last = Math.max(mirror.firstIndex + mirror.terms.length - 1, mirror.snapshotIndex)
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

  /** The tail that is missing was cut by a later record whose own entries are newer. */
  private replaced(state: RecoveredState, mirror: Mirror, index: number): boolean {
    const last = state.entries.at(-1)
    if (last === undefined) return false
    const before = mirror.terms[last.index - mirror.firstIndex]
    return last.index < index && before !== undefined && last.term > before
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

  private forward(id: NodeId, mirror: Mirror, next: HardState): void {
    if (mirror.hardState !== null && next.term < mirror.hardState.term) {
      throw new Violation('term never goes back', `${id} writes term ${next.term} after ${mirror.hardState.term}`)
    }
    mirror.hardState = next
  }
}

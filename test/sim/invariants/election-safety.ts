/** At most one leader in a term (§5.2), and at most one vote of a member in a term, across crashes too. */
import type { HardState, Message, NodeId } from '../../../src-main/raft/types'
import { Violation } from './violation'

export class ElectionSafety {
  private readonly leaders = new Map<number, NodeId>()
  private readonly votes = new Map<string, NodeId>()

  /** The leader of `term`, when there has been one. */
  leaderOf(term: number): NodeId | null {
    return this.leaders.get(term) ?? null
  }

  leads(term: number, id: NodeId): void {
    const known = this.leaders.get(term)
    if (known === undefined) this.leaders.set(term, id)
    else if (known !== id) throw new Violation('election safety', `${known} and ${id} both lead term ${term}`)
  }

  vote(voter: NodeId, term: number, candidate: NodeId): void {
    const key = `${voter}@${term}`
    const known = this.votes.get(key)
    if (known === undefined) this.votes.set(key, candidate)
    else if (known !== candidate) {
      throw new Violation('one vote per term', `${voter} voted for ${known} and for ${candidate} in term ${term}`)
    }
  }

  /** Its disk is an earlier one again: what it voted since is not known to it. */
  setBack(voter: NodeId): void {
    for (const key of [...this.votes.keys()]) if (key.startsWith(`${voter}@`)) this.votes.delete(key)
  }

  hardState(id: NodeId, hardState: HardState): void {
    if (hardState.votedFor !== null) this.vote(id, hardState.term, hardState.votedFor)
  }

  sent(m: Message): void {
    switch (m.type) {
      case 'AppendEntries':
      case 'Heartbeat':
      case 'TimeoutNow':
        return this.leads(m.term, m.from)
      case 'RequestVote':
        if (!m.preVote) this.vote(m.from, m.term, m.from)
        return
      case 'RequestVoteReply':
        if (!m.preVote && m.voteGranted) this.vote(m.from, m.term, m.to)
        return
      default:
    }
  }
}

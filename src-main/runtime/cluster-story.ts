/** What happens in the cluster, as log lines and counters: elections, leaders, members. */
import type { Configuration, NodeId, Role, Term } from '../raft/types'
import type { Logger } from './log'

export class ClusterStory {
  electionsWon = 0
  electionsLost = 0
  leaderChanges = 0
  #role: Role = 'follower'
  #leaderId: NodeId | null = null
  #told = ''

  constructor(
    private readonly self: NodeId,
    private readonly log: Logger
  ) {}

  onRole(role: Role, term: Term, leaderId: NodeId | null): void {
    const before = this.#role
    this.#role = role
    if (role === 'leader' && before !== 'leader') {
      this.electionsWon++
      this.log.info({ event: 'elected', term }, 'This node leads.')
    } else if (before === 'leader' && role !== 'leader') {
      this.log.info({ event: 'stepped_down', term, leaderId }, 'This node no longer leads.')
    } else if (role === 'candidate' || role === 'preCandidate') {
      this.log.info({ event: 'election', term, pre: role === 'preCandidate' }, 'Asking for votes.')
    } else if (before === 'candidate' && role === 'follower') this.electionsLost++
    if (leaderId === this.#leaderId) return
    if (leaderId !== null) this.leaderChanges++
    if (leaderId !== null && leaderId !== this.self) this.log.info({ event: 'leader', term, leaderId }, 'Following.')
    if (leaderId === null) this.log.warn({ event: 'leader_lost', term, was: this.#leaderId }, 'No leader is known.')
    this.#leaderId = leaderId
  }

  onConfiguration(configuration: Configuration, index: number, committed: boolean): void {
    const { voters, votersOutgoing, learners } = configuration
    const told = `${index} ${committed}`
    if (!committed || told === this.#told) return
    this.#told = told
    this.log.info({ event: 'membership', index, voters, votersOutgoing, learners }, 'The membership is committed.')
  }

  onPeerUp(peer: NodeId): void {
    this.log.info({ event: 'peer_up', peer }, 'Connected.')
  }

  onPeerDown(peer: NodeId, reason: string): void {
    this.log.info({ event: 'peer_down', peer, reason }, 'Connection lost.')
  }
}

/**
 * What happens in the cluster, as counters and as log lines that tell it to people: elections, who leads, who joins and
 * leaves, who is lost. Machines are called by their names.
 */
import type { Configuration, NodeId, Role, Term } from '../raft/types'
import type { Logger } from './log'
import { membershipChanges } from './membership-story'

export class ClusterStory {
  electionsWon = 0
  electionsLost = 0
  leaderChanges = 0
  #role: Role = 'follower'
  #leaderId: NodeId | null = null
  #told = ''
  /** The committed one before; it names those who have left since. */
  #before: Configuration | null = null

  constructor(
    private readonly self: NodeId,
    private readonly log: Logger,
    /** As the configuration in effect names it. */
    private readonly nameOf: (id: NodeId) => string | undefined
  ) {}

  /** What people call the machine; its id where nobody has told yet. */
  readonly name = (id: NodeId): string => this.nameOf(id) ?? this.#before?.members[id]?.name ?? `the machine ${id}`

  onRole(role: Role, term: Term, leaderId: NodeId | null): void {
    const before = this.#role
    this.#role = role
    if (role === 'leader' && before !== 'leader') {
      this.electionsWon++
      this.log.info({ event: 'elected', term }, `This machine leads from now on (term ${term}).`)
    } else if (before === 'leader' && role !== 'leader') {
      this.log.info({ event: 'stepped_down', term, leaderId }, `This machine no longer leads (term ${term}).`)
    } else if (role === 'candidate' || role === 'preCandidate') {
      const pre = role === 'preCandidate'
      const line = pre
        ? 'No leader answers: asking the others whether they would vote for this machine.'
        : `Standing for election in term ${term}.`
      this.log.info({ event: 'election', term, pre }, line)
    } else if (before === 'candidate' && role === 'follower') this.electionsLost++
    this.#onLeader(term, leaderId)
  }

  onConfiguration(configuration: Configuration, index: number, committed: boolean): void {
    const { voters, votersOutgoing, learners } = configuration
    const told = `${index} ${committed}`
    if (!committed || told === this.#told) return
    this.#told = told
    const line = membershipChanges(this.#before, configuration)
    this.log.info({ event: 'membership', index, voters, votersOutgoing, learners }, line)
    if (votersOutgoing.length === 0) this.#before = configuration
  }

  onPeerUp(peer: NodeId): void {
    this.log.info({ event: 'peer_up', peer }, `Connected with ${this.name(peer)}.`)
  }

  onPeerDown(peer: NodeId, reason: string): void {
    this.log.warn({ event: 'peer_down', peer, reason }, `Lost the connection with ${this.name(peer)}: ${reason}.`)
  }

  #onLeader(term: Term, leaderId: NodeId | null): void {
    const was = this.#leaderId
    if (leaderId === was) return
    this.#leaderId = leaderId
    if (leaderId !== null) this.leaderChanges++
    if (leaderId !== null && leaderId !== this.self)
      this.log.info({ event: 'leader', term, leaderId }, `${this.name(leaderId)} leads (term ${term}); following it.`)
    if (leaderId !== null) return
    const lost = was === null ? 'The leader' : was === this.self ? 'This machine' : this.name(was)
    const line = was === this.self ? `${lost} has stopped leading` : `${lost} is lost as leader`
    this.log.warn({ event: 'leader_lost', term, was }, `${line}: the machines agree on another.`)
  }
}

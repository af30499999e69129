/**
 * The state of one Raft node: Figure 2's variables and what the dissertation adds. Only state and questions to it;
 * the rules that change it lie in the files named after them.
 */
import { Applier } from './applier'
import { EMPTY_CONFIGURATION, isMember, isVoter } from './configuration'
import { invariant } from './invariants'
import type { Leadership } from './leadership'
import { NO_BOUNDARY, RaftLog, type Boundary } from './log'
import { MembershipLog } from './membership-log'
import { Outbox } from './outbox'
import { ForwardedReads } from './forwarded-reads'
import {
  asIndex,
  type Configuration,
  type Entry,
  type LogIndex,
  type NodeId,
  type RaftLimits,
  type RaftOptions,
  type RecoveredState,
  type RequestVote,
  type Role,
  type SnapshotMeta,
  type Term
} from './types'

export class Core {
  readonly id: NodeId
  readonly limits: RaftLimits
  readonly random: () => number

  role: Role = 'follower'
  currentTerm: Term
  votedFor: NodeId | null
  leaderId: NodeId | null = null
  readonly log: RaftLog
  readonly membership: MembershipLog
  snapshot: SnapshotMeta | null
  readonly applier: Applier
  readonly outbox: Outbox
  readonly forwardedReads: ForwardedReads
  /** Set exactly while role is leader. */
  leadership: Leadership | null = null

  /** Answers of the vote round under way. */
  readonly votes = new Map<NodeId, boolean>()
  /** Ticks since the election timer was last restarted. */
  electionElapsed = 0
  electionTimeout: number
  /** Ticks since the leader was last heard from. */
  leaderSilentTicks = 0
  /** The connection to the leader broke and it has not been heard from since. */
  leaderSuspected = false
  /** A pre-vote that was refused only for the sake of a leader that seemed live; its sender may know better. */
  deferredPreVote: RequestVote | null = null
  /** Highest matchIndex told (or about to be, after its barrier) to the leader of this term. */
  acknowledgedIndex: LogIndex = asIndex(0)
  /** Up to here the leader of this term has said that this log agrees with its own. */
  claimedIndex: LogIndex = asIndex(0)
  /** Quick pre-vote rounds left after such a break. */
  hurriedRounds = 0
  /** A barrier is overdue; no candidacy until one returns. */
  diskStalled = false
  /** A committed configuration has named this node. */
  admitted: boolean
  /** Configurations committed up to here were announced. */
  announcedCommit: LogIndex
  /** Leadership was handed to `to`; waiting to see who leads. */
  handedOver: { readonly to: NodeId; ticksLeft: number } | null = null

  constructor(options: RaftOptions) {
    const { hardState, snapshot } = options.recovered
    this.id = options.id
    this.limits = options.limits
    this.random = options.random
    this.currentTerm = hardState.term
    this.votedFor = hardState.votedFor
    this.snapshot = snapshot
    const { boundary, entries } = foundation(options.recovered)
    const snapshotIndex = snapshot?.index ?? asIndex(0)
    const commit = asIndex(Math.max(hardState.commit, snapshotIndex))
    this.log = new RaftLog(boundary, entries, commit, options.limits.packEntries)
    invariant(this.log.lastTerm <= this.currentTerm, 'no entry is of a later term than currentTerm', this.log.lastTerm)
    this.membership = new MembershipLog(
      {
        index: snapshot?.configurationIndex ?? asIndex(0),
        configuration: snapshot?.configuration ?? EMPTY_CONFIGURATION
      },
      entries
    )
    this.applier = new Applier(snapshotIndex)
    this.admitted = isMember(this.membership.asOf(commit).configuration, this.id)
    this.announcedCommit = commit
    this.electionTimeout = this.drawElectionTimeout()
    this.forwardedReads = new ForwardedReads(options.random)
    this.outbox = new Outbox(hardState)
  }

  /** The configuration in effect. */
  get configuration(): Configuration {
    return this.membership.current
  }

  get configurationCommitted(): boolean {
    return this.membership.currentIndex <= this.log.commitIndex
  }

  /**
   * May this node lead? A voter may; one whose removal is not committed yet must, or a cluster of two whose
   * leader removed itself and crashed could be left without anyone electable (thesis §4.2.2).
   */
  get promotable(): boolean {
    return (
      isVoter(this.configuration, this.id) ||
      (!this.configurationCommitted && isVoter(this.membership.asOf(this.log.commitIndex).configuration, this.id))
    )
  }

  /** Elections and reads need no one else. */
  get soleVoter(): boolean {
    const { voters, votersOutgoing } = this.configuration
    return voters.length === 1 && voters[0] === this.id && votersOutgoing.length === 0
  }

  /** There is a leader that other candidates must not disturb (thesis §4.2.3). */
  get leaderIsLive(): boolean {
    if (this.leadership !== null) return this.leadership.gapRound === null
    return this.leaderId !== null && !this.leaderSuspected && this.leaderSilentTicks < this.limits.electionTicks
  }

  /** Has this term committed an entry, so that commitIndex is known to be the cluster's? (§8) */
  get ownTermCommitted(): boolean {
    return this.leadership !== null && this.log.commitIndex >= this.leadership.noopIndex
  }

  drawElectionTimeout(): number {
    const { electionTicks } = this.limits
    return electionTicks + Math.floor(this.random() * electionTicks)
  }

  restartElectionTimer(): void {
    this.electionElapsed = 0
    this.electionTimeout = this.drawElectionTimeout()
  }
}

/** Where the log in memory begins. Trailing entries are kept; the term before the first of them is unknown. */
function foundation(recovered: RecoveredState): { boundary: Boundary; entries: readonly Entry[] } {
  const { snapshot, entries } = recovered
  const first = entries[0]
  const boundary: Boundary = snapshot === null ? NO_BOUNDARY : { index: snapshot.index, term: snapshot.term }
  if (first === undefined) return { boundary, entries }
  invariant(first.index <= boundary.index + 1, 'snapshot and log leave no gap', first.index, boundary.index)
  if (snapshot === null || first.index === boundary.index + 1) return { boundary, entries }
  const shared = entries[boundary.index - first.index]?.term
  invariant(
    shared === snapshot.term,
    'log and snapshot belong together',
    `${shared} at ${boundary.index}`,
    snapshot.term
  )
  if (first.index === 1) return { boundary: NO_BOUNDARY, entries }
  return { boundary: { index: first.index, term: first.term }, entries: entries.slice(1) }
}

/** The log index below which only the snapshot knows. */
export const snapshotIndexOf = (core: Core): LogIndex => core.snapshot?.index ?? asIndex(0)

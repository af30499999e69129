/**
 * The vocabulary of the consensus core: what goes in, what comes out, and what travels between nodes.
 *
 * Names are those of Figure 2 of the Raft paper (currentTerm, votedFor, prevLogIndex, …) and of the
 * dissertation (preVote, readIndex, learner, joint configuration). Everything here is plain data: the core
 * is `step(input) → effects`, without clock, randomness of its own, or promises.
 */

declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** Election term, counted from 1; 0 before the first election. A safe integer. */
export type Term = Brand<number, 'Term'>
/** Position in the log, counted from 1; 0 is "before the first entry". A safe integer. */
export type LogIndex = Brand<number, 'LogIndex'>
/** Name of a node within a cluster; a node that leaves and joins again comes back under another. */
export type NodeId = Brand<string, 'NodeId'>

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader'

export type EntryKind = 'noop' | 'command' | 'configuration'

/** One log entry. `data` is opaque text to the core, except for configurations (JSON of {@link Configuration}). */
export interface Entry {
  readonly index: LogIndex
  readonly term: Term
  readonly kind: EntryKind
  readonly data: string
}

/** What must survive a crash besides the log (paper, Figure 2 "Persistent state"); commit is kept as a hint only. */
export interface HardState {
  readonly term: Term
  readonly votedFor: NodeId | null
  readonly commit: LogIndex
}

/** What the cluster knows about a member. Opaque to the core; carried in the configuration so that it is
 *  effective at append, before the state machine of a new node holds anything. */
export interface MemberInfo {
  readonly name: string
  /** HOST:PORT that peers dial. */
  readonly rpcAddress: string
  /** HOST:PORT of the REST API, for people; never dialled by peers. */
  readonly apiAddress: string
  /** SHA-256 fingerprint of the member's certificate (upper-case hex with colons); the only one accepted for this member. */
  readonly fingerprint: string
}

/**
 * Who votes and who only listens (thesis §4). Joint while `votersOutgoing` is not empty: then decisions need
 * a majority of `voters` and one of `votersOutgoing`. Id lists are sorted, without duplicates.
 */
export interface Configuration {
  readonly voters: readonly NodeId[]
  readonly votersOutgoing: readonly NodeId[]
  readonly learners: readonly NodeId[]
  /** Members of `votersOutgoing` that become learners when the joint configuration is left. */
  readonly learnersNext: readonly NodeId[]
  readonly members: Readonly<Record<string, MemberInfo>>
}

/** A state-machine snapshot that covers the log up to and including `index`. */
export interface SnapshotMeta {
  readonly index: LogIndex
  readonly term: Term
  readonly configuration: Configuration
  /** Index of the entry that `configuration` came from. */
  readonly configurationIndex: LogIndex
  readonly bytes: number
  /** Lower-case hex SHA-256 over the content. */
  readonly sha256: string
  /** Version of the state machine's encoding. */
  readonly format: number
}

// --- messages ------------------------------------------------------------------------------------------------

interface Envelope {
  readonly from: NodeId
  readonly to: NodeId
  /** Sender's currentTerm; for a preVote request the term it would campaign in. */
  readonly term: Term
}

/** RequestVote RPC (paper §5.2); with `preVote` the question without consequences of thesis §9.6. */
export interface RequestVote extends Envelope {
  readonly type: 'RequestVote'
  readonly preVote: boolean
  readonly lastLogIndex: LogIndex
  readonly lastLogTerm: Term
  /** The sender was told to campaign by the leader (thesis §3.10): a live leader is no reason to refuse. */
  readonly leadershipTransfer: boolean
}

export interface RequestVoteReply extends Envelope {
  readonly type: 'RequestVoteReply'
  readonly preVote: boolean
  readonly voteGranted: boolean
}

/** AppendEntries RPC with entries, or as a probe without. */
export interface AppendEntries extends Envelope {
  readonly type: 'AppendEntries'
  readonly prevLogIndex: LogIndex
  readonly prevLogTerm: Term
  readonly entries: readonly Entry[]
  readonly leaderCommit: LogIndex
}

export interface AppendEntriesReply extends Envelope {
  readonly type: 'AppendEntriesReply'
  readonly success: boolean
  /** On success the last index known to equal the leader's log, durably; on refusal the prevLogIndex refused. */
  readonly matchIndex: LogIndex
  /** On refusal: where the follower's log may next agree, and its term there (fast backtracking, paper §5.3). */
  readonly hintIndex: LogIndex
  readonly hintTerm: Term
}

/** The leader's sign of life; travels apart from entries, so that nothing large delays it. */
export interface Heartbeat extends Envelope {
  readonly type: 'Heartbeat'
  /** min(commitIndex, matchIndex of the receiver). */
  readonly leaderCommit: LogIndex
  /** Counts the leader's rounds; the reply repeats it. Confirms leadership for ReadIndex (thesis §6.4). */
  readonly round: number
}

export interface HeartbeatReply extends Envelope {
  readonly type: 'HeartbeatReply'
  readonly round: number
}

/** The leader asks `to` to campaign at once (thesis §3.10). */
export interface TimeoutNow extends Envelope {
  readonly type: 'TimeoutNow'
}

/** A follower asks the leader for a read index (thesis §6.4). */
export interface ReadIndexRequest extends Envelope {
  readonly type: 'ReadIndex'
  readonly context: number
}

export interface ReadIndexReply extends Envelope {
  readonly type: 'ReadIndexReply'
  readonly context: number
  /** null: the sender cannot answer (not leader, or lost leadership meanwhile). */
  readonly readIndex: LogIndex | null
}

export type Message =
  | RequestVote
  | RequestVoteReply
  | AppendEntries
  | AppendEntriesReply
  | Heartbeat
  | HeartbeatReply
  | TimeoutNow
  | ReadIndexRequest
  | ReadIndexReply

// --- membership changes --------------------------------------------------------------------------------------

/** What a caller wants the membership to be; the core plans the way there (simple or joint). */
export type ConfigurationChange =
  | { readonly type: 'addLearner'; readonly id: NodeId; readonly info: MemberInfo }
  | { readonly type: 'updateInfo'; readonly id: NodeId; readonly info: MemberInfo }
  | { readonly type: 'remove'; readonly id: NodeId }
  /** Voters and learners as they shall be in the end; ids must be members already. */
  | { readonly type: 'setVoters'; readonly voters: readonly NodeId[] }

// --- inputs --------------------------------------------------------------------------------------------------

export type Input =
  /** One tick of the runtime's clock. Late ticks are dropped, never made up for. */
  | { readonly type: 'tick' }
  /** The process or machine stood still for `elapsedMs`; comes instead of the ticks that were missed. */
  | { readonly type: 'timeGap'; readonly elapsedMs: number }
  | { readonly type: 'receive'; readonly message: Message }
  /** The connection to `peer` broke: pause its replication; if it is the leader, a hint to pre-vote now. */
  | { readonly type: 'unreachable'; readonly peer: NodeId }
  /** Proposals of one turn of the event loop, replicated as one batch. */
  | { readonly type: 'propose'; readonly data: readonly string[] }
  | { readonly type: 'readIndex'; readonly context: number }
  | { readonly type: 'changeConfiguration'; readonly change: ConfigurationChange }
  /** `to` null: the best voter. */
  | { readonly type: 'transferLeadership'; readonly to: NodeId | null }
  /** The barrier of the persist effect with this token has returned. Tokens complete in order. */
  | { readonly type: 'persisted'; readonly token: number }
  /** The state machine holds everything up to `index`. */
  | { readonly type: 'applied'; readonly index: LogIndex }
  /** The state machine's snapshot at `meta.index` is durable here. */
  | { readonly type: 'snapshotCreated'; readonly meta: SnapshotMeta }
  /** A snapshot sent by the leader of `term` is complete, verified and durable here. */
  | { readonly type: 'snapshotReceived'; readonly from: NodeId; readonly term: Term; readonly meta: SnapshotMeta }
  /** The effect sendSnapshot has ended. */
  | { readonly type: 'snapshotSent'; readonly to: NodeId; readonly success: boolean }
  /** A barrier is overdue: a leader gives up leadership rather than go on as if it could write. */
  | { readonly type: 'diskStalled' }

// --- effects -------------------------------------------------------------------------------------------------

export type Refusal =
  | 'notLeader'
  /** Bound on uncommitted bytes reached; try again. */
  | 'overloaded'
  | 'leadershipTransferInProgress'
  /** A configuration change is under way, or none is allowed before this term's first commit (2015 bug). */
  | 'configurationChangeInProgress'
  | 'unknownMember'
  | 'alreadyMember'
  | 'lastVoter'
  | 'invalid'

export type Effect =
  /**
   * Write durably: first drop stored entries from `entries[0].index` on, then append. `messages` may leave only
   * after the barrier; then the runtime answers with input persisted{token}. Effects of one step are in order.
   * Effects of consecutive tokens may be written as one record. `sync` false: only the commit hint changed, no
   * barrier is needed and no `persisted` is owed if merged away; the core asks for no such write, its hint goes
   * along with the next entries.
   */
  | {
      readonly type: 'persist'
      readonly token: number
      readonly hardState: HardState
      readonly entries: readonly Entry[]
      readonly messages: readonly Message[]
      readonly sync: boolean
    }
  /** Needs no durability of anything. */
  | { readonly type: 'send'; readonly messages: readonly Message[] }
  /**
   * Committed entries that are durable here, in order, each exactly once. The next page follows the input
   * applied{index of the last}; after installSnapshot the first follows applied{meta.index}.
   */
  | { readonly type: 'apply'; readonly entries: readonly Entry[] }
  /** Proposals taken into the log at firstIndex…firstIndex+count-1 of `term`; not yet committed. */
  | { readonly type: 'proposed'; readonly firstIndex: LogIndex; readonly term: Term; readonly count: number }
  /** This input (propose, changeConfiguration, transferLeadership) was not taken; nothing changed. */
  | { readonly type: 'refused'; readonly reason: Refusal; readonly leaderId: NodeId | null }
  /** A linearizable read with this context may be served once `index` is applied. */
  | { readonly type: 'readReady'; readonly context: number; readonly index: LogIndex }
  | { readonly type: 'readFailed'; readonly context: number }
  /** Stream the latest snapshot to `to`; report with snapshotSent. */
  | { readonly type: 'sendSnapshot'; readonly to: NodeId }
  /**
   * Replace the state machine by this snapshot. `keepLog` true: entries after meta.index stay (their prefix
   * matches, paper §7); false: the stored log is discarded and goes on at meta.index + 1.
   */
  | {
      readonly type: 'installSnapshot'
      readonly meta: SnapshotMeta
      readonly keepLog: boolean
      readonly hardState: HardState
    }
  /** Stored entries below `firstIndex` are no longer needed. */
  | { readonly type: 'compact'; readonly firstIndex: LogIndex }
  /** Effective at append (`committed` false) and again once committed; also after a rollback by truncation. */
  | {
      readonly type: 'configuration'
      readonly configuration: Configuration
      readonly index: LogIndex
      readonly committed: boolean
    }
  | { readonly type: 'role'; readonly role: Role; readonly term: Term; readonly leaderId: NodeId | null }
  /** The configuration that was committed no longer names this node. */
  | { readonly type: 'removed' }
  | { readonly type: 'transferEnded'; readonly to: NodeId; readonly success: boolean }

// --- limits and observation ----------------------------------------------------------------------------------

/** Bounds and timing of the core; times are in ticks. */
export interface RaftLimits {
  readonly heartbeatTicks: number
  /** Timeouts are drawn from [electionTicks, 2·electionTicks). */
  readonly electionTicks: number
  readonly appendBytesMax: number
  readonly appendEntriesMax: number
  readonly inflightMessagesMax: number
  readonly inflightBytesMax: number
  /** Proposals are refused (overloaded) beyond this. */
  readonly uncommittedBytesMax: number
  /** Bytes of committed entries in one apply effect. */
  readonly applyBytesMax: number
  /** Entries kept behind a snapshot for followers that lag a little. */
  readonly trailingEntries: number
  /** Applied entries are packed that many at a time (packed-entries.ts). */
  readonly packEntries: number
}

export interface ProgressStatus {
  readonly id: NodeId
  readonly state: 'probe' | 'replicate' | 'snapshot'
  readonly matchIndex: LogIndex
  readonly nextIndex: LogIndex
  /** Ticks since this peer was last heard from. */
  readonly silentTicks: number
  readonly inflightMessages: number
}

export interface RaftStatus {
  readonly id: NodeId
  readonly role: Role
  readonly term: Term
  readonly leaderId: NodeId | null
  readonly votedFor: NodeId | null
  readonly commitIndex: LogIndex
  readonly lastApplied: LogIndex
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  readonly snapshotIndex: LogIndex
  readonly configuration: Configuration
  readonly configurationIndex: LogIndex
  readonly configurationCommitted: boolean
  readonly transferTarget: NodeId | null
  /** On a leader, one for every other member; otherwise empty. */
  readonly progress: readonly ProgressStatus[]
}

/** What recovery found on disk. */
export interface RecoveredState {
  readonly hardState: HardState
  readonly snapshot: SnapshotMeta | null
  /** Contiguous; the first follows the snapshot or lies before its end (trailing entries are kept). */
  readonly entries: readonly Entry[]
}

export interface RaftOptions {
  readonly id: NodeId
  readonly limits: RaftLimits
  /** Uniform in [0, 1); the only source of randomness. */
  readonly random: () => number
  readonly recovered: RecoveredState
}

export const asTerm = (n: number): Term => n as Term
export const asIndex = (n: number): LogIndex => n as LogIndex
export const asNodeId = (s: string): NodeId => s as NodeId

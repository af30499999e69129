/**
 * The runtime's facade: what the API, the shell and tests know of a running node. Every method may be called
 * on any node, leader or not.
 */
import type { Change, Command, Outcome } from '../farm/types'
import type { FarmQueries } from '../farm/queries'
import type { LogIndex, MemberInfo, NodeId, RaftStatus, Role, Term } from '../raft/types'
import type { FieldError, ProblemCode } from '../contract/problems'
import type { HistogramSnapshot } from './histogram'

/** An expected failure with a stable code; the API's table turns it into a problem document. */
export class Failure extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly options: {
      readonly retryAfterSeconds?: number
      readonly errors?: readonly FieldError[]
      readonly cause?: unknown
    } = {}
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
  }
}

export interface ProposeOptions {
  /** Who asks: name of the token, or "local". */
  readonly by: string
  readonly timeoutMs: number
  readonly idempotency?: { readonly key: string; readonly request: string }
}

export interface ChangeOptions {
  /** Even if no majority of those who would vote then answers now. */
  readonly force?: boolean
}

export interface MemberStatus {
  readonly id: NodeId
  readonly name: string
  readonly rpc_address: string
  readonly api_address: string
  readonly suffrage: 'voter' | 'learner'
  readonly reachable: boolean
  /** null where this node cannot know (only the leader tracks its members). */
  readonly match_index: number | null
  readonly last_contact_ms: number | null
}

export interface ClusterStatus {
  readonly cluster_id: string
  readonly node_id: NodeId
  readonly name: string
  readonly role: 'leader' | 'follower' | 'candidate' | 'learner'
  readonly term: Term
  readonly leader_id: NodeId | null
  readonly commit_index: LogIndex
  readonly applied_index: LogIndex
  readonly members: readonly MemberStatus[]
}

export interface Readiness {
  readonly ready: boolean
  /** Why not, in a sentence; empty when ready. */
  readonly reason: string
}

export interface PeerMetrics {
  readonly id: NodeId
  readonly connected: boolean
  readonly queued_bytes: number
  readonly round_trip_ms: number | null
  readonly last_contact_ms: number | null
  /** Entries that this member lacks; null unless this node leads. */
  readonly lag_entries: number | null
}

/** Plain numbers, cheap to take. Counters begin at 0 with the process. */
export interface ReplicaMetrics {
  readonly role: Role
  readonly term: number
  readonly has_leader: boolean
  readonly ready: boolean
  readonly voters: number
  readonly learners: number
  readonly commit_index: number
  readonly applied_index: number
  readonly last_index: number
  readonly snapshot_index: number
  readonly snapshot_bytes: number
  readonly log_bytes: number
  readonly barrier_latency: HistogramSnapshot
  /** From the call of propose to the outcome, on this node. */
  readonly commit_latency: HistogramSnapshot
  readonly proposals_total: number
  readonly proposals_pending: number
  readonly reads_pending: number
  readonly read_rounds_total: number
  readonly elections_won_total: number
  readonly elections_lost_total: number
  readonly leader_changes_total: number
  readonly snapshots_taken_total: number
  readonly snapshots_sent_total: number
  readonly snapshots_received_total: number
  readonly inputs_queued: number
  readonly writes_queued: number
  readonly apply_batches_queued: number
  readonly peers: readonly PeerMetrics[]
}

export type ReplicaEvent =
  /** The outcome of one log entry, in log order. */
  | { readonly type: 'changes'; readonly index: LogIndex; readonly changes: readonly Change[] }
  /** Everything may have changed (snapshot installed, restore): readers start over. */
  | { readonly type: 'reset'; readonly index: LogIndex }
  | { readonly type: 'cluster'; readonly role: Role; readonly term: Term; readonly leaderId: NodeId | null }
  | { readonly type: 'membership' }
  | { readonly type: 'readiness'; readonly readiness: Readiness }

export interface Replica {
  readonly farm: FarmQueries
  /** Highest log index whose effects `farm` shows. */
  readonly appliedIndex: LogIndex
  status(): ClusterStatus
  readiness(): Readiness
  /**
   * Commits `command` and resolves with its outcome once applied on this node. Survives leader changes.
   * Rejects with Failure no_quorum (not done, will not be done), outcome_unknown, storage_failed, stopping,
   * removed, too_many_requests, payload_too_large.
   */
  propose(command: Command, options: ProposeOptions): Promise<Outcome>
  /** After it resolves, reads of `farm` are linearizable as of the call. Rejects with Failure no_quorum. */
  linearize(timeoutMs: number): Promise<void>
  /** Listener is called synchronously, in order; returns the way to stop. */
  subscribe(listener: (event: ReplicaEvent) => void): () => void
  addLearner(id: NodeId, info: MemberInfo, timeoutMs: number): Promise<void>
  /** Rejects with quorum_at_risk, among others, unless forced. */
  removeMember(id: NodeId, timeoutMs: number, options?: ChangeOptions): Promise<void>
  /** As {@link Replica.removeMember}. */
  setSuffrage(id: NodeId, suffrage: 'voter' | 'learner', timeoutMs: number, options?: ChangeOptions): Promise<void>
  /** The member's name or addresses have changed. */
  updateMember(id: NodeId, info: MemberInfo, timeoutMs: number): Promise<void>
  /** null: any voter. Resolves with the new leader. */
  transferLeadership(to: NodeId | null, timeoutMs: number): Promise<NodeId>
  /** Resolves once a snapshot at or beyond the applied index of the call is durable. */
  takeSnapshot(): Promise<{ readonly index: LogIndex; readonly bytes: number }>
  /** The whole farm as text chunks, consistent as of one index. */
  backup(): { readonly index: LogIndex; readonly chunks: AsyncIterable<string> }
  metrics(): ReplicaMetrics
}

/** What the composition root holds; the rest of the node sees {@link Replica}. */
export interface RunningReplica extends Replica {
  /** Recovers from the stores and takes part. Rejects with StorageDamaged, among others. */
  start(): Promise<void>
  /** Hands over leadership, answers what is in flight, flushes and releases; idempotent. At most about 4 s. */
  stop(): Promise<void>
  /**
   * From now until `release` new writes fail with `failure`. `drained` tells, after at most about 2 s, whether those
   * that were under way have ended.
   */
  holdWrites(failure: Failure): { readonly drained: Promise<boolean>; readonly release: () => void }
  /** Leadership to another voter, if this node leads and another can; at most about 1.5 s. */
  handOver(): Promise<void>
  /** The core's own view of itself. */
  raftStatus(): RaftStatus
  /** The transport was refused by a member, with its code: how a node that was away learns of its removal. */
  refusedBy(peer: NodeId, code: string): void
  /** The machine is about to sleep: a leader hands over, within a second. */
  suspend(): Promise<void>
  /** The machine woke up: connections are made anew. */
  resume(): void
}

/**
 * The runtime's facade: what the API, the shell and tests know of a running node. Every method may be called
 * on any node, leader or not.
 */
import type { Change, Command, Outcome } from '../farm/types'
import type { FarmQueries } from '../farm/queries'
import type { LogIndex, MemberInfo, NodeId, Role, Term } from '../raft/types'
import type { FieldError, ProblemCode } from '../contract/problems'

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
   * removed, too_many_requests.
   */
  propose(command: Command, options: ProposeOptions): Promise<Outcome>
  /** After it resolves, reads of `farm` are linearizable as of the call. Rejects with Failure no_quorum. */
  linearize(timeoutMs: number): Promise<void>
  /** Listener is called synchronously, in order; returns the way to stop. */
  subscribe(listener: (event: ReplicaEvent) => void): () => void
  addLearner(id: NodeId, info: MemberInfo, timeoutMs: number): Promise<void>
  removeMember(id: NodeId, timeoutMs: number): Promise<void>
  setSuffrage(id: NodeId, suffrage: 'voter' | 'learner', timeoutMs: number): Promise<void>
  /** null: any voter. Resolves with the new leader. */
  transferLeadership(to: NodeId | null, timeoutMs: number): Promise<NodeId>
  /** Resolves once a snapshot at or beyond the applied index of the call is durable. */
  takeSnapshot(): Promise<{ readonly index: LogIndex; readonly bytes: number }>
  /** The whole farm as text chunks, consistent as of one index. */
  backup(): { readonly index: LogIndex; readonly chunks: AsyncIterable<string> }
}

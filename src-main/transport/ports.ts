/**
 * What the runtime needs of a network. Production: TLS over TCP, three connections per peer (control, log,
 * snapshot). The simulator and unit tests bring their own.
 *
 * Sending never blocks and never fails: beyond a bound, or without a connection, a message is dropped (Raft
 * sends again). Order is kept per peer and channel, not across channels.
 */
import type { MemberInfo, Message, NodeId, SnapshotMeta, Term } from '../raft/types'
import type { SnapshotReader, SnapshotReceiver } from '../storage/ports'

/** Messages between runtimes, above the core. */
export type RuntimeMessage =
  /** Commands for the leader's log, already encoded. Fire and forget: the sender watches its own log. */
  | { readonly type: 'Forward'; readonly commands: readonly string[]; readonly batch?: number }
  /** The forwarded commands of `batch` were not taken, in whole; `leaderId` is a hint. */
  | {
      readonly type: 'ForwardRefused'
      readonly commands: number
      readonly batch?: number
      readonly leaderId: NodeId | null
      readonly reason: string
    }
  /** A question that wants one answer, by deadline (membership changes, leadership transfer, …). */
  | { readonly type: 'Request'; readonly id: number; readonly method: string; readonly body: unknown }
  | { readonly type: 'Response'; readonly id: number; readonly ok: boolean; readonly body: unknown }

export interface TransportHandlers {
  onMessage(from: NodeId, message: Message): void
  onRuntimeMessage(from: NodeId, message: RuntimeMessage): void
  /** A connection to or from this peer was authenticated. */
  onPeerUp(peer: NodeId): void
  /** The control connection to this peer broke (reset, closed, or no answer). */
  onPeerDown(peer: NodeId, reason: string): void
  /** A leader offers a snapshot; null refuses. The handler owns the receiver; `done` follows its commit. */
  onSnapshotOffer(from: NodeId, term: Term, meta: SnapshotMeta, chunks: number): Promise<SnapshotReceiver | null>
  onSnapshotReceived(from: NodeId, term: Term, meta: SnapshotMeta): void
}

export interface PeerStats {
  readonly id: NodeId
  readonly connected: boolean
  readonly queuedBytes: number
  readonly lastContactMs: number | null
  readonly roundTripMs: number | null
  /** Messages that found no connection or a full queue, since the peer became a member. */
  readonly droppedMessages?: number
}

export interface Transport {
  /** Members of the effective configuration; connections to others are closed. */
  setPeers(peers: ReadonlyMap<NodeId, MemberInfo>): void
  send(message: Message): void
  sendRuntime(to: NodeId, message: RuntimeMessage): void
  /** Resolves when the peer has the whole snapshot durable; rejects on failure, refusal or abort. */
  sendSnapshot(to: NodeId, term: Term, reader: SnapshotReader, signal: AbortSignal): Promise<void>
  /** Drops every connection and dials again (after suspend, address change). */
  reconnect(): void
  stats(): readonly PeerStats[]
  stop(): Promise<void>
}

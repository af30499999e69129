/** Named bounds of the transport: every frame, queue and wait has its figure here. */

const KIB = 1024
const MIB = 1024 * KIB

/** Payload of a frame before the hello was accepted, and of the join channel. */
export const HELLO_FRAME_BYTES_MAX = 16 * KIB
export const CONTROL_FRAME_BYTES_MAX = 64 * KIB
export const LOG_FRAME_BYTES_MAX = 8 * MIB
/** Entries or commands of one message, over as many frames as it takes; above what one command may have. */
export const LOG_MESSAGE_BYTES_MAX = 96 * MIB
/** Frames that carry part of such a message. */
export const LOG_PART_BYTES = MIB
export const SNAPSHOT_FRAME_BYTES_MAX = 2 * MIB

export interface TransportLimits {
  /** TCP connection established. */
  readonly connectTimeoutMs: number
  /** From then (for inbound: from accept) until the hello is answered. */
  readonly handshakeTimeoutMs: number
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /** Connections are looked at this often; control connections are pinged every second time. */
  readonly sweepMs: number
  /** So many sweeps in a row without a sign of life end a control connection. Counted, so that a sleep counts once. */
  readonly silentSweepsMax: number
  /** Bytes waiting per connection; beyond it messages are dropped. */
  readonly controlQueueBytesMax: number
  readonly logQueueBytesMax: number
  /** Inbound connections that have not said who they are, in all and from one address. */
  readonly strangersMax: number
  readonly strangersPerAddressMax: number
  /** Joins under way at once, and the time one may take. */
  readonly joinsMax: number
  readonly joinTimeoutMs: number
  /** Chunks on the way that were not acknowledged yet. */
  readonly snapshotWindowChunks: number
  /** Longest wait for an answer to the offer, for the next chunk, or for its acknowledgement. */
  readonly snapshotStepTimeoutMs: number
  /** Longest wait for the peer to verify the whole and make it durable. */
  readonly snapshotCommitTimeoutMs: number
  /** When the transport stops: what was queued may still leave, and snapshot streams let go of the store, within this. */
  readonly stopFlushMs: number
}

export const TRANSPORT_LIMITS: TransportLimits = {
  connectTimeoutMs: 1000,
  handshakeTimeoutMs: 3000,
  backoffMinMs: 50,
  backoffMaxMs: 1000,
  sweepMs: 1000,
  silentSweepsMax: 3,
  controlQueueBytesMax: MIB,
  logQueueBytesMax: 16 * MIB,
  strangersMax: 64,
  strangersPerAddressMax: 32,
  joinsMax: 8,
  joinTimeoutMs: 30_000,
  snapshotWindowChunks: 4,
  snapshotStepTimeoutMs: 10_000,
  snapshotCommitTimeoutMs: 60_000,
  stopFlushMs: 500
}

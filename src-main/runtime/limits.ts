/** Named bounds of the runtime: every queue, batch and wait has its figure here. Times are milliseconds. */
import type { RaftLimits } from '../raft/types'

export interface RuntimeLimits {
  readonly tickMs: number
  /** A tick that is later than this is a gap in time, not a late tick. */
  readonly gapMs: number
  /** Outstanding proposals of this node; beyond it: too_many_requests. */
  readonly proposalsMax: number
  /** Characters of commands in one propose input or Forward message; a larger command travels alone. */
  readonly batchCharsMax: number
  /**
   * Bytes of one command; beyond it: payload_too_large. Must fit a message of the transport with room to spare: an
   * entry that cannot be sent would stand in the leader's log and hold up all that follows.
   */
  readonly commandBytesMax: number
  /** Pending proposals are handed to the leader again after so long without progress; doubles up to the maximum. */
  readonly resendMs: number
  readonly resendMaxMs: number
  /** Pause before proposals that were refused are handed over again. */
  readonly refusedPauseMs: number
  /** Callers that wait for a linearizable read; beyond it: too_many_requests. */
  readonly readsMax: number
  /** A read index round without an answer is started anew after this. */
  readonly readRetryMs: number
  /** Questions to the leader that are under way at once. */
  readonly requestsMax: number
  /** Deadline of one attempt of a question to the leader; the caller's own deadline may allow several. */
  readonly requestAttemptMs: number
  readonly requestPauseMs: number
  /** A barrier slower than this is logged. */
  readonly barrierSlowMs: number
  /** No barrier for so long with writes pending: the leader gives up leadership. */
  readonly barrierStalledMs: number
  /** Longest stretch of work on the event loop when applying, loading or encoding. */
  readonly sliceMs: number
  /** A snapshot is due at so many entries since the last and `snapshotCharsMin` characters, or at `snapshotCharsMax` … */
  readonly snapshotEntriesMin: number
  readonly snapshotCharsMin: number
  readonly snapshotCharsMax: number
  /** … and never before the log is so many times as long as the last snapshot. */
  readonly logPerSnapshot: number
  /** A leader that stops or is about to sleep hands over for at most so long. */
  readonly handOverStopMs: number
  readonly handOverSuspendMs: number
  /** A member that was removed stays connected for so long, to learn of it. */
  readonly departMs: number
  /** A removed node stays connected for so long with those who have not learnt of it. */
  readonly removedMs: number
  /** What the leader told of its members is asked for anew after this, and forgotten after five times as long. */
  readonly viewsMs: number
  /** stop() waits so long for proposals that are in flight. */
  readonly drainMs: number
}

export const RUNTIME_LIMITS: RuntimeLimits = {
  tickMs: 125,
  gapMs: 1000,
  proposalsMax: 4096,
  batchCharsMax: 1024 * 1024,
  commandBytesMax: 80 * 1024 * 1024,
  resendMs: 1000,
  resendMaxMs: 8000,
  refusedPauseMs: 100,
  readsMax: 16_384,
  readRetryMs: 500,
  requestsMax: 256,
  requestAttemptMs: 4000,
  requestPauseMs: 100,
  barrierSlowMs: 500,
  barrierStalledMs: 5000,
  sliceMs: 5,
  snapshotEntriesMin: 8192,
  snapshotCharsMin: 20 * 1024 * 1024,
  snapshotCharsMax: 64 * 1024 * 1024,
  logPerSnapshot: 2,
  handOverStopMs: 1500,
  handOverSuspendMs: 1000,
  departMs: 2000,
  removedMs: 10 * 60_000,
  viewsMs: 1000,
  drainMs: 2000
}

/** One tick is {@link RuntimeLimits.tickMs}: heartbeats every 250 ms, elections after 0.9 … 1.7 s of silence. */
export const RAFT_LIMITS: RaftLimits = {
  heartbeatTicks: 2,
  electionTicks: 7,
  appendBytesMax: 512 * 1024,
  appendEntriesMax: 4096,
  inflightMessagesMax: 64,
  inflightBytesMax: 8 * 1024 * 1024,
  uncommittedBytesMax: 32 * 1024 * 1024,
  applyBytesMax: 1024 * 1024,
  trailingEntries: 10_240,
  packEntries: 64
}

export const runtimeLimitsOf = (given: Partial<RuntimeLimits> = {}): RuntimeLimits => ({ ...RUNTIME_LIMITS, ...given })
export const raftLimitsOf = (given: Partial<RaftLimits> = {}): RaftLimits => ({ ...RAFT_LIMITS, ...given })

/**
 * What the leader knows of one member: how far its log agrees, and how to send to it.
 *
 * probe: where the logs agree is unknown; one message, then wait for an answer or a heartbeat's echo.
 * replicate: they agree; stream within the inflight bounds, nextIndex runs ahead.
 * snapshot: what it needs is compacted; wait for the snapshot's end.
 *
 * Invariant: matchIndex < nextIndex. matchIndex only ever grows within a term.
 */
import { Inflights } from './inflights'
import { invariant } from './invariants'
import { asIndex, type LogIndex, type NodeId, type RaftLimits } from './types'

export class Progress {
  state: 'probe' | 'replicate' | 'snapshot' = 'probe'
  matchIndex: LogIndex = asIndex(0)
  nextIndex: LogIndex
  /** Highest leaderCommit that was put into a message to it. */
  sentCommit: LogIndex = asIndex(0)
  /** In state probe: a message is out, the next waits. */
  probeSent = false
  /** In state snapshot: index of the snapshot under way. */
  pendingSnapshot: LogIndex = asIndex(0)
  /** Ticks since it was last heard from. */
  silentTicks = 0
  /** Highest heartbeat round it has echoed. */
  roundAcked = 0
  /** A heartbeat of the clock went out and may, when echoed, set stuck replication going again. */
  beatOpen = false
  /** matchIndex at the previous heartbeat of the clock. */
  matchAtBeat: LogIndex = asIndex(0)
  /** No longer named by the configuration; kept until it has had a chance to learn so. Ticks left once committed. */
  departing = false
  departingTicks = 0
  readonly inflights: Inflights

  constructor(
    readonly id: NodeId,
    nextIndex: LogIndex,
    limits: RaftLimits
  ) {
    this.nextIndex = nextIndex
    this.inflights = new Inflights(limits.inflightMessagesMax, limits.inflightBytesMax)
  }

  becomeProbe(): void {
    // After a snapshot the log may agree up to it; without the follower's word that is a guess worth trying first.
    const next = this.state === 'snapshot' ? Math.max(this.matchIndex, this.pendingSnapshot) + 1 : this.matchIndex + 1
    this.state = 'probe'
    this.nextIndex = asIndex(next)
    this.probeSent = false
    this.sentCommit = asIndex(Math.min(this.sentCommit, next - 1))
    this.pendingSnapshot = asIndex(0)
    this.inflights.clear()
  }

  becomeReplicate(): void {
    this.state = 'replicate'
    this.nextIndex = asIndex(this.matchIndex + 1)
    this.probeSent = false
    this.pendingSnapshot = asIndex(0)
    this.inflights.clear()
  }

  becomeSnapshot(index: LogIndex): void {
    this.state = 'snapshot'
    this.pendingSnapshot = index
    this.probeSent = false
    this.inflights.clear()
  }

  /** Nothing with entries may be sent now. */
  get paused(): boolean {
    switch (this.state) {
      case 'probe':
        return this.probeSent
      case 'replicate':
        return this.inflights.full
      case 'snapshot':
        return true
    }
  }

  /** Records a message with entries up to `lastIndex`, or without any. */
  sent(lastIndex: LogIndex, bytes: number, count: number): void {
    if (this.state === 'replicate') {
      if (count > 0) {
        this.nextIndex = asIndex(lastIndex + 1)
        this.inflights.add(lastIndex, bytes)
      }
    } else {
      this.probeSent = true
    }
  }

  /** The follower holds everything up to `matchIndex`, durably. False when that is no news. */
  acknowledge(matchIndex: LogIndex): boolean {
    if (matchIndex <= this.matchIndex) return false
    this.matchIndex = matchIndex
    this.nextIndex = asIndex(Math.max(this.nextIndex, matchIndex + 1))
    return true
  }

  /**
   * The follower refused `rejected` as prevLogIndex; its log may agree at `hint`. False when the answer is stale.
   */
  backtrack(rejected: LogIndex, hint: LogIndex): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.matchIndex) return false
      this.nextIndex = asIndex(this.matchIndex + 1)
      return true
    }
    if (this.state === 'snapshot' || this.nextIndex - 1 !== rejected) return false
    this.nextIndex = asIndex(Math.max(Math.min(rejected, hint + 1), this.matchIndex + 1))
    this.sentCommit = asIndex(Math.min(this.sentCommit, this.nextIndex - 1))
    this.probeSent = false
    invariant(this.matchIndex < this.nextIndex, 'matchIndex < nextIndex', this.matchIndex, this.nextIndex)
    return true
  }
}

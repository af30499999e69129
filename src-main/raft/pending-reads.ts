/**
 * Linearizable reads at the leader (thesis §6.4): a read may be served from state at least as new as commitIndex
 * was when it came, once a quorum has confirmed, in a round that began after it came, that this node still leads.
 *
 * Reads that come while a round is under way share the next one. Total is bounded by READS_PENDING_MAX.
 */
import type { LogIndex, NodeId } from './types'

export const READS_PENDING_MAX = 65_536

export interface ReadRequest {
  /** null: asked on this node. */
  readonly from: NodeId | null
  readonly context: number
}

export interface ReadBatch {
  round: number
  readonly readIndex: LogIndex
  readonly requests: readonly ReadRequest[]
}

export class PendingReads {
  /** Wait for this term's first commit, then for a round. */
  private waiting: ReadRequest[] = []
  /** Rounds under way, in order. */
  private batches: ReadBatch[] = []
  private count = 0

  get size(): number {
    return this.count
  }

  get roundUnderWay(): boolean {
    return this.batches.length > 0
  }

  get anyWaiting(): boolean {
    return this.waiting.length > 0
  }

  wait(request: ReadRequest): void {
    this.waiting.push(request)
    this.count++
  }

  /** Those who wait join heartbeat round `round`, which must begin now. */
  join(round: number, readIndex: LogIndex): void {
    if (this.waiting.length === 0) return
    this.batches.push({ round, readIndex, requests: this.waiting })
    this.waiting = []
  }

  /** A quorum has echoed `round`: what may be answered, in order. */
  confirm(round: number): readonly ReadBatch[] {
    let done = 0
    while (done < this.batches.length && this.batches[done]!.round <= round) {
      this.count -= this.batches[done]!.requests.length
      done++
    }
    return done === 0 ? [] : this.batches.splice(0, done)
  }

  /** What was asked before a gap in time needs a round after it. */
  restamp(round: number): void {
    for (const batch of this.batches) batch.round = round
  }

  /** Everything that waits, which is thereby given up. */
  clear(): readonly ReadRequest[] {
    const all = [...this.batches.flatMap(({ requests }) => requests), ...this.waiting]
    this.batches = []
    this.waiting = []
    this.count = 0
    return all
  }
}

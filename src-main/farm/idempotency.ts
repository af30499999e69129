/**
 * First answers by Idempotency-Key, for a day of the farm's clock. Refusals are answers too.
 *
 * Invariant: `at` ascends along the queue, for the farm's clock never goes back.
 */
import { IDEMPOTENCY_KEEP_MS, IDEMPOTENCY_RECORDS_MAX, IDEMPOTENCY_SWEEP_MAX } from './bounds'
import { IdMap } from './id-map'
import type { Outcome } from './types'

export interface FirstAnswer {
  readonly key: string
  /** Fingerprint of the request. */
  readonly request: string
  /** Farm's clock. */
  readonly at: number
  readonly outcome: Outcome
}

/** Stands where a record was, so that the queue does not hold on to it. */
const DROPPED: FirstAnswer = { key: '', request: '', at: 0, outcome: { ok: true, status: 204, body: null } }

export class Idempotency {
  private readonly byKey = new IdMap<FirstAnswer>()
  private queue: FirstAnswer[] = []
  private head = 0

  get size(): number {
    return this.queue.length - this.head
  }

  find(key: string, now: number): FirstAnswer | null {
    const answer = this.byKey.get(key)
    return answer === undefined || outdated(answer, now) ? null : answer
  }

  add(answer: FirstAnswer): void {
    this.queue.push(answer)
    this.byKey.set(answer.key, answer)
    if (this.size > IDEMPOTENCY_RECORDS_MAX) this.dropOldest()
  }

  sweep(now: number): void {
    for (let dropped = 0; dropped < IDEMPOTENCY_SWEEP_MAX; dropped++) {
      const oldest = this.queue[this.head]
      if (oldest === undefined || !outdated(oldest, now)) return
      this.dropOldest()
    }
  }

  /** Oldest first, as of now. */
  copy(): readonly FirstAnswer[] {
    return this.queue.slice(this.head)
  }

  private dropOldest(): void {
    const oldest = this.queue[this.head]
    if (oldest === undefined) return
    if (this.byKey.get(oldest.key) === oldest) this.byKey.delete(oldest.key)
    this.queue[this.head++] = DROPPED
    if (this.head > IDEMPOTENCY_SWEEP_MAX && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head)
      this.head = 0
    }
  }
}

function outdated(answer: FirstAnswer, now: number): boolean {
  return answer.at + IDEMPOTENCY_KEEP_MS <= now
}

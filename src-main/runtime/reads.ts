/**
 * Linearizable reads (thesis §6.4): one read index round serves all callers that came before it began; callers that
 * come while a round is under way share the next.
 *
 * Invariant: a caller is released only after a round that began after its call was confirmed, and after this node has
 * applied everything up to the index of that round. Every attempt has a context of its own.
 */
import type { LogIndex } from '../raft/types'
import type { Clock } from './clock'
import type { RuntimeLimits } from './limits'
import { Failure } from './replica'

interface Reader {
  readonly deadlineMs: number
  readonly resolve: () => void
  readonly reject: (failure: Failure) => void
}

export class Reads {
  rounds = 0
  #gathering: Reader[] = []
  /** Callers of the round that is under way. */
  #asking: Reader[] | null = null
  #context: number
  #askedMs = 0
  /** Confirmed, waiting for the applier; indexes never go down. */
  #waiting: { readonly index: LogIndex; readonly readers: readonly Reader[] }[] = []
  #paused = false
  #refuse: Failure | null = null
  #size = 0

  constructor(
    private readonly deps: {
      readonly clock: Clock
      readonly limits: RuntimeLimits
      readonly appliedIndex: () => LogIndex
      /** Drawn, so that an answer to a question of an earlier run fits none of this one. */
      readonly firstContext: number
      readonly submit: (context: number) => void
      readonly wake: () => void
    }
  ) {
    this.#context = deps.firstContext
  }

  get size(): number {
    return this.#size
  }

  linearize(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#refuse !== null) return reject(this.#refuse)
      if (this.#size >= this.deps.limits.readsMax) {
        return reject(new Failure('too_many_requests', 'Too many reads are waiting.', { retryAfterSeconds: 1 }))
      }
      this.#size++
      this.#gathering.push({ deadlineMs: this.deps.clock.monotonicMs() + timeoutMs, resolve, reject })
      this.deps.wake()
    })
  }

  /** Begins a round for all that wait, unless one is under way. */
  gather(): void {
    if (this.#asking !== null || this.#paused || this.#gathering.length === 0) return
    this.#asking = this.#gathering
    this.#gathering = []
    this.#askedMs = this.deps.clock.monotonicMs()
    this.rounds++
    this.deps.submit(++this.#context)
  }

  onReady(context: number, index: LogIndex): void {
    if (context !== this.#context || this.#asking === null) return
    const readers = this.#asking
    this.#asking = null
    if (this.deps.appliedIndex() >= index) this.#release(readers)
    else this.#waiting.push({ index, readers })
  }

  /** The round came to nothing: again at the next tick, or as soon as a leader is known. */
  onFailed(context: number): void {
    if (context !== this.#context) return
    this.#retryLater()
  }

  onLeader(): void {
    this.#paused = false
    if (this.#asking !== null) this.#retryLater()
    this.#paused = false
    if (this.#gathering.length > 0) this.deps.wake()
  }

  onApplied(index: LogIndex): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.index <= index) this.#release(this.#waiting.shift()!.readers)
  }

  onTick(nowMs: number): void {
    if (this.#size === 0) return
    if (this.#asking !== null && nowMs - this.#askedMs >= this.deps.limits.readRetryMs) this.#retryLater()
    this.#paused = false
    this.#gathering = this.#expire(this.#gathering, nowMs)
    if (this.#asking !== null) this.#asking = this.#expire(this.#asking, nowMs)
    this.#waiting = this.#waiting.map(({ index, readers }) => ({ index, readers: this.#expire(readers, nowMs) }))
    if (this.#gathering.length > 0) this.deps.wake()
  }

  /** Ends all reads, and refuses new ones. */
  abandon(failure: Failure): void {
    this.#refuse = failure
    const all = [this.#gathering, this.#asking ?? [], ...this.#waiting.map(({ readers }) => readers)]
    this.#gathering = []
    this.#asking = null
    this.#waiting = []
    this.#size = 0
    for (const readers of all) for (const reader of readers) reader.reject(failure)
  }

  /** Takes back {@link abandon} with the same failure. */
  reopen(failure: Failure): void {
    if (this.#refuse === failure) this.#refuse = null
  }

  #retryLater(): void {
    if (this.#asking !== null) this.#gathering = [...this.#asking, ...this.#gathering]
    this.#asking = null
    this.#paused = true
  }

  #release(readers: readonly Reader[]): void {
    this.#size -= readers.length
    for (const reader of readers) reader.resolve()
  }

  #expire(readers: readonly Reader[], nowMs: number): Reader[] {
    const left: Reader[] = []
    for (const reader of readers) {
      if (reader.deadlineMs > nowMs) left.push(reader)
      else {
        this.#size--
        reader.reject(new Failure('no_quorum', 'No quorum answered in time.', { retryAfterSeconds: 1 }))
      }
    }
    return left
  }
}

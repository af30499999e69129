/**
 * Owns the log store: one call at a time, in the order in which the core asked, and group commit.
 *
 * Invariant: an effect is reported durable after the barrier of the record that holds it, in order. A record that
 * carries nothing but a commit hint waits for the next one that needs a barrier, or for {@link LogWriter.flush}.
 * After a failure nothing is written or reported any more.
 */
import type { HardState, LogIndex, Term } from '../raft/types'
import type { LogStore } from '../storage/ports'
import type { Clock } from './clock'
import { GroupCommit, type Persist } from './group-commit'

export interface LogWriterListener {
  /** These effects are durable: their messages may leave and their tokens are complete. */
  onDurable(covered: readonly Persist[], barrierMs: number): void
  onFailure(error: unknown): void
}

type Operation =
  | { readonly type: 'append'; readonly group: GroupCommit }
  | {
      readonly type: 'reset'
      readonly after: { readonly index: LogIndex; readonly term: Term }
      readonly hardState: HardState
    }
  | { readonly type: 'compact'; readonly firstIndex: LogIndex }

export class LogWriter {
  readonly #queue: Operation[] = []
  #running: Operation | null = null
  #startedMs = 0
  #failed = false
  #flushing = false
  #idle: (() => void)[] = []

  constructor(
    private readonly store: LogStore,
    private readonly clock: Clock,
    private readonly listener: LogWriterListener
  ) {}

  persist(effect: Persist): void {
    const last = this.#queue.at(-1)
    if (last?.type === 'append') last.group.add(effect)
    else this.#queue.push({ type: 'append', group: new GroupCommit(effect) })
  }

  reset(after: { index: LogIndex; term: Term }, hardState: HardState): void {
    this.#queue.push({ type: 'reset', after, hardState })
  }

  compact(firstIndex: LogIndex): void {
    this.#queue.push({ type: 'compact', firstIndex })
  }

  /** Starts the next write when none is running; called at the end of a turn, so that the turn is one record. */
  kick(): void {
    if (this.#running !== null || this.#failed) return
    const next = this.#queue[0]
    if (next === undefined || (this.#queue.length === 1 && this.#isHint(next) && !this.#flushing)) {
      if (next === undefined) this.#settle()
      return
    }
    this.#queue.shift()
    this.#running = next
    this.#startedMs = this.clock.monotonicMs()
    this.#perform(next).then(this.#done, this.#fail)
  }

  /** How long the write that is running has taken so far; 0 when none is. */
  busyMs(nowMs: number): number {
    return this.#running === null ? 0 : nowMs - this.#startedMs
  }

  /** A record is being written, and for less than `ms`. */
  isWriting(ms: number): boolean {
    return this.#running?.type === 'append' && this.clock.monotonicMs() - this.#startedMs < ms
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** Writes everything, hints too; resolves once nothing is left to write or the store has failed. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve)
      this.#flushing = true
      if (this.#failed) this.#settle()
      else this.kick()
    })
  }

  #isHint(operation: Operation): boolean {
    return operation.type === 'append' && !operation.group.sync
  }

  #perform(operation: Operation): Promise<void> {
    switch (operation.type) {
      case 'append':
        return this.store.append(operation.group.record)
      case 'reset':
        return this.store.reset(operation.after, operation.hardState)
      case 'compact':
        return this.store.compact(operation.firstIndex)
    }
  }

  readonly #done = (): void => {
    const operation = this.#running
    this.#running = null
    if (this.#failed || operation === null) return
    if (operation.type === 'append') {
      this.listener.onDurable(operation.group.covered, this.clock.monotonicMs() - this.#startedMs)
    }
    this.kick()
  }

  readonly #fail = (error: unknown): void => {
    this.#running = null
    this.#failed = true
    this.#queue.length = 0
    this.listener.onFailure(error)
    this.#settle()
  }

  #settle(): void {
    this.#flushing = false
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }
}

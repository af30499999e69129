/**
 * Turns the clock into ticks and gaps. Late ticks are dropped, never made up for; when the process or machine
 * stood still (suspend, a stopped process, a jump of the wall clock) one gap comes instead of a tick.
 *
 * Which of the two it is, is decided when it is taken: between the timer and the turn of the event loop that takes it
 * the machine may have slept. Both clocks are watched: the monotonic one stands still during suspend on some systems,
 * the wall clock does not.
 */
import type { Clock } from './clock'

export type Passed = { readonly type: 'tick' } | { readonly type: 'timeGap'; readonly elapsedMs: number }

const TICK: Passed = { type: 'tick' }

export class Ticker {
  #cancel: (() => void) | null = null
  #due = false
  #monotonicMs = 0
  #wallMs = 0
  #asleepMs = 0

  constructor(
    private readonly clock: Clock,
    private readonly limits: { readonly tickMs: number; readonly gapMs: number },
    private readonly onDue: () => void
  ) {}

  /** The first tick is due at once: whoever votes alone need not wait to be elected. */
  start(): void {
    this.#monotonicMs = this.clock.monotonicMs()
    this.#wallMs = this.clock.wallMs()
    this.#wake()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#due = false
  }

  /** The system says that the machine slept, however the clocks look: the next that is due is a gap. */
  slept(): void {
    this.#asleepMs = this.limits.gapMs + 2 * this.limits.tickMs
  }

  /** What has passed since the last time, if anything is due. */
  take(): Passed | null {
    if (!this.#due) return null
    this.#due = false
    // Armed from here, so that two are never closer than a tick, however late this one was taken.
    this.#cancel = this.clock.after(this.limits.tickMs, this.#wake)
    const monotonicMs = this.clock.monotonicMs()
    const wallMs = this.clock.wallMs()
    const wallPassedMs = wallMs - this.#wallMs
    const elapsedMs = Math.max(monotonicMs - this.#monotonicMs, wallPassedMs, this.#asleepMs)
    // A wall clock that was set back may hide a sleep: how long is not known, only that something was.
    const isHidden = wallPassedMs < -this.limits.tickMs
    this.#monotonicMs = monotonicMs
    this.#wallMs = wallMs
    this.#asleepMs = 0
    return isHidden || elapsedMs - this.limits.tickMs > this.limits.gapMs ? { type: 'timeGap', elapsedMs } : TICK
  }

  readonly #wake = (): void => {
    this.#due = true
    this.onDue()
  }
}

/**
 * Turns the clock into ticks and gaps. Late ticks are dropped, never made up for; when the process or machine
 * stood still (suspend, a stopped process, a jump of the wall clock) one gap comes instead of a tick.
 *
 * Both clocks are watched: the monotonic one stands still during suspend on some systems, the wall clock does not.
 */
import type { Clock } from './clock'

export class Ticker {
  #cancel: (() => void) | null = null
  #monotonicMs = 0
  #wallMs = 0

  constructor(
    private readonly clock: Clock,
    private readonly limits: { readonly tickMs: number; readonly gapMs: number },
    private readonly listener: { onTick(): void; onGap(elapsedMs: number): void }
  ) {}

  start(): void {
    this.#monotonicMs = this.clock.monotonicMs()
    this.#wallMs = this.clock.wallMs()
    this.#arm()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #arm(): void {
    this.#cancel = this.clock.after(this.limits.tickMs, () => this.#wake())
  }

  #wake(): void {
    const monotonicMs = this.clock.monotonicMs()
    const wallMs = this.clock.wallMs()
    const elapsedMs = Math.max(monotonicMs - this.#monotonicMs, wallMs - this.#wallMs)
    this.#monotonicMs = monotonicMs
    this.#wallMs = wallMs
    this.#arm()
    if (elapsedMs - this.limits.tickMs > this.limits.gapMs) this.listener.onGap(elapsedMs)
    else this.listener.onTick()
  }
}

import type { Clock } from '../../src-main/runtime/clock'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

/** Time that passes only when a test says so. Promises settle between any two events. */
export class VirtualTime {
  nowMs = 0
  #timers: Timer[] = []
  #soon: (() => void)[] = []
  #order = 0

  /** A node's clock; `wall` may jump, `frozen` keeps its timers from firing. */
  clock(): Clock & { wallOffsetMs: number; frozen: boolean } {
    const after = (ms: number, run: () => void): (() => void) =>
      this.after(ms, () => (clock.frozen ? later(run) : run()))
    const later = (run: () => void): void => void this.after(1, () => (clock.frozen ? later(run) : run()))
    const clock = {
      wallOffsetMs: 1_700_000_000_000,
      frozen: false,
      monotonicMs: () => this.nowMs,
      wallMs: () => this.nowMs + clock.wallOffsetMs,
      after,
      soon: (run: () => void) => void this.#soon.push(() => (clock.frozen ? later(run) : run()))
    }
    return clock
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, run, cancelled: false }
    let at = this.#timers.length
    while (at > 0 && this.#timers[at - 1]!.atMs > timer.atMs) at--
    this.#timers.splice(at, 0, timer)
    return () => {
      timer.cancelled = true
    }
  }

  /** Runs what is due now, until nothing is left to do without time passing. */
  async settle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const soon = this.#soon
      this.#soon = []
      for (const run of soon) run()
      if (soon.length === 0 && this.#soon.length === 0) return
    }
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    await this.settle()
    for (;;) {
      const next = this.#timers[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#timers.shift()
      if (next.cancelled) continue
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.run()
      await this.settle()
    }
    this.nowMs = untilMs
  }

  /** Lets time pass until `condition` holds; fails after `withinMs` of virtual time. */
  async until(condition: () => boolean, withinMs = 20_000): Promise<void> {
    const deadlineMs = this.nowMs + withinMs
    await this.settle()
    while (!condition()) {
      if (this.nowMs >= deadlineMs) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`)
      await this.advance(5)
    }
  }

  /** Lets time pass until the promise has settled, and gives its result. */
  async of<T>(promise: Promise<T>, withinMs = 20_000): Promise<T> {
    let settled = false
    const done = (): void => void (settled = true)
    promise.then(done, done)
    await this.until(() => settled, withinMs)
    return promise
  }
}

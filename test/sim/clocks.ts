/** The clocks of one machine: they run fast or slow, the wall clock jumps, and the monotonic one sleeps with it. */
import type { Clock } from '../../src-main/runtime/clock'
import type { Random } from './random'
import { MS, type Micros, type Owner, type Scheduler } from './scheduler'

const EPOCH_MS = 1_700_000_000_000

export class MachineClocks {
  private rate = 1
  private baseAt: Micros = 0
  private baseMs = 1000
  private wallAheadMs = 0

  constructor(private readonly scheduler: Scheduler) {}

  monotonicMs(): number {
    return this.baseMs + ((this.scheduler.now - this.baseAt) / MS) * this.rate
  }

  wallMs(): number {
    return EPOCH_MS + Math.floor(this.monotonicMs() + this.wallAheadMs)
  }

  setRate(rate: number): void {
    this.baseMs = this.monotonicMs()
    this.baseAt = this.scheduler.now
    this.rate = rate
  }

  jumpWall(byMs: number): void {
    this.wallAheadMs += byMs
  }

  /** The machine slept since `since`: the monotonic clock stood still, the wall clock went on. */
  slept(since: Micros): void {
    const sleptMs = ((this.scheduler.now - since) / MS) * this.rate
    this.baseMs = this.monotonicMs() - sleptMs
    this.baseAt = this.scheduler.now
    this.wallAheadMs += sleptMs
  }

  /** Microseconds of virtual time in which this machine counts `ms`. */
  real(ms: number): Micros {
    return (ms * MS) / this.rate
  }

  /**
   * The port, for one process. `busyMs`: how far the clock moves at each look within one turn, as it does on a
   * machine that is at work; without it long work would seem to take no time.
   */
  for(owner: Owner, random: Random, busyMs: number): Clock {
    let turn: Micros = -1
    let busy = 0
    let last = 0
    return {
      monotonicMs: () => {
        // Somebody looks at a frozen process: its time stands still, and may turn out to have done so.
        if (owner.paused) return last
        if (this.scheduler.now !== turn) {
          turn = this.scheduler.now
          busy = 0
        } else busy += busyMs
        last = Math.max(last, this.monotonicMs() + busy)
        return last
      },
      wallMs: () => this.wallMs(),
      after: (ms, run) => {
        // Timers are late, never early.
        const event = this.scheduler.after(this.real(Math.max(ms, 0)) + random.below(900), owner, run)
        return () => this.scheduler.cancel(event)
      },
      soon: (run) => void this.scheduler.after(random.between(2, 40), owner, run)
    }
  }
}

/** Counts what was answered: numbers in arrays, so that a request costs nothing to speak of. */
const DURATION_BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
const STATUS_MAX = 600

export interface TrafficSnapshot {
  readonly boundsMs: readonly number[]
  /** Not cumulative; the last is unbounded. */
  readonly durations: readonly number[]
  readonly sumMs: number
  readonly count: number
  readonly byStatus: readonly { readonly status: number; readonly count: number }[]
}

class Tally {
  readonly byStatus = new Float64Array(STATUS_MAX)
  readonly durations = new Float64Array(DURATION_BOUNDS_MS.length + 1)
  sumMs = 0
  count = 0

  add(status: number, ms: number): void {
    this.byStatus[status]!++
    let bucket = 0
    while (bucket < DURATION_BOUNDS_MS.length && ms > DURATION_BOUNDS_MS[bucket]!) bucket++
    this.durations[bucket]!++
    this.sumMs += ms
    this.count++
  }

  snapshot(): TrafficSnapshot {
    const byStatus = Array.from(this.byStatus, (count, status) => ({ status, count })).filter(({ count }) => count > 0)
    return {
      boundsMs: DURATION_BOUNDS_MS,
      durations: [...this.durations],
      sumMs: this.sumMs,
      count: this.count,
      byStatus
    }
  }
}

export class Traffic {
  private readonly reads = new Tally()
  private readonly writes = new Tally()

  answered(method: string, status: number, ms: number): void {
    const tally = method === 'GET' || method === 'HEAD' ? this.reads : this.writes
    tally.add(status, ms)
  }

  snapshot(): { readonly read: TrafficSnapshot; readonly write: TrafficSnapshot } {
    return { read: this.reads.snapshot(), write: this.writes.snapshot() }
  }
}

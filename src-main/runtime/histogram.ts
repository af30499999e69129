/** Counts of durations in fixed buckets: plain numbers, cheap enough for every write. */
export interface HistogramSnapshot {
  /** Upper bounds in milliseconds, ascending; a last, unbounded bucket follows. */
  readonly boundsMs: readonly number[]
  /** One more than bounds; not cumulative. */
  readonly counts: readonly number[]
  readonly sumMs: number
  readonly count: number
}

const LATENCY_BOUNDS_MS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 2000, 5000] as const

export class Histogram {
  readonly #counts: number[]
  #sumMs = 0
  #count = 0

  constructor(private readonly boundsMs: readonly number[] = LATENCY_BOUNDS_MS) {
    this.#counts = Array.from({ length: boundsMs.length + 1 }, () => 0)
  }

  add(ms: number): void {
    let bucket = 0
    while (bucket < this.boundsMs.length && ms > this.boundsMs[bucket]!) bucket++
    this.#counts[bucket]!++
    this.#sumMs += ms
    this.#count++
  }

  snapshot(): HistogramSnapshot {
    return { boundsMs: this.boundsMs, counts: this.#counts.slice(), sumMs: this.#sumMs, count: this.#count }
  }
}

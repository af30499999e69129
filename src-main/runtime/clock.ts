/** Time as the runtime sees it; the simulator brings its own. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back, may stand still while the machine sleeps. */
  monotonicMs(): number
  /** Milliseconds since 1970; may jump. */
  wallMs(): number
  /** Calls once after `ms`, unless cancelled. Does not keep the process alive. */
  after(ms: number, run: () => void): () => void
  /** Calls once, after the I/O callbacks of this turn of the event loop. */
  soon(run: () => void): void
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
  soon: (run) => void setImmediate(run)
}

/** Counts wrong tokens per address, so that guessing is slow and a misconfigured script is told to stop. */
const ATTEMPTS_MAX = 20
const WINDOW_MS = 60_000
const ADDRESSES_MAX = 1024

interface Window {
  readonly endsAtMs: number
  failures: number
}

export class FailedAttempts {
  private readonly windows = new Map<string, Window>()

  /** Seconds until `address` may try again; 0: now. */
  retryAfterSeconds(address: string, nowMs: number): number {
    const window = this.windows.get(address)
    if (window === undefined || window.failures < ATTEMPTS_MAX) return 0
    if (nowMs < window.endsAtMs) return Math.ceil((window.endsAtMs - nowMs) / 1000)
    this.windows.delete(address)
    return 0
  }

  add(address: string, nowMs: number): void {
    const window = this.windows.get(address)
    if (window !== undefined && nowMs < window.endsAtMs) {
      window.failures++
      return
    }
    this.windows.delete(address)
    // A Map keeps the order of insertion: the first is the oldest.
    if (this.windows.size >= ADDRESSES_MAX) this.windows.delete(this.windows.keys().next().value!)
    this.windows.set(address, { endsAtMs: nowMs + WINDOW_MS, failures: 1 })
  }
}

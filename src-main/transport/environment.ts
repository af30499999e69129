/** What the transport asks of its surroundings; the runtime's clock and logger fit. */

export interface TransportClock {
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number
  /** Calls once after `ms`, unless cancelled. */
  after(ms: number, run: () => void): () => void
}

/** Fields first, then a sentence. */
export interface TransportLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

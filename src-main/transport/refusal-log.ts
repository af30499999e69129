/** Logs who was refused and why, but not more often than once a minute for the same: strangers must not fill disks. */
import type { TransportClock, TransportLog } from './environment'

const QUIET_MS = 60_000
const KEYS_MAX = 256

export class RefusalLog {
  readonly #seen = new Map<string, { at: number; suppressed: number }>()

  constructor(
    readonly log: TransportLog,
    readonly clock: TransportClock
  ) {}

  /** @param address HOST:PORT; the port does not tell one stranger from another */
  refused(address: string, code: string, reason: string, fields: object = {}): void {
    const key = `${address.replace(/:\d+$/, '')} ${code}`
    const now = this.clock.monotonicMs()
    const seen = this.#seen.get(key)
    if (seen && now - seen.at < QUIET_MS) {
      seen.suppressed++
      return
    }
    this.#seen.delete(key)
    if (this.#seen.size >= KEYS_MAX) this.#seen.delete(this.#seen.keys().next().value!)
    this.#seen.set(key, { at: now, suppressed: 0 })
    this.log.warn(
      { event: 'peer_refused', address, code, reason, suppressed: seen?.suppressed ?? 0, ...fields },
      'refused a connection'
    )
  }
}

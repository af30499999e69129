/**
 * The Host values under which this node answers without a token. A page of another name that was made to resolve
 * to this machine (DNS rebinding) carries its own name in Host, and so is told apart from the node's own UI.
 */
import { hostname } from 'node:os'
import type { Clock } from '../runtime/clock'

const ALWAYS = ['localhost', '127.0.0.1', '::1']
/** Port that Host may leave out. */
const DEFAULT_PORTS = [80, 443]
const REFRESH_MS = 1000

export class OwnHosts {
  private known = new Set<string>()
  private refreshedAtMs = -Infinity
  private port = 80

  /** `names`: host names and addresses that change with the network, without port. */
  constructor(
    private readonly names: () => readonly string[],
    private readonly clock: Clock
  ) {}

  listensOn(port: number): void {
    this.port = port
    this.refresh()
  }

  has(host: string): boolean {
    if (this.known.has(host)) return true
    // An address may be new since the last look; a stranger's Host must not cost a look each time.
    if (this.clock.monotonicMs() - this.refreshedAtMs >= REFRESH_MS) this.refresh()
    return this.known.has(host.toLowerCase())
  }

  private refresh(): void {
    this.refreshedAtMs = this.clock.monotonicMs()
    this.known = new Set()
    for (const name of [...ALWAYS, hostname(), ...this.names()]) {
      const host = (name.includes(':') ? `[${name}]` : name).toLowerCase()
      this.known.add(`${host}:${this.port}`)
      if (DEFAULT_PORTS.includes(this.port)) this.known.add(host)
    }
  }
}

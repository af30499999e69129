/**
 * mDNS on one network of this machine: announces, and asks who is there. Never throws and never rejects: a network
 * without multicast, or none at all, is reported once and otherwise ignored.
 *
 * Each sweep asks with a new browser: the library's own keeps what it has once seen for hours and without bound.
 */
import type { Bonjour, Browser, Service } from 'bonjour-service'
import type { EventEmitter } from 'node:events'

/** Announcements one browser may collect before it is given up until the next sweep. */
const SERVICES_MAX = 1024
const GOODBYE_MS = 500

export interface Published {
  readonly name: string
  readonly port: number
  readonly txt: Record<string, string>
}

export interface LanEvents {
  onSeen(service: Service): void
  onGone(service: Service): void
  onTrouble(error: unknown): void
}

export class Lan {
  readonly #bonjour: Bonjour
  #service: Service | null = null
  #browser: Browser | null = null
  #stopped = false

  constructor(
    library: typeof Bonjour,
    address: string,
    readonly type: string,
    readonly events: LanEvents
  ) {
    // Bound to the address itself, it would not be handed multicast datagrams.
    const options = { interface: address, bind: '0.0.0.0' } as object
    this.#bonjour = new library(options, (error: unknown) => events.onTrouble(error))
    // The library does not listen for the failures of its own socket.
    const { mdns } = (this.#bonjour as unknown as { server: { mdns: EventEmitter } }).server
    mdns.on('error', (error: unknown) => events.onTrouble(error))
    mdns.on('warning', () => undefined)
  }

  /** Instead of what was announced before. */
  publish({ name, port, txt }: Published): void {
    const announce = (): void => {
      if (this.#stopped) return
      this.#service = this.#bonjour.publish({ name, port, txt, type: this.type, probe: false })
      this.#service.on('error', (error: unknown) => this.events.onTrouble(error))
    }
    const old = this.#service
    this.#service = null
    this.#guard(() => (old ? old.stop(announce) : announce()))
  }

  sweep(): void {
    this.#guard(() => {
      this.#browser?.stop()
      const browser = this.#bonjour.find({ type: this.type })
      this.#browser = browser
      const onSeen = (service: Service): void => {
        if (browser.services.length > SERVICES_MAX) browser.stop()
        else this.events.onSeen(service)
      }
      browser.on('up', onSeen)
      browser.on('txt-update', onSeen)
      browser.on('srv-update', onSeen)
      browser.on('down', (service) => this.events.onGone(service))
    })
  }

  /** Says goodbye, if it gets through in time. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#browser?.stop()
    await this.#within(GOODBYE_MS, (done) => this.#bonjour.unpublishAll(done))
    await this.#within(GOODBYE_MS, (done) => this.#bonjour.destroy(done))
  }

  #within(ms: number, run: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      const done = (): void => {
        clearTimeout(timer)
        resolve()
      }
      if (!this.#guard(() => run(done))) done()
    })
  }

  #guard(run: () => void): boolean {
    try {
      run()
      return true
    } catch (error) {
      this.events.onTrouble(error)
      return false
    }
  }
}

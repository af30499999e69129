/**
 * One channel to one peer: the connection that this side dials, and the one that the peer dialled.
 *
 * Each side dials for what it sends, so two that dial at the same moment never have to choose. Where its own
 * connection does not stand, a side sends on the peer's: a machine whose address has changed is thus reached
 * before anyone knows the new one.
 */
import { parseAddress } from './address'
import { pingFrame, pongFrame, type Connection } from './connection'
import { FRAME } from './frame-types'
import type { Channel, Hello, RefusalCode, Welcome } from './hello'
import { openChannel, type DialContext, type Opened } from './open-channel'

export interface LinkOptions extends DialContext {
  readonly channel: Channel
  readonly payloadBytesMax: number
  readonly queueBytesMax: number
  readonly silentSweepsMax: number
  readonly random: () => number
  readonly hello: () => Hello
  /** HOST:PORT and certificate of the peer as of now. */
  readonly target: () => { readonly address: string; readonly fingerprint: string }
  /** A consumer for one connection's frames, pings excepted. */
  readonly consumer: () => (type: number, payload: Buffer) => void
  /** Anything came from the peer. */
  readonly onHeard: () => void
  /** A dialled connection was welcomed; false: it is not what we want. */
  readonly onWelcome: (welcome: Welcome, address: string) => boolean
  readonly onUp: () => void
  /** An established connection of this channel broke. */
  readonly onDown: (reason: string) => void
  readonly onRefused: (code: 'unreachable' | 'stranger' | RefusalCode, reason: string, address: string) => void
}

export const NO_SIGN_OF_LIFE = 'no sign of life'

export class Link {
  readonly #options: LinkOptions
  #outgoing: Connection | null = null
  #incoming: Connection | null = null
  #cancelDial: (() => void) | null = null
  #cancelRetry: (() => void) | null = null
  #backoffMs: number
  #closed = false
  #onEnded: () => void = () => {}
  #pingSentAt: number | null = null
  roundTripMs: number | null = null

  constructor(options: LinkOptions) {
    this.#options = options
    this.#backoffMs = options.limits.backoffMinMs
  }

  get connected(): boolean {
    return this.#outgoing !== null || this.#incoming !== null
  }

  get queuedBytes(): number {
    return (this.#outgoing?.queuedBytes ?? 0) + (this.#incoming?.queuedBytes ?? 0)
  }

  /** All frames or none; false when they were dropped. */
  send(frames: readonly Buffer[], bytes: number): boolean {
    const connection = this.#outgoing ?? this.#incoming
    return connection !== null && connection.send(frames, bytes)
  }

  /** Dials unless it stands or is being dialled, without waiting any longer. */
  dial(): void {
    if (this.#closed || this.#outgoing !== null || this.#cancelDial !== null) return
    this.#cancelRetry?.()
    this.#cancelRetry = null
    const { address: text, fingerprint } = this.#options.target()
    const address = parseAddress(text)
    if (address === null) {
      this.#options.onRefused('unreachable', 'no address that could be dialled', text)
      return this.#retryLater()
    }
    this.#cancelDial = openChannel(
      {
        address,
        accepts: (proven) => proven === fingerprint,
        hello: this.#options.hello(),
        queueBytesMax: this.#options.queueBytesMax
      },
      this.#options,
      (opened) => {
        this.#cancelDial = null
        this.#onOpened(opened, text)
      }
    )
  }

  /** A peer that dials is there: no reason to wait with dialling it. */
  dialSoon(): void {
    this.#backoffMs = this.#options.limits.backoffMinMs
    this.dial()
  }

  /** The peer has another address: an attempt at the old one is given up. */
  retarget(): void {
    this.#cancelDial?.()
    this.#cancelDial = null
    this.dialSoon()
  }

  /** Takes over a connection that the peer dialled and that was admitted. */
  accept(connection: Connection): void {
    this.#incoming?.destroy('replaced by a newer connection')
    this.#incoming = connection
    this.#establish(connection, (reason) => {
      this.#incoming = null
      this.#onBroken(reason)
    })
  }

  sweep(ping: boolean): void {
    const { silentSweepsMax, clock } = this.#options
    if (this.#incoming?.sweep(silentSweepsMax) === false) this.#incoming.destroy(NO_SIGN_OF_LIFE)
    const outgoing = this.#outgoing
    if (outgoing === null) return
    if (!outgoing.sweep(silentSweepsMax)) return outgoing.destroy(NO_SIGN_OF_LIFE)
    if (!ping) return
    this.#pingSentAt ??= clock.monotonicMs()
    outgoing.sendFrame(pingFrame)
  }

  /** Drops both connections; {@link dial} starts anew. `onDown` is called when one was established. */
  drop(reason: string): void {
    this.#cancelDial?.()
    this.#cancelDial = null
    this.#cancelRetry?.()
    this.#cancelRetry = null
    this.#outgoing?.destroy(reason)
    this.#incoming?.destroy(reason)
  }

  /** For good, and without another call of `onDown`. */
  close(reason: string): void {
    this.#closed = true
    this.drop(reason)
  }

  /** For good, after what is queued has left. Resolves when both connections are closed. */
  end(): Promise<void> {
    this.#closed = true
    this.#cancelDial?.()
    this.#cancelRetry?.()
    this.#outgoing?.end()
    this.#incoming?.end()
    if (!this.connected) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onEnded = resolve
    })
  }

  #onOpened(opened: Opened, address: string): void {
    if (!opened.ok) {
      this.#options.onRefused(opened.code, opened.reason, address)
      return this.#retryLater()
    }
    const { connection, welcome } = opened
    if (!this.#options.onWelcome(welcome, address)) {
      connection.destroy('not welcome')
      return this.#retryLater()
    }
    this.#outgoing = connection
    this.#establish(connection, (reason) => {
      this.#outgoing = null
      this.#pingSentAt = null
      this.#retryLater()
      this.#onBroken(reason)
    })
    this.#backoffMs = this.#options.limits.backoffMinMs
    this.#options.onUp()
  }

  #onBroken(reason: string): void {
    if (!this.#closed) this.#options.onDown(reason)
    else if (!this.connected) this.#onEnded()
  }

  #establish(connection: Connection, onClose: (reason: string) => void): void {
    const { payloadBytesMax, queueBytesMax, onHeard, clock } = this.#options
    const consume = this.#options.consumer()
    connection.become({
      payloadBytesMax,
      queueBytesMax,
      onFrame: (type, payload) => {
        onHeard()
        if (type === FRAME.ping) connection.sendFrame(pongFrame)
        else if (type === FRAME.pong) {
          if (this.#pingSentAt !== null) this.roundTripMs = clock.monotonicMs() - this.#pingSentAt
          this.#pingSentAt = null
        } else consume(type, payload)
      },
      onClose
    })
  }

  #retryLater(): void {
    if (this.#closed || this.#cancelRetry !== null) return
    const { clock, limits, random } = this.#options
    const waitMs = this.#backoffMs * (0.5 + 0.5 * random())
    this.#backoffMs = Math.min(2 * this.#backoffMs, limits.backoffMaxMs)
    this.#cancelRetry = clock.after(waitMs, () => {
      this.#cancelRetry = null
      this.dial()
    })
  }
}

/**
 * One other member: its control and its log link, and what is known of it.
 *
 * Invariant: all established connections lead to one process of the peer (one instance). A break of a control
 * connection is reported once, until the peer is heard again.
 */
import type { MemberInfo, NodeId } from '../raft/types'
import { fits, type Block } from './block'
import { MessageDecoder, type DecodedConsumer } from './codec'
import type { Connection } from './connection'
import type { TransportLog } from './environment'
import { FRAME } from './frame-types'
import type { Channel, Hello, RefusalCode, Welcome } from './hello'
import { CONTROL_FRAME_BYTES_MAX, LOG_FRAME_BYTES_MAX } from './limits'
import { Link, NO_SIGN_OF_LIFE } from './link'
import type { DialContext } from './open-channel'
import type { PeerStats } from './ports'
import type { RefusalLog } from './refusal-log'
import { fetchFrame } from './snapshot-frames'

const PING_SWEEPS = 2
/** On a slow line, bulk delays the answer to a ping: the log connection may be silent for so many times longer. */
const LOG_PATIENCE = 4

export interface PeerOptions extends DialContext {
  readonly id: NodeId
  readonly self: NodeId
  readonly info: MemberInfo
  readonly log: TransportLog
  readonly refusals: RefusalLog
  readonly random: () => number
  readonly hello: (to: NodeId, channel: Channel) => Hello
  readonly consumer: DecodedConsumer
  /** A snapshot waits over there, and only this side can dial. */
  readonly onFetch: (id: NodeId) => void
  readonly onUp: (id: NodeId) => void
  readonly onDown: (id: NodeId, reason: string) => void
  readonly onRefused: (by: NodeId, code: RefusalCode, reason: string) => void
}

export class Peer {
  readonly id: NodeId
  readonly #options: PeerOptions
  readonly #control: Link
  readonly #log: Link
  #info: MemberInfo
  #instance: string | null = null
  #features: readonly string[] = []
  #up = false
  #heardAt: number | null = null
  #dropped = 0

  constructor(options: PeerOptions) {
    this.#options = options
    this.id = options.id
    this.#info = options.info
    this.#control = this.#makeLink('control')
    this.#log = this.#makeLink('log')
  }

  get info(): MemberInfo {
    return this.#info
  }

  /** Another address is used from the next dial on; another certificate ends what the old one proved. */
  update(info: MemberInfo): void {
    const old = this.#info
    this.#info = info
    if (info.fingerprint !== old.fingerprint) this.reconnect('the certificate was replaced')
    else if (info.rpcAddress !== old.rpcAddress) {
      this.#control.retarget()
      this.#log.retarget()
    }
  }

  dial(): void {
    this.#control.dial()
    this.#log.dial()
  }

  /** Why a caller that has proven to be this member may not come in now; null when it may. */
  objectionTo(hello: Hello): string | null {
    return this.#isOtherInstance(hello.instance) ? 'another process with the same identity is connected' : null
  }

  accept(channel: 'control' | 'log', hello: Hello, connection: Connection): void {
    this.#instance = hello.instance
    this.#features = hello.features
    const link = channel === 'control' ? this.#control : this.#log
    link.accept(connection)
    this.#heard()
    if (channel === 'control') this.#reportUp()
    this.#dialSoon()
  }

  /** Without a connection, or beyond the bound, the message is dropped. */
  sendControl(frame: Buffer): void {
    if (frame.length > CONTROL_FRAME_BYTES_MAX)
      return this.#options.log.error(
        { event: 'message_too_large', peer: this.id, bytes: frame.length },
        'a message is too large for the control connection and was dropped'
      )
    if (!this.#control.send([frame], frame.length)) this.#dropped++
  }

  sendLog(block: Block | null, frame: Buffer): void {
    if (block === null) {
      if (!this.#log.send([frame], frame.length)) this.#dropped++
    } else if (!fits(block))
      this.#options.log.error(
        { event: 'message_too_large', peer: this.id, bytes: block.bytes },
        'entries are too large for the log connection and were dropped'
      )
    else if (!this.#log.send([...block.frames, frame], block.bytes + frame.length)) this.#dropped++
  }

  /** Asks it to dial for a snapshot; false when it would not understand, or hears nothing either. */
  askToFetch(): boolean {
    return this.#features.includes('fetch') && this.#control.send([fetchFrame], fetchFrame.length)
  }

  /** @param round counts the sweeps */
  sweep(round: number): void {
    this.#control.sweep(round % PING_SWEEPS === 0)
    this.#log.sweep(round % (PING_SWEEPS * LOG_PATIENCE) === 0)
  }

  reconnect(reason: string): void {
    this.#control.drop(reason)
    this.#log.drop(reason)
    this.dial()
  }

  /** For good; nothing is reported any more. */
  close(reason: string): void {
    this.#control.close(reason)
    this.#log.close(reason)
  }

  /** For good, after what is queued has left. */
  async end(): Promise<void> {
    await Promise.all([this.#control.end(), this.#log.end()])
  }

  get connected(): boolean {
    return this.#control.connected || this.#log.connected
  }

  stats(): PeerStats {
    const heardAt = this.#heardAt
    return {
      id: this.id,
      connected: this.#control.connected,
      queuedBytes: this.#control.queuedBytes + this.#log.queuedBytes,
      lastContactMs: heardAt === null ? null : Math.round(this.#options.clock.monotonicMs() - heardAt),
      roundTripMs: this.#control.roundTripMs,
      droppedMessages: this.#dropped
    }
  }

  #makeLink(channel: 'control' | 'log'): Link {
    const { id, self, hello, consumer, onFetch, limits, log } = this.#options
    const control = channel === 'control'
    return new Link({
      ...this.#options,
      channel,
      payloadBytesMax: control ? CONTROL_FRAME_BYTES_MAX : LOG_FRAME_BYTES_MAX,
      silentSweepsMax: limits.silentSweepsMax * (control ? 1 : LOG_PATIENCE),
      queueBytesMax: control ? limits.controlQueueBytesMax : limits.logQueueBytesMax,
      hello: () => hello(id, channel),
      target: () => ({ address: this.#info.rpcAddress, fingerprint: this.#info.fingerprint }),
      consumer: () => {
        const decoder = new MessageDecoder(id, self, consumer)
        return control
          ? (type, payload) => (type === FRAME.fetch ? onFetch(id) : decoder.decodeControl(type, payload))
          : (type, payload) => decoder.decodeLog(type, payload)
      },
      onHeard: () => {
        this.#heard()
        if (control) this.#up = true
      },
      onWelcome: (welcome, address) => this.#onWelcome(welcome, address),
      onUp: () => {
        this.#heard()
        log.debug({ event: 'peer_dialled', peer: id, channel, address: this.#info.rpcAddress }, 'connected to a peer')
        if (control) this.#reportUp()
      },
      onDown: (reason) => {
        log.debug({ event: 'peer_connection_lost', peer: id, channel, reason }, 'lost a connection')
        if (!this.connected) this.#instance = null
        if (!control) return
        this.#reportDown(reason)
        // The network is gone, and after that a new connection is faster than one that waits to send again.
        if (reason === NO_SIGN_OF_LIFE) {
          this.#log.drop(reason)
          this.#log.dial()
        }
      },
      onRefused: (code, reason, address) => this.#onRefused(code, reason, address)
    })
  }

  #onWelcome(welcome: Welcome, address: string): boolean {
    if (this.#isOtherInstance(welcome.instance)) {
      this.#options.refusals.refused(address, 'duplicate_instance', 'another process with the same identity answers', {
        peer: this.id
      })
      return false
    }
    this.#instance = welcome.instance
    this.#features = welcome.features
    return true
  }

  #onRefused(code: 'unreachable' | 'stranger' | RefusalCode, reason: string, address: string): void {
    const { log, refusals, onRefused } = this.#options
    if (code === 'unreachable')
      return log.debug({ event: 'peer_unreachable', peer: this.id, address, reason }, 'cannot reach a peer')
    if (code === 'stranger') return refusals.refused(address, code, reason, { peer: this.id })
    log.debug({ event: 'refused_by_peer', peer: this.id, address, code, reason }, 'a peer refused this node')
    onRefused(this.id, code, reason)
  }

  #isOtherInstance(instance: string): boolean {
    return this.#instance !== null && this.#instance !== instance
  }

  #dialSoon(): void {
    this.#control.dialSoon()
    this.#log.dialSoon()
  }

  #heard(): void {
    this.#heardAt = this.#options.clock.monotonicMs()
  }

  #reportUp(): void {
    this.#up = true
    this.#options.onUp(this.id)
  }

  #reportDown(reason: string): void {
    if (!this.#up) return
    this.#up = false
    this.#options.onDown(this.id, reason)
  }
}

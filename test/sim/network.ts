/**
 * The simulated network: what the runtime sees through the Transport port.
 *
 * Two manners of carrying Raft's messages. `stream` is TCP: in order per channel, lost only with the connection;
 * what meets a blocked direction waits, and arrives late when the direction opens before the connection is given
 * up. `datagram` is worse than TCP on purpose: each message is dropped, doubled, delayed and overtaken on its
 * own, and acknowledgements of an earlier term come again. Raft must be safe under both. Messages between runtimes
 * and snapshots always travel as streams.
 *
 * A connection needs both sides to name each other as members, as mutual pinning does in production, and a
 * version of the protocol that both speak.
 */
import type { MemberInfo, Message, NodeId, Term } from '../../src-main/raft/types'
import type { SnapshotReader } from '../../src-main/storage/ports'
import type { PeerStats, RuntimeMessage, Transport } from '../../src-main/transport/ports'
import { negotiate } from '../../src-main/transport/hello'
import { describe } from './describe-message'
import { Echoes } from './echoes'
import type { Speaker } from './invariants/versions'
import { isConnected, Links, wayFrom, type Channel, type Direction, type LinkQuality, type Pair } from './links'
import type { Endpoint, Participant } from './participant'
import type { Random } from './random'
import { streamSnapshot } from './snapshot-stream'
import { MS, SECOND, type Micros, type Scheduler } from './scheduler'
import type { Trace } from './trace'

export interface NetworkOptions {
  readonly manner: 'stream' | 'datagram'
  readonly quality: LinkQuality
  /** A blocked connection is given up by both ends after a time drawn from [giveUpMin, giveUpMax]. */
  readonly giveUpMin: Micros
  readonly giveUpMax: Micros
  readonly codec: Codec | null
}

/** Production's bytes in between; null passes the objects themselves. */
export interface Codec {
  message(message: Message): Message
  runtimeMessage(from: NodeId, to: NodeId, message: RuntimeMessage): RuntimeMessage
}

export interface NetworkObserver {
  sent(message: Message): void
  connected(a: Speaker, b: Speaker, version: number): void
}

const UNDELIVERED_MAX = 4000

const channelOf = (message: Message): Channel =>
  message.type === 'AppendEntries' || message.type === 'AppendEntriesReply' ? 'log' : 'control'

export class Network {
  private readonly endpoints = new Map<NodeId, Endpoint>()
  private readonly links = new Links()
  private readonly echoes = new Echoes()
  private numbers = 0
  private usual: LinkQuality

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly options: NetworkOptions,
    private readonly trace: Trace,
    private readonly observer: NetworkObserver
  ) {
    this.usual = options.quality
  }

  attach(participant: Participant): Transport {
    const endpoint: Endpoint = { ...participant, number: this.numbers++, peers: new Map(), stopped: false }
    this.endpoints.set(endpoint.id, endpoint)
    this.resetConnections(endpoint.id)
    this.setPeers(endpoint, endpoint.named)
    return {
      setPeers: (peers) => this.setPeers(endpoint, peers),
      send: (message) => this.send(endpoint, message),
      sendRuntime: (to, message) => this.sendRuntime(endpoint, to, message),
      sendSnapshot: (to, term, reader, signal) => this.sendSnapshot(endpoint, to, term, reader, signal),
      reconnect: () => this.reconnect(endpoint),
      stats: () => this.stats(endpoint),
      stop: async () => this.detach(endpoint.id, true)
    }
  }

  /** The process is gone. With `reset` its peers see the connections break at once, otherwise they hear nothing. */
  detach(id: NodeId, reset: boolean): void {
    const endpoint = this.endpoints.get(id)
    if (endpoint === undefined || endpoint.stopped) return
    endpoint.stopped = true
    for (const pair of this.links.connectionsOf(id)) {
      if (reset) this.breakPair(pair, 'connection reset')
      else {
        const epoch = pair.epoch
        this.scheduler.after(this.giveUpDelay(), null, () => {
          if (pair.epoch === epoch) this.breakPair(pair, 'no answer')
        })
      }
    }
  }

  /** A new process knows nothing of what an earlier one was connected to, and says so. */
  private resetConnections(id: NodeId): void {
    for (const pair of this.links.connectionsOf(id)) this.breakPair(pair, 'connection reset')
  }

  // --- faults --------------------------------------------------------------------------------------------------

  block(from: NodeId, to: NodeId): void {
    const pair = this.links.between(from, to)
    const way = wayFrom(pair, from)
    if (way.blocked) return
    way.blocked = true
    if (pair.blockedSince !== null) return
    pair.blockedSince = this.scheduler.now
    const since = pair.blockedSince
    this.scheduler.after(this.giveUpDelay(), null, () => {
      if (pair.blockedSince === since && isConnected(pair)) this.breakPair(pair, 'no answer')
    })
  }

  unblock(from: NodeId, to: NodeId): void {
    const pair = this.links.between(from, to)
    const way = wayFrom(pair, from)
    if (!way.blocked) return
    way.blocked = false
    for (const held of way.held.splice(0)) held.deliver()
    if (!pair.ab.blocked && !pair.ba.blocked) pair.blockedSince = null
    this.dial(pair)
  }

  setQuality(from: NodeId, to: NodeId, quality: LinkQuality | null): void {
    wayFrom(this.links.between(from, to), from).quality = quality
  }

  breakConnection(a: NodeId, b: NodeId): void {
    const pair = this.links.between(a, b)
    if (isConnected(pair)) this.breakPair(pair, 'connection reset')
  }

  /** Opens every direction; from here on all links are as good as `quality`. */
  heal(quality: LinkQuality): void {
    this.usual = quality
    for (const pair of this.links.all()) {
      pair.ab.quality = null
      pair.ba.quality = null
      this.unblock(pair.a, pair.b)
      this.unblock(pair.b, pair.a)
    }
  }

  // --- connections ---------------------------------------------------------------------------------------------

  private live(id: NodeId): Endpoint | null {
    const endpoint = this.endpoints.get(id)
    return endpoint === undefined || endpoint.stopped || !endpoint.owner.alive ? null : endpoint
  }

  private giveUpDelay(): Micros {
    return this.random.between(this.options.giveUpMin, this.options.giveUpMax)
  }

  private setPeers(endpoint: Endpoint, peers: ReadonlyMap<NodeId, MemberInfo>): void {
    if (endpoint.stopped) return
    const before = endpoint.peers
    // As the composition root does: where the configuration is empty, the invite's maker named the peers.
    endpoint.peers = peers.size === 0 ? endpoint.named : new Map(peers)
    for (const id of before.keys()) {
      if (endpoint.peers.has(id)) continue
      const pair = this.links.between(endpoint.id, id)
      if (isConnected(pair)) this.breakPair(pair, 'no longer a member')
    }
    for (const id of endpoint.peers.keys()) if (id !== endpoint.id) this.dial(this.links.between(endpoint.id, id))
  }

  private wants(pair: Pair): boolean {
    const a = this.live(pair.a)
    const b = this.live(pair.b)
    return (a !== null && a.peers.has(pair.b)) || (b !== null && b.peers.has(pair.a))
  }

  private dial(pair: Pair): void {
    if (pair.dialing || isConnected(pair) || !this.wants(pair)) return
    pair.dialing = true
    this.scheduler.after(this.random.between(2 * MS, 60 * MS), null, () => this.tryConnect(pair))
  }

  private tryConnect(pair: Pair): void {
    pair.dialing = false
    if (isConnected(pair) || !this.wants(pair)) return
    const a = this.live(pair.a)
    const b = this.live(pair.b)
    const version = a === null || b === null ? null : negotiate(a.protocol, b.protocol)
    const possible =
      a !== null &&
      b !== null &&
      version !== null &&
      a.peers.has(pair.b) &&
      b.peers.has(pair.a) &&
      !a.owner.paused &&
      !b.owner.paused &&
      !pair.ab.blocked &&
      !pair.ba.blocked
    if (!possible) {
      if (a !== null && b !== null && !pair.ab.blocked && !pair.ba.blocked) {
        this.refuse(a, b, version)
        this.refuse(b, a, version)
      }
      pair.dialing = true
      this.scheduler.after(this.random.between(150 * MS, 700 * MS), null, () => this.tryConnect(pair))
      return
    }
    pair.epoch++
    const epoch = pair.epoch
    this.observer.connected(a, b, version)
    this.trace.detail(pair.a, 1, a.number, b.number, 0, () => `connected ${pair.a}-${pair.b}`)
    const up = (self: Endpoint, peer: NodeId) =>
      this.scheduler.after(this.random.between(50, 500), self.owner, () => {
        if (pair.epoch === epoch && !self.stopped) self.handlers.onPeerUp(peer)
      })
    up(a, pair.b)
    up(b, pair.a)
  }

  /** `from` dials `to`, and learns that they cannot talk, or that it is nobody there. */
  private refuse(from: Endpoint, to: Endpoint, version: number | null): void {
    if (!from.peers.has(to.id) || to.owner.paused) return
    if (version !== null && to.peers.has(from.id)) return
    const code = version === null ? 'incompatible_version' : 'not_a_member'
    this.scheduler.after(this.random.between(50, 500), from.owner, () => {
      if (!from.stopped) from.refusedBy(to.id, code)
    })
  }

  private breakPair(pair: Pair, reason: string): void {
    pair.epoch++
    pair.ab.held = []
    pair.ba.held = []
    pair.ab.undelivered = 0
    pair.ba.undelivered = 0
    for (const end of [...pair.streams]) end()
    this.trace.detail(pair.a, 2, pair.epoch, 0, 0, () => `disconnected ${pair.a}-${pair.b}: ${reason}`)
    const down = (id: NodeId, peer: NodeId) => {
      const self = this.live(id)
      if (self === null) return
      this.scheduler.after(this.random.between(50, 2000), self.owner, () => {
        if (!self.stopped) self.handlers.onPeerDown(peer, reason)
      })
    }
    down(pair.a, pair.b)
    down(pair.b, pair.a)
    this.dial(pair)
  }

  private reconnect(endpoint: Endpoint): void {
    for (const peer of endpoint.peers.keys()) {
      if (peer === endpoint.id) continue
      const pair = this.links.between(endpoint.id, peer)
      if (isConnected(pair)) this.breakPair(pair, 'reconnect')
      else this.dial(pair)
    }
  }

  private stats(endpoint: Endpoint): readonly PeerStats[] {
    return [...endpoint.peers.keys()]
      .filter((id) => id !== endpoint.id)
      .map((id) => ({
        id,
        connected: isConnected(this.links.between(endpoint.id, id)),
        queuedBytes: 0,
        lastContactMs: null,
        roundTripMs: null
      }))
  }

  // --- carrying ------------------------------------------------------------------------------------------------

  private delay(way: Direction): Micros {
    const quality = way.quality ?? this.usual
    return quality.delayMin + Math.round(this.random.exponential(quality.delayMean))
  }

  private send(from: Endpoint, original: Message): void {
    if (from.stopped || !from.owner.alive) return
    this.observer.sent(original)
    const pair = this.links.between(from.id, original.to)
    if (!isConnected(pair)) return
    const message = this.options.codec?.message(original) ?? original
    const way = wayFrom(pair, from.id)
    const deliver = (to: Endpoint) => {
      this.trace.detail(to.id, 3, from.number, to.number, message.term, () => `← ${describe(message)}`)
      to.handlers.onMessage(from.id, message)
    }
    if (this.options.manner === 'stream') this.stream(pair, way, message.to, channelOf(message), deliver)
    else {
      this.datagram(pair, way, message.to, deliver)
      this.echo(from, message)
    }
  }

  /** Before anything else can arrive that `message` causes. */
  private echo(to: Endpoint, message: Message): void {
    const echo = this.echoes.of(message)
    if (echo === null) return
    this.scheduler.after(1, to.owner, () => {
      if (to.stopped) return
      this.trace.detail(to.id, 6, to.number, 0, echo.term, () => `← again ${describe(echo)}`)
      to.handlers.onMessage(echo.from, echo)
    })
  }

  private datagram(pair: Pair, way: Direction, to: NodeId, deliver: (to: Endpoint) => void): void {
    const quality = way.quality ?? this.usual
    const copies = this.random.chance(quality.loss) ? 0 : this.random.chance(quality.duplicate) ? 2 : 1
    for (let i = 0; i < copies; i++) {
      const target = this.live(to)
      if (target === null || way.blocked) return
      if (way.undelivered >= UNDELIVERED_MAX) return
      way.undelivered++
      // A straggler now and then, late enough to meet another term.
      const late = this.random.chance(0.002) ? this.random.between(200 * MS, 5 * SECOND) : 0
      this.scheduler.after(this.delay(way) + late, target.owner, () => {
        way.undelivered--
        if (!target.stopped && !way.blocked && isConnected(pair)) deliver(target)
      })
    }
  }

  private stream(pair: Pair, way: Direction, to: NodeId, channel: Channel, deliver: (to: Endpoint) => void): void {
    if (way.undelivered >= UNDELIVERED_MAX) return
    way.undelivered++
    const epoch = pair.epoch
    const arrive = () => {
      const target = this.live(to)
      if (target === null || pair.epoch !== epoch) return
      const at = Math.max(this.scheduler.now + this.delay(way), way.lastArrival[channel] + 1)
      way.lastArrival[channel] = at
      this.scheduler.at(at, target.owner, () => {
        if (pair.epoch !== epoch || target.stopped) return
        way.undelivered--
        deliver(target)
      })
    }
    if (way.blocked) way.held.push({ channel, deliver: arrive })
    else arrive()
  }

  private sendRuntime(from: Endpoint, to: NodeId, original: RuntimeMessage): void {
    if (from.stopped || !from.owner.alive) return
    const pair = this.links.between(from.id, to)
    if (!isConnected(pair)) return
    const message = this.options.codec?.runtimeMessage(from.id, to, original) ?? original
    const channel = message.type === 'Forward' || message.type === 'ForwardRefused' ? 'log' : 'control'
    this.stream(pair, wayFrom(pair, from.id), to, channel, (target) => {
      this.trace.detail(to, 4, from.number, target.number, 0, () => `← ${from.id} ${message.type}`)
      target.handlers.onRuntimeMessage(from.id, message)
    })
  }

  private sendSnapshot(
    from: Endpoint,
    to: NodeId,
    term: Term,
    reader: SnapshotReader,
    signal: AbortSignal
  ): Promise<void> {
    const route = {
      scheduler: this.scheduler,
      trace: this.trace,
      from,
      to,
      pair: this.links.between(from.id, to),
      target: () => this.live(to),
      delay: (way: Direction) => this.delay(way),
      bandwidth: (way: Direction) => (way.quality ?? this.usual).bandwidth
    }
    return streamSnapshot(route, term, reader, signal)
  }
}

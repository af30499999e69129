/**
 * The transport as a whole: who the peers are, who may come in, and which message takes which way.
 *
 * Invariant: nothing reaches a handler but from a member of the effective configuration, over a connection on
 * which it has proven the certificate that the configuration names; when the configuration drops a member or its
 * certificate, its connections are closed before setPeers returns.
 */
import { randomUUID } from 'node:crypto'
import type { MemberInfo, Message, NodeId, Term } from '../raft/types'
import { Acceptor } from './acceptor'
import type { Address } from './address'
import { BlockCache } from './block'
import { encodeAppendEntries, encodeMessage, encodeRuntimeMessage } from './codec'
import type { Connection } from './connection'
import type { TransportClock, TransportLog } from './environment'
import {
  encodeWelcome,
  FEATURES,
  negotiate,
  PROTOCOL,
  type Channel,
  type Hello,
  type HelloRefusal,
  type RefusalCode
} from './hello'
import type { JoinHandler } from './join'
import { JoinServer } from './join-server'
import { TRANSPORT_LIMITS, type TransportLimits } from './limits'
import type { DialContext } from './open-channel'
import { Peer } from './peer'
import type { SnapshotReader } from '../storage/ports'
import type { PeerStats, RuntimeMessage, Transport, TransportHandlers } from './ports'
import { RefusalLog } from './refusal-log'
import { SnapshotNotSent } from './snapshot-sending'
import { SnapshotStreams } from './snapshot-streams'
import { clientContext, type TlsIdentity } from './tls'

export interface TransportOptions {
  readonly self: NodeId
  readonly clusterId: string
  readonly identity: TlsIdentity
  /** Port 0: any free port; {@link NetworkTransport.address} tells which. */
  readonly listen: Address
  readonly clock: TransportClock
  readonly log: TransportLog
  readonly handlers: TransportHandlers
  /** Someone has an invite; without a handler nobody can join through this node. */
  readonly onJoinRequest?: JoinHandler
  /** A member refused this node; `not_a_member` from all of them means that it was removed. */
  readonly onRefused?: (by: NodeId, code: RefusalCode, reason: string) => void
  readonly limits?: Partial<TransportLimits>
  /** Uniform in [0, 1); spreads the attempts to connect. */
  readonly random?: () => number
}

export interface NetworkTransport extends Transport {
  /** Where it listens. */
  address(): Address
  /** Listens elsewhere; connections that stand are kept. Rejects as the system does, and then listens as before. */
  rebind(host: string, port: number): Promise<void>
}

/** Listens when it resolves; rejects as the system does (EADDRINUSE, EACCES, …). */
export async function createTransport(options: TransportOptions): Promise<NetworkTransport> {
  const transport = new TlsTransport(options)
  await transport.start(options.listen)
  return transport
}

class TlsTransport implements NetworkTransport {
  readonly #options: TransportOptions
  readonly #limits: TransportLimits
  readonly #refusals: RefusalLog
  readonly #acceptor: Acceptor
  readonly #dialling: DialContext
  readonly #instance = randomUUID()
  readonly #peers = new Map<NodeId, Peer>()
  readonly #blocks = new BlockCache()
  readonly #snapshots: SnapshotStreams
  readonly #joins: JoinServer | null
  #cancelSweep: (() => void) | null = null
  #sweeps = 0
  /** Whom to let in was told; before that nobody's membership can be denied. */
  #peersKnown = false
  #stopped = false

  constructor(options: TransportOptions) {
    const { identity, clock, log } = options
    this.#options = options
    this.#limits = { ...TRANSPORT_LIMITS, ...options.limits }
    this.#refusals = new RefusalLog(log, clock)
    this.#dialling = { secureContext: clientContext(identity), clock, limits: this.#limits }
    this.#snapshots = new SnapshotStreams(this.#dialling, options.handlers, log)
    const { onJoinRequest } = options
    const joinOptions = { clock, limits: this.#limits, log, refusals: this.#refusals }
    this.#joins = onJoinRequest ? new JoinServer({ ...joinOptions, handler: onJoinRequest }) : null
    this.#acceptor = new Acceptor({
      identity,
      clock,
      limits: this.#limits,
      refusals: this.#refusals,
      admit: (hello, fingerprint, connection) => this.#admit(hello, fingerprint, connection)
    })
  }

  async start(listen: Address): Promise<void> {
    await this.#acceptor.listen(listen)
    this.#sweepLater()
  }

  address(): Address {
    return this.#acceptor.address()
  }

  rebind(host: string, port: number): Promise<void> {
    return this.#acceptor.listen({ host, port })
  }

  setPeers(members: ReadonlyMap<NodeId, MemberInfo>): void {
    if (this.#stopped) return
    this.#peersKnown = true
    for (const [id, peer] of this.#peers)
      if (!members.has(id)) {
        this.#peers.delete(id)
        peer.close('no longer a member')
        this.#snapshots.drop(id, 'no longer a member')
      }
    for (const [id, info] of members) {
      if (id === this.#options.self) continue
      const peer = this.#peers.get(id)
      if (peer) {
        if (peer.info.fingerprint !== info.fingerprint) this.#snapshots.drop(id, 'the certificate was replaced')
        peer.update(info)
      } else this.#addPeer(id, info)
    }
  }

  send(message: Message): void {
    const peer = this.#peers.get(message.to)
    if (!peer) return
    if (message.type === 'AppendEntries') {
      const { block, frame } = encodeAppendEntries(message, this.#blocks)
      peer.sendLog(block, frame)
    } else if (message.type === 'AppendEntriesReply') peer.sendLog(null, encodeMessage(message))
    else peer.sendControl(encodeMessage(message))
  }

  sendRuntime(to: NodeId, message: RuntimeMessage): void {
    const peer = this.#peers.get(to)
    if (!peer) return
    const { block, frame } = encodeRuntimeMessage(message)
    if (message.type === 'Forward' || message.type === 'ForwardRefused') peer.sendLog(block, frame)
    else peer.sendControl(frame)
  }

  /** Rejects with SnapshotNotSent, or as the reader does; does not close the reader. */
  async sendSnapshot(to: NodeId, term: Term, reader: SnapshotReader, signal: AbortSignal): Promise<void> {
    const peer = this.#peers.get(to)
    if (!peer) throw new SnapshotNotSent(`${to} is not a member`)
    const { rpcAddress, fingerprint } = peer.info
    const target = { id: to, rpcAddress, fingerprint, hello: this.#hello(to, 'snapshot') }
    await this.#snapshots.send({ ...target, askToFetch: () => peer.askToFetch() }, term, reader, signal)
  }

  reconnect(): void {
    for (const peer of this.#peers.values()) {
      this.#snapshots.drop(peer.id, 'connecting anew')
      peer.reconnect('connecting anew')
    }
  }

  stats(): PeerStats[] {
    return Array.from(this.#peers.values(), (peer) => peer.stats())
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#cancelSweep?.()
    this.#acceptor.close()
    this.#joins?.close('this node is stopping')
    const streamsClosed = this.#snapshots.close('this node is stopping')
    const peers = [...this.#peers.values()]
    const ended = Promise.all([streamsClosed, ...peers.map((peer) => peer.end())])
    await Promise.race([ended, this.#wait(this.#limits.stopFlushMs)])
    for (const peer of peers) peer.close('this node is stopping')
    this.#peers.clear()
  }

  #addPeer(id: NodeId, info: MemberInfo): void {
    const { self, handlers, log, onRefused, random } = this.#options
    const peer = new Peer({
      ...this.#dialling,
      id,
      self,
      info,
      log,
      refusals: this.#refusals,
      random: random ?? Math.random,
      hello: (to, channel) => this.#hello(to, channel),
      consumer: handlers,
      onFetch: (peerId) => {
        const { rpcAddress, fingerprint } = peer.info
        this.#snapshots.fetch({ id: peerId, rpcAddress, fingerprint, hello: this.#hello(peerId, 'fetch') })
      },
      onUp: (peerId) => handlers.onPeerUp(peerId),
      onDown: (peerId, reason) => handlers.onPeerDown(peerId, reason),
      onRefused: (by, code, reason) => onRefused?.(by, code, reason)
    })
    this.#peers.set(id, peer)
    peer.dial()
  }

  #hello(to: NodeId, channel: Channel): Hello {
    const { clusterId, self } = this.#options
    return {
      protocol: PROTOCOL,
      clusterId,
      nodeId: self,
      to,
      instance: this.#instance,
      channel,
      features: FEATURES
    }
  }

  #admit(hello: Hello, fingerprint: string, connection: Connection): HelloRefusal | null {
    const { self, clusterId } = this.#options
    if (this.#stopped) return { code: 'busy', reason: 'this node is stopping' }
    const version = negotiate(hello.protocol)
    if (version === null) {
      const reason = `this node speaks protocol ${PROTOCOL.min} to ${PROTOCOL.max}, not ${hello.protocol.min} to ${hello.protocol.max}`
      return { code: 'incompatible_version', reason }
    }
    if (hello.clusterId !== clusterId) return { code: 'wrong_cluster', reason: 'this node is in another cluster' }
    const welcome = () =>
      connection.sendFrame(encodeWelcome({ version, nodeId: self, instance: this.#instance, features: FEATURES }))
    if (hello.channel === 'join') return this.#admitNewcomer(hello, fingerprint, connection, welcome)
    if (hello.to !== self) return { code: 'wrong_node', reason: 'another node listens here now' }
    if (!this.#peersKnown) return { code: 'busy', reason: 'this node is starting' }
    const peer = this.#peers.get(hello.nodeId)
    if (!peer) return { code: 'not_a_member', reason: 'not a member of this cluster, or not any more' }
    if (peer.info.fingerprint !== fingerprint)
      return { code: 'wrong_certificate', reason: 'this is not the certificate of that member' }
    const objection = peer.objectionTo(hello)
    if (objection !== null) return { code: 'duplicate_instance', reason: objection }
    if (hello.channel === 'snapshot') this.#snapshots.accept(hello.nodeId, connection)
    else if (hello.channel === 'fetch') {
      if (!this.#snapshots.handOver(hello.nodeId, connection)) return { code: 'busy', reason: 'no snapshot waits here' }
    } else peer.accept(hello.channel, hello, connection)
    welcome()
    return null
  }

  #admitNewcomer(hello: Hello, fingerprint: string, connection: Connection, welcome: () => void): HelloRefusal | null {
    const known = this.#peers.get(hello.nodeId)
    if (hello.nodeId === this.#options.self || (known && known.info.fingerprint !== fingerprint))
      return { code: 'wrong_certificate', reason: 'this is not the certificate of that member' }
    if (!this.#joins || this.#joins.busy) return { code: 'busy', reason: 'no join can be served now' }
    void this.#joins.serve(connection, hello.nodeId, fingerprint)
    welcome()
    return null
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.clock.after(this.#limits.sweepMs, () => {
      this.#sweeps++
      for (const peer of this.#peers.values()) peer.sweep(this.#sweeps)
      this.#blocks.clear()
      this.#sweepLater()
    })
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve))
  }
}

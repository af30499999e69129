import type { MemberInfo, Message, NodeId, SnapshotMeta, Term } from '../../src-main/raft/types'
import type { SnapshotReader } from '../../src-main/storage/ports'
import type { PeerStats, RuntimeMessage, Transport, TransportHandlers } from '../../src-main/transport/ports'
import type { VirtualTime } from './virtual-clock'

const LATENCY_MS = 1

/** Connects transports in memory. Links can be cut, with or without the ends noticing. */
export class MemoryNetwork {
  readonly #ends = new Map<NodeId, MemoryTransport>()
  readonly #cut = new Set<string>()
  /** Refuses whom the receiver does not know as a peer. */
  strict = false
  /** Decides about single messages; true drops. */
  drop: (from: NodeId, to: NodeId, message: Message | RuntimeMessage) => boolean = () => false

  constructor(readonly time: VirtualTime) {}

  connect(self: NodeId, handlers: TransportHandlers): Transport {
    const transport = new MemoryTransport(this, self, handlers)
    this.#ends.set(self, transport)
    return transport
  }

  end(id: NodeId): MemoryTransport | undefined {
    return this.#ends.get(id)
  }

  isUp(a: NodeId, b: NodeId): boolean {
    return !this.#cut.has(`${a}>${b}`) && this.#ends.has(a) && this.#ends.has(b)
  }

  /** Silence between `ids` and all others, in both directions. */
  isolate(...ids: NodeId[]): void {
    for (const other of this.#ends.keys()) {
      if (ids.includes(other)) continue
      for (const id of ids) {
        this.#cut.add(`${id}>${other}`)
        this.#cut.add(`${other}>${id}`)
      }
    }
  }

  heal(): void {
    this.#cut.clear()
    for (const a of this.#ends.keys()) for (const b of this.#ends.keys()) if (a !== b) this.announce(a, b)
  }

  announce(a: NodeId, b: NodeId): void {
    if (!this.isUp(a, b)) return
    const end = this.#ends.get(a)
    if (end?.peers.has(b) === true) this.time.after(LATENCY_MS, () => end.handlers.onPeerUp(b))
  }

  /** The process is gone: its connections break. */
  crash(id: NodeId): void {
    const gone = this.#ends.get(id)
    if (gone === undefined) return
    gone.stopped = true
    this.#ends.delete(id)
    for (const [other, end] of this.#ends) {
      if (end.peers.has(id) && !this.#cut.has(`${id}>${other}`)) {
        this.time.after(LATENCY_MS, () => !end.stopped && end.handlers.onPeerDown(id, 'reset'))
      }
    }
  }

  deliver(from: NodeId, to: NodeId, message: Message | RuntimeMessage, run: (end: MemoryTransport) => void): void {
    if (!this.isUp(from, to) || this.drop(from, to, message)) return
    this.time.after(LATENCY_MS, () => {
      const end = this.#ends.get(to)
      if (end !== undefined && this.isUp(from, to) && (!this.strict || end.peers.has(from))) run(end)
    })
  }
}

class MemoryTransport implements Transport {
  peers: ReadonlyMap<NodeId, MemberInfo> = new Map()
  stopped = false
  snapshotsSent = 0

  constructor(
    private readonly network: MemoryNetwork,
    private readonly self: NodeId,
    readonly handlers: TransportHandlers
  ) {}

  setPeers(peers: ReadonlyMap<NodeId, MemberInfo>): void {
    const added = [...peers.keys()].filter((id) => !this.peers.has(id))
    this.peers = peers
    for (const id of added) {
      this.network.announce(this.self, id)
      this.network.announce(id, this.self)
    }
  }

  send(message: Message): void {
    if (this.stopped) return
    this.network.deliver(this.self, message.to, message, (end) => end.handlers.onMessage(this.self, message))
  }

  sendRuntime(to: NodeId, message: RuntimeMessage): void {
    if (this.stopped) return
    const copy = JSON.parse(JSON.stringify(message)) as RuntimeMessage
    this.network.deliver(this.self, to, message, (end) => end.handlers.onRuntimeMessage(this.self, copy))
  }

  async sendSnapshot(to: NodeId, term: Term, reader: SnapshotReader, signal: AbortSignal): Promise<void> {
    const meta: SnapshotMeta = reader.meta
    const trip = (): Promise<void> => new Promise((resolve) => void this.network.time.after(LATENCY_MS, resolve))
    const assertUp = (): MemoryTransport => {
      const end = this.network.end(to)
      if (signal.aborted || this.stopped || end === undefined || !this.network.isUp(this.self, to)) {
        throw new Error('the stream broke')
      }
      return end
    }
    await trip()
    const receiver = await assertUp().handlers.onSnapshotOffer(this.self, term, meta, reader.chunks)
    if (receiver === null) throw new Error('refused')
    for await (const { sequence, chunk, crc32 } of reader.read(receiver.chunksPresent)) {
      await trip()
      assertUp()
      await receiver.write(sequence, chunk, crc32)
    }
    await receiver.commit()
    const end = assertUp()
    this.snapshotsSent++
    end.handlers.onSnapshotReceived(this.self, term, meta)
  }

  reconnect(): void {
    for (const id of this.peers.keys()) {
      this.network.announce(this.self, id)
      this.network.announce(id, this.self)
    }
  }

  stats(): readonly PeerStats[] {
    return [...this.peers.keys()].map((id) => ({
      id,
      connected: this.network.isUp(this.self, id),
      queuedBytes: 0,
      lastContactMs: null,
      roundTripMs: null
    }))
  }

  async stop(): Promise<void> {
    if (!this.stopped) this.network.crash(this.self)
    this.stopped = true
  }
}

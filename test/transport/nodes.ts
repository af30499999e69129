/** Nodes for tests: real transports on loopback, each with a key of its own, that record what reaches them. */
import { connect, type TLSSocket } from 'node:tls'
import { generateKeyPair, fingerprintOf } from '../../src-main/security/certificate'
import { asNodeId, type MemberInfo, type Message, type NodeId } from '../../src-main/raft/types'
import { systemClock } from '../../src-main/runtime/clock'
import { FrameReader } from '../../src-main/transport/frame'
import { encodeHello, PROTOCOL, type Hello } from '../../src-main/transport/hello'
import { LOG_FRAME_BYTES_MAX } from '../../src-main/transport/limits'
import type { RuntimeMessage, TransportHandlers } from '../../src-main/transport/ports'
import { ALPN, type TlsIdentity } from '../../src-main/transport/tls'
import { createTransport, type NetworkTransport, type TransportOptions } from '../../src-main/transport/transport'

const DEADLINE_MS = 20_000

/** Resolves as soon as `condition` gives something; rejects by name when it never does. */
export async function until<T>(
  what: string,
  condition: () => T | null | undefined | false,
  ms = DEADLINE_MS
): Promise<T> {
  const deadline = performance.now() + ms
  for (;;) {
    const value = condition()
    if (value !== null && value !== undefined && value !== false) return value
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const identities: Promise<TlsIdentity>[] = []

/** The n-th key of this test file; made once. */
export function identity(n: number): Promise<TlsIdentity> {
  return (identities[n] ??= generateKeyPair(`key-${n}`).then((pair) => ({
    ...pair,
    fingerprint: fingerprintOf(pair.cert)
  })))
}

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly [field: string]: unknown
}

export class RecordingLog {
  readonly lines: LogLine[] = []
  readonly debug = (fields: object, message: string) => void this.lines.push({ ...fields, level: 'debug', message })
  readonly info = (fields: object, message: string) => void this.lines.push({ ...fields, level: 'info', message })
  readonly warn = (fields: object, message: string) => void this.lines.push({ ...fields, level: 'warn', message })
  readonly error = (fields: object, message: string) => void this.lines.push({ ...fields, level: 'error', message })

  refused(code: string): LogLine | undefined {
    return this.lines.find((line) => line['event'] === 'peer_refused' && line['code'] === code)
  }
}

export interface TestNode {
  readonly id: NodeId
  readonly identity: TlsIdentity
  readonly transport: NetworkTransport
  readonly log: RecordingLog
  readonly messages: Message[]
  readonly runtimeMessages: RuntimeMessage[]
  readonly ups: NodeId[]
  readonly downs: { readonly peer: NodeId; readonly reason: string }[]
  readonly refusedBy: { readonly by: NodeId; readonly code: string }[]
  readonly info: MemberInfo
}

export const CLUSTER = 'c-test'
const running: NetworkTransport[] = []

export async function startNode(
  key: number,
  options: Partial<Omit<TransportOptions, 'handlers'>> & { readonly handlers?: Partial<TransportHandlers> } = {}
): Promise<TestNode> {
  const id = options.self ?? asNodeId(`n-${key}`)
  const own = options.identity ?? (await identity(key))
  const log = new RecordingLog()
  const record = {
    messages: [] as Message[],
    runtimeMessages: [] as RuntimeMessage[],
    ups: [] as NodeId[],
    downs: [] as { peer: NodeId; reason: string }[],
    refusedBy: [] as { by: NodeId; code: string }[]
  }
  const transport = await createTransport({
    clusterId: CLUSTER,
    listen: { host: '127.0.0.1', port: 0 },
    clock: systemClock,
    log,
    onRefused: (by, code) => void record.refusedBy.push({ by, code }),
    ...options,
    self: id,
    identity: own,
    handlers: {
      onMessage: (_from, message) => void record.messages.push(message),
      onRuntimeMessage: (_from, message) => void record.runtimeMessages.push(message),
      onPeerUp: (peer) => void record.ups.push(peer),
      onPeerDown: (peer, reason) => void record.downs.push({ peer, reason }),
      onSnapshotOffer: () => Promise.resolve(null),
      onSnapshotReceived: () => {},
      ...options.handlers
    }
  })
  running.push(transport)
  const { port } = transport.address()
  const info: MemberInfo = {
    name: id,
    rpcAddress: `127.0.0.1:${port}`,
    apiAddress: '127.0.0.1:1',
    fingerprint: own.fingerprint
  }
  return { id, identity: own, transport, log, info, ...record }
}

/** To be called after each test. */
export async function stopNodes(): Promise<void> {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(running.splice(0).map((transport) => transport.stop()))
}

export type Membership = ReadonlyMap<NodeId, MemberInfo>
export const membersOf = (...nodes: readonly { id: NodeId; info: MemberInfo }[]): Membership =>
  new Map(nodes.map(({ id, info }) => [id, info]))

export const statsOf = (of: TestNode, peer: TestNode) => of.transport.stats().find(({ id }) => id === peer.id) ?? null

/** Makes them members of each other and waits until all control connections stand. */
export async function connectNodes(...nodes: readonly TestNode[]): Promise<void> {
  const members = membersOf(...nodes)
  for (const node of nodes) node.transport.setPeers(members)
  await until('all nodes are connected', () =>
    nodes.every((node) => nodes.every((other) => other === node || statsOf(node, other)?.connected === true))
  )
}

const sockets: TLSSocket[] = []

/** Whoever listens there, in this process or another. */
export interface Dialled {
  readonly id: NodeId
  readonly transport: { address(): { readonly host: string; readonly port: number } }
}

/** A caller that speaks TLS and frames, but does what the test says. */
export class RawCaller {
  readonly received: { readonly type: number; readonly payload: Buffer }[] = []
  closed = false
  readonly #reader = new FrameReader(
    LOG_FRAME_BYTES_MAX,
    (type, payload) => void this.received.push({ type, payload: Buffer.from(payload) })
  )

  private constructor(readonly socket: TLSSocket) {
    sockets.push(socket)
    socket.on('data', (piece: Buffer) => this.#reader.push(piece))
    for (const event of ['end', 'error', 'close']) socket.on(event, () => (this.closed = true))
  }

  static async dial(to: Dialled, as: TlsIdentity | null, alpn: string | null = ALPN): Promise<RawCaller> {
    const { host, port } = to.transport.address()
    const socket = connect({
      host,
      port,
      ...(as ? { key: as.key, cert: as.cert } : {}),
      ...(alpn === null ? {} : { ALPNProtocols: [alpn] }),
      rejectUnauthorized: false
    })
    const caller = new RawCaller(socket)
    await until('TLS stands or is refused', () => caller.closed || socket.getProtocol() !== null)
    return caller
  }

  hello(to: Dialled, change: Partial<Hello>): void {
    this.socket.write(
      encodeHello({
        protocol: PROTOCOL,
        clusterId: CLUSTER,
        nodeId: asNodeId('n-raw'),
        to: to.id,
        instance: 'raw',
        channel: 'control',
        features: [],
        ...change
      })
    )
  }

  /** The frame of this type, once it is there. */
  async frame(type: number): Promise<Buffer> {
    const { payload } = await until(`a frame of type ${type}`, () => this.received.find((frame) => frame.type === type))
    return payload
  }

  untilClosed(): Promise<true> {
    return until('the connection is closed', () => this.closed)
  }
}

/**
 * The wires between nodes on one machine: each node is dialled through a proxy of its own, which knows from /proc
 * who dials, and so can cut or slow every pair, in one direction or both.
 *
 * A cut is silence, not a closed connection: bytes wait, as TCP would keep sending them, and go on when it heals.
 * Loss is what TCP makes of lost packets: the stream stands still until the retransmission.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Network, Weather } from './network'
import { ProcessCluster, type NodeProcess } from './processes'

const WAITING_BYTES_MAX = 1 << 20
const RETRANSMIT_MS = 200

const CALM: Weather = { delayMs: 0, loss: 0 }

export class Lan implements Network {
  readonly canDelay = true
  readonly cluster = new ProcessCluster()
  private readonly servers: Server[] = []
  private readonly flows = new Set<Flow>()
  private readonly unheard = new Set<Socket>()
  private readonly cuts = new Set<string>()
  private weather = CALM
  /** Nobody gets a connection to these; those that they dial stand. */
  private readonly walled = new Set<NodeProcess>()

  async form(count: number, flags: readonly string[] = []): Promise<this> {
    const first = await this.add(flags)
    for (let n = 1; n < count; n++) await this.cluster.join(await this.add(flags), first)
    await this.cluster.settled(count, Math.min(count, 5))
    return this
  }

  get nodes(): readonly NodeProcess[] {
    return this.cluster.nodes
  }

  cut(from: NodeProcess, to: NodeProcess): void {
    this.cuts.add(wire(from, to))
  }

  /** As a firewall that drops what comes in: whoever dials this node hears nothing; it dials as before. */
  wall(node: NodeProcess): void {
    this.walled.add(node)
    for (const flow of this.flows) if (flow.leadsTo(node)) flow.end()
  }

  split(side: readonly NodeProcess[]): void {
    for (const inside of side) {
      for (const outside of this.nodes) {
        if (side.includes(outside)) continue
        this.cut(inside, outside)
        this.cut(outside, inside)
      }
    }
  }

  setWeather(weather: Partial<Weather>): void {
    this.weather = { ...CALM, ...weather }
  }

  heal(): void {
    this.cuts.clear()
    this.weather = CALM
    for (const flow of this.flows) flow.pump()
  }

  async end(): Promise<void> {
    await this.cluster.end()
    for (const flow of this.flows) flow.end()
    for (const socket of this.unheard) socket.destroy()
    await Promise.all(this.servers.map((server) => new Promise((done) => server.close(done))))
  }

  private async add(flags: readonly string[]): Promise<NodeProcess> {
    let target: NodeProcess | null = null
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      if (target === null) return socket.destroy()
      if (this.walled.has(target)) return void this.unheard.add(socket.on('error', () => {}))
      this.onConnection(socket, target)
    })
    this.servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    target = await this.cluster.add(['--advertise', `127.0.0.1:${port}`, ...flags])
    return target
  }

  private onConnection(from: Socket, target: NodeProcess): void {
    const dialer = ownerOf(from.remotePort!, from.localPort!, this.nodes)
    const to = connect({ host: '127.0.0.1', port: Number(target.rpc.split(':').at(-1)) })
    const flows = [this.flow(from, to, dialer, target, target), this.flow(to, from, target, dialer, target)]
    for (const socket of [from, to]) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        for (const flow of flows) {
          flow.end()
          this.flows.delete(flow)
        }
      })
    }
    from.resume()
  }

  private flow(
    source: Socket,
    sink: Socket,
    from: NodeProcess | null,
    to: NodeProcess | null,
    dialled: NodeProcess
  ): Flow {
    const isCut = () => from !== null && to !== null && this.cuts.has(wire(from, to))
    const flow = new Flow(source, sink, isCut, () => this.weather, dialled)
    this.flows.add(flow)
    return flow
  }
}

/** Bytes from one socket to another, in order. */
class Flow {
  private waiting: { readonly chunk: Buffer; readonly dueMs: number }[] = []
  private waitingBytes = 0
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly source: Socket,
    private readonly sink: Socket,
    private readonly isCut: () => boolean,
    private readonly weather: () => Weather,
    private readonly dialled: NodeProcess
  ) {
    source.on('data', (chunk) => this.take(chunk as Buffer))
    source.on('end', () => this.sink.end())
    sink.on('drain', () => this.source.resume())
  }

  /** Of a connection on which this node was dialled. */
  leadsTo(node: NodeProcess): boolean {
    return this.dialled === node
  }

  end(): void {
    if (this.timer) clearTimeout(this.timer)
    this.source.destroy()
    this.sink.destroy()
  }

  pump(): void {
    this.timer = null
    while (this.waiting.length > 0 && !this.isCut()) {
      const { chunk, dueMs } = this.waiting[0]!
      const early = dueMs - performance.now()
      if (early > 0) {
        this.timer = setTimeout(() => this.pump(), early)
        return
      }
      this.waiting.shift()
      this.waitingBytes -= chunk.length
      if (!this.sink.write(chunk)) this.source.pause()
    }
    if (this.waitingBytes < WAITING_BYTES_MAX && !this.sink.writableNeedDrain) this.source.resume()
  }

  private take(chunk: Buffer): void {
    const { delayMs, loss } = this.weather()
    let dueMs = performance.now() + delayMs
    while (Math.random() < loss) dueMs += RETRANSMIT_MS
    this.waiting.push({ chunk, dueMs })
    this.waitingBytes += chunk.length
    if (this.waitingBytes >= WAITING_BYTES_MAX) this.source.pause()
    if (this.timer === null) this.pump()
  }
}

const wire = (from: NodeProcess, to: NodeProcess): string => `${from.name} → ${to.name}`

/** The node whose socket is bound to `port` and connected to `peerPort`. */
function ownerOf(port: number, peerPort: number, nodes: readonly NodeProcess[]): NodeProcess | null {
  const hex = (n: number) => n.toString(16).toUpperCase().padStart(4, '0')
  const row = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .find(
      (line) =>
        line.includes(`:${hex(port)} `) &&
        line
          .trim()
          .split(/\s+/)[2]
          ?.endsWith(`:${hex(peerPort)}`)
    )
  const inode = row?.trim().split(/\s+/)[9]
  return nodes.find((node) => !node.exited() && holdsSocket(node.pid, inode)) ?? null
}

function holdsSocket(pid: number, inode: string | undefined): boolean {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`) === `socket:[${inode}]`
    } catch {
      return false
    }
  })
}

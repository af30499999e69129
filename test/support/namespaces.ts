/**
 * Nodes on a network of their own: each in a network namespace with its own address, joined by a bridge. What is cut
 * or lost is dropped by the receiver's kernel, packet by packet. Linux, root, iproute2 and iptables.
 *
 * The API stays on the loopback of its namespace; a small relay makes it reachable under the same port out here.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Network, Weather } from './network'
import { ProcessCluster, until, type NodeProcess } from './processes'

const TAG = `r3d${process.pid % 10_000}`
const RPC_PORT = 7080
const RELAY = `
  const { connect, createServer } = require('node:net')
  createServer((socket) => {
    const api = connect(Number(process.argv[2]), '127.0.0.1')
    for (const one of [socket, api]) one.on('error', () => {}).on('close', () => (socket.destroy(), api.destroy()))
    socket.pipe(api).pipe(socket)
  }).listen(process.argv[1], () => console.log('ready'))`

function succeeds(command: string): boolean {
  const [program, ...args] = command.split(' ')
  return spawnSync(program!, args, { stdio: 'ignore' }).status === 0
}

function run(command: string): void {
  const [program, ...args] = command.split(' ')
  const { status, stderr, error } = spawnSync(program!, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`)
}

/** What is missing for {@link Namespaces} on this machine; null when nothing is. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux') return 'they need Linux'
  if (process.getuid?.() !== 0) return 'they need root'
  const name = `${TAG}-try`
  try {
    if (!succeeds(`ip netns add ${name}`)) return 'ip netns add is refused (iproute2, CAP_SYS_ADMIN)'
    return succeeds(`ip netns exec ${name} iptables -L`) ? null : 'iptables does not work in a namespace'
  } finally {
    succeeds(`ip netns del ${name}`)
  }
}

export class Namespaces implements Network {
  readonly cluster = new ProcessCluster()
  readonly canDelay = false
  private readonly folder = mkdtempSync(join(tmpdir(), 'raft3d-net-'))
  private readonly bridge = `${TAG}br`
  private readonly servers: Server[] = []
  private readonly relays: ChildProcess[] = []

  /** `everywhere`: the RPC listens on all addresses, as it does on people's machines. */
  constructor(private readonly options: { readonly everywhere?: boolean } = {}) {}

  get nodes(): readonly NodeProcess[] {
    return this.cluster.nodes
  }

  async form(count: number, flags: readonly string[] = []): Promise<this> {
    run(`ip link add ${this.bridge} type bridge`)
    run(`ip link set ${this.bridge} up`)
    const first = await this.add(flags)
    for (let n = 1; n < count; n++) await this.cluster.join(await this.add(flags), first)
    await this.cluster.settled(count, Math.min(count, 5))
    return this
  }

  cut(from: NodeProcess, to: NodeProcess): void {
    this.inside(to, `iptables -A INPUT -s ${this.addressOf(from)} -j DROP`)
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

  /** The machine has another address from now on, and no longer its old one. */
  moveTo(node: NodeProcess, number: number): void {
    const device = `${TAG}n${this.nodes.indexOf(node) + 1}`
    this.inside(node, `ip addr flush dev ${device}`)
    this.inside(node, `ip addr add ${address(number)}/24 dev ${device}`)
  }

  setWeather({ loss = 0 }: Partial<Weather>): void {
    for (const node of this.nodes) {
      this.inside(node, `iptables -A INPUT ! -i lo -m statistic --mode random --probability ${loss} -j DROP`)
    }
  }

  heal(): void {
    for (const node of this.nodes) this.inside(node, 'iptables -F INPUT')
  }

  async end(): Promise<void> {
    await this.cluster.end()
    for (const relay of this.relays) relay.kill('SIGKILL')
    for (const server of this.servers) server.close()
    for (let n = 1; n <= this.relays.length; n++) succeeds(`ip netns del ${TAG}-${n}`)
    succeeds(`ip link del ${this.bridge}`)
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async add(flags: readonly string[]): Promise<NodeProcess> {
    const number = this.nodes.length + 1
    const space = `${TAG}-${number}`
    const [here, there] = [`${TAG}h${number}`, `${TAG}n${number}`]
    run(`ip netns add ${space}`)
    run(`ip link add ${here} type veth peer name ${there} netns ${space}`)
    run(`ip link set ${here} master ${this.bridge}`)
    run(`ip link set ${here} up`)
    run(`ip -n ${space} link set lo up`)
    run(`ip -n ${space} addr add ${address(number)}/24 dev ${there}`)
    run(`ip -n ${space} link set ${there} up`)
    const port = await this.relay(space)
    const host = this.options.everywhere === true ? '0.0.0.0' : address(number)
    return this.cluster.add(['--api', `127.0.0.1:${port}`, '--rpc', `${host}:${RPC_PORT}`, ...flags], {
      wrap: ['ip', 'netns', 'exec', space]
    })
  }

  /** The port under which the API of this namespace can be reached from outside. */
  private async relay(space: string): Promise<number> {
    const path = join(this.folder, space)
    const server = createServer((socket) => {
      const through = connect(path)
      for (const one of [socket, through]) {
        one.on('error', () => {}).on('close', () => (socket.destroy(), through.destroy()))
      }
      socket.pipe(through).pipe(socket)
    })
    this.servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const child = spawn('ip', ['netns', 'exec', space, process.execPath, '-e', RELAY, path, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    this.relays.push(child)
    let ready = false
    child.stdout.on('data', () => (ready = true))
    await until('the relay listens', () => ready)
    return port
  }

  private inside(node: NodeProcess, command: string): void {
    run(`ip netns exec ${TAG}-${this.nodes.indexOf(node) + 1} ${command}`)
  }

  private addressOf(node: NodeProcess): string {
    return address(this.nodes.indexOf(node) + 1)
  }
}

const address = (number: number): string => `10.87.43.${number}`

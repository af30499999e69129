/**
 * Real nodes as child processes: start, form a cluster by invites, kill, pause, restart. Everything listens on
 * loopback at ports of its own and keeps its data in a temporary folder that is removed at the end.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import packageJson from '../../package.json'

/** What `npm start` gives to Node. */
const AS_STARTED = packageJson.scripts.start.split(' ').filter((word) => word.startsWith('--'))
const ENTRY = resolve(process.env.RAFT3D_ROOT ?? process.cwd(), 'out/main/index.js')

export interface LogEvent {
  readonly event?: string
  readonly msg: string
  readonly [field: string]: unknown
}

export class NodeProcess {
  child: ChildProcess | null = null
  /** Base URL of the API, once ready; kept while it is down. */
  url = ''
  /** HOST:PORT that it listens on for its peers, once ready. */
  rpc = ''
  readonly logs: LogEvent[] = []
  stderr = ''
  private watchers: (() => void)[] = []

  constructor(
    readonly name: string,
    readonly dataDir: string,
    private flags: readonly string[] = [],
    readonly options: { readonly wrap?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {}
  ) {}

  get pid(): number {
    return this.child?.pid ?? 0
  }

  /** Spawns the process and resolves once it has logged "ready". */
  async start(timeoutMs = 60_000): Promise<this> {
    this.spawn()
    const ready = await this.logged((line) => line.event === 'ready', timeoutMs)
    this.url = String(ready.api)
    this.rpc = String(ready.rpc)
    // The next start takes the same ports, as a machine with fixed flags would.
    this.flags = this.flags.map((flag, at) => {
      if (flag !== '127.0.0.1:0') return flag
      return this.flags[at - 1] === '--api' ? new URL(this.url).host : String(ready.rpc)
    })
    return this
  }

  spawn(): void {
    this.logs.length = 0
    const [command, ...before] = [...(this.options.wrap ?? []), process.execPath]
    const args = [
      ...before,
      ...AS_STARTED,
      ENTRY,
      '--no-gui',
      '--data-dir',
      this.dataDir,
      '--name',
      this.name,
      ...this.flags
    ]
    const child = spawn(command!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.options.env }
    })
    this.child = child
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return
      this.logs.push(JSON.parse(line) as LogEvent)
      if (this.logs.length > 5_000) this.logs.splice(0, 1_000)
      for (const watch of this.watchers.splice(0)) watch()
    })
    child.stderr.on('data', (text: Buffer) => (this.stderr = (this.stderr + text.toString()).slice(-20_000)))
    child.on('exit', () => {
      for (const watch of this.watchers.splice(0)) watch()
    })
  }

  /** The first log line that fits, past or future. */
  async logged(fits: (line: LogEvent) => boolean, timeoutMs = 10_000): Promise<LogEvent> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const line = this.logs.find(fits)
      if (line) return line
      if (this.exited()) throw new Error(`${this.name} ended with code ${this.child?.exitCode}: ${this.stderr}`)
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`${this.name}: no such log line within ${timeoutMs} ms. ${this.stderr}`)
      await new Promise<void>((wake) => {
        const timer = setTimeout(wake, left)
        this.watchers.push(() => (clearTimeout(timer), wake()))
      })
    }
  }

  exited(): boolean {
    return this.child === null || this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** Resolves with the exit code (null after a signal). */
  async exit(timeoutMs = 10_000): Promise<number | null> {
    const child = this.child
    if (!child || this.exited()) return child?.exitCode ?? null
    await new Promise<void>((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${this.name} still runs after ${timeoutMs} ms`)), timeoutMs)
      child.once('exit', () => (clearTimeout(timer), done()))
    })
    return child.exitCode
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.exited()) process.kill(this.pid, signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exit()
  }

  /** Orderly stop; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM')
    return this.exit()
  }

  async fetch(path: string, init?: RequestInit & { json?: unknown }): Promise<Response> {
    const { json, ...rest } = init ?? {}
    const body =
      json === undefined
        ? {}
        : { body: JSON.stringify(json), headers: { 'content-type': 'application/json', ...rest.headers } }
    return fetch(`${this.url}/api/v1${path}`, { ...rest, ...body })
  }

  /** The JSON of an answer that must be 2xx. */
  async json<T = Record<string, unknown>>(path: string, init?: RequestInit & { json?: unknown }): Promise<T> {
    const response = await this.fetch(path, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`${this.name} ${init?.method ?? 'GET'} ${path}: ${response.status} ${text}`)
    return (text === '' ? null : JSON.parse(text)) as T
  }

  identity(): { readonly node_id: string; readonly cluster_id: string } {
    return JSON.parse(readFileSync(join(this.dataDir, 'node.json'), 'utf8')) as { node_id: string; cluster_id: string }
  }
}

export interface ClusterView {
  readonly node_id: string
  readonly role: string
  readonly term: number
  readonly leader_id: string | null
  readonly commit_index: number
  readonly applied_index: number
  readonly members: readonly {
    id: string
    name: string
    rpc_address: string
    api_address: string
    suffrage: string
    reachable: boolean
    match_index: number | null
  }[]
}

/** Polls `condition` until it holds; the error names what was waited for. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeoutMs = 20_000
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      if (await condition()) return
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: last })
    await new Promise((wake) => setTimeout(wake, 25))
  }
}

export class ProcessCluster {
  readonly nodes: NodeProcess[] = []
  private readonly folder = mkdtempSync(join(tmpdir(), 'raft3d-'))

  /** A node of its own, not yet a member of anything. */
  async add(flags: readonly string[] = [], options: NodeProcess['options'] = {}): Promise<NodeProcess> {
    const name = `node-${this.nodes.length + 1}`
    const node = new NodeProcess(
      name,
      join(this.folder, name),
      ['--api', '127.0.0.1:0', '--rpc', '127.0.0.1:0', '--no-discovery', ...flags],
      options
    )
    this.nodes.push(node)
    return node.start()
  }

  /** Starts `count` nodes and joins them by invites; resolves when all voters are in place. */
  async form(count: number, flags: readonly string[] = []): Promise<this> {
    const first = await this.add(flags)
    for (let n = 1; n < count; n++) await this.join(await this.add(flags), first)
    const voters = count >= 5 ? 5 : count >= 3 ? 3 : 1
    await this.settled(count, voters)
    return this
  }

  async join(node: NodeProcess, by: NodeProcess): Promise<void> {
    const { invite } = await by.json<{ invite: string }>('/cluster/invites', { method: 'POST', json: {} })
    await node.json('/cluster/join', { method: 'POST', json: { invite } })
  }

  /** Every running node sees `members` members, `voters` of them voters, and one leader. */
  async settled(members: number, voters: number, timeoutMs = 30_000, nodes = this.running()): Promise<void> {
    await until(
      `${members} members, ${voters} voters`,
      async () => {
        const views = await Promise.all(nodes.map((node) => node.json<ClusterView>('/cluster')))
        return views.every(
          (view) =>
            view.members.length === members &&
            view.members.filter((member) => member.suffrage === 'voter').length === voters &&
            view.leader_id !== null &&
            view.leader_id === views[0]!.leader_id
        )
      },
      timeoutMs
    )
  }

  running(): NodeProcess[] {
    return this.nodes.filter((node) => !node.exited())
  }

  async leader(): Promise<NodeProcess> {
    let found: NodeProcess | undefined
    await until('a leader', async () => {
      for (const node of this.running()) {
        const view = await node.json<ClusterView>('/cluster')
        if (view.role === 'leader') found = node
      }
      return found !== undefined
    })
    return found!
  }

  async followers(): Promise<NodeProcess[]> {
    const leader = await this.leader()
    return this.running().filter((node) => node !== leader)
  }

  async end(): Promise<void> {
    for (const node of this.nodes) node.signal('SIGCONT')
    await Promise.all(this.nodes.map((node) => node.kill()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

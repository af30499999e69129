/**
 * The composition root of the farm node: builds every part in order, and ends them in reverse. The one thing
 * that is replaced while it runs is the {@link Member}, when this node joins another cluster.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Administration, type Administered } from './administration'
import { createApi, type Api } from './api/api'
import { BadUsage, DEFAULT_RPC_PORT, NAME_CHARS_MAX, type Config, type HostPort } from './config'
import type { NodeLogger } from './logging'
import { lanAddresses, reachableHost } from './membership/addresses'
import { joinCluster } from './membership/join'
import { startMember, type Member } from './membership/member'
import { atUsualPort } from './membership/usual-port'
import { Whereabouts } from './membership/whereabouts'
import { Failure } from './runtime/replica'
import { loadOrCreateIdentity, newClusterId, type Identity } from './security/identity'
import { InviteUnreadable, parseInvite } from './security/invite'
import { readNodeFile, updateNodeFile } from './security/node-file'
import { acquireLock } from './storage/lock'
import { formatAddress, isLoopback, isWildcard } from './transport/address'

export interface NodeOptions {
  readonly log: NodeLogger
  /** Lets the desktop shell in without a token. */
  readonly internalToken?: string
  /** A thread of this process that ran the node has ended without releasing the folder. */
  readonly replacesThread?: boolean
  /** It serves, and may be stopped; joining at the start goes on. */
  readonly onReady?: (node: FarmNode) => void
}

export interface FarmNode {
  readonly apiUrl: string
  readonly api: Api
  member(): Member
  /** The machine is about to sleep, or has woken up. */
  suspend(): Promise<void>
  resume(): void
  stop(): Promise<void>
}

/** Rejects with BadUsage, FolderInUse, StorageDamaged, IdentityDamaged, or as the system does (EADDRINUSE, …). */
export async function startNode(config: Config, options: NodeOptions): Promise<FarmNode> {
  mkdirSync(config.dataDir, { recursive: true })
  const release = await acquireLock(config.dataDir, { replacesThread: options.replacesThread })
  const started: (() => Promise<void>)[] = []
  try {
    if (config.join !== null && readNodeFile(config.dataDir) === null) assertReadable(config.join)
    const node = new Node(config, options, release)
    await node.start(started)
    return node
  } catch (error) {
    await Promise.allSettled(started.reverse().map((end) => end()))
    await release()
    throw error
  }
}

/** Before anything is made that a node with a mistyped invite would then be. */
function assertReadable(invite: string): void {
  try {
    parseInvite(invite)
  } catch (error) {
    if (error instanceof InviteUnreadable) throw new BadUsage(`--join: ${error.message}`)
    throw error
  }
}

class Node implements FarmNode, Administered {
  #identity!: Identity & { readonly clusterId: string }
  #member!: Member
  #api!: Api
  apiAddress: HostPort
  #apiUrl = ''
  name: string
  /** One change of membership or addresses at a time. */
  #changing = false
  readonly whereabouts: Whereabouts

  constructor(
    readonly config: Config,
    private readonly options: NodeOptions,
    private readonly release: () => Promise<void>
  ) {
    this.apiAddress = config.api
    this.name = config.name ?? readNodeFile(config.dataDir)?.name ?? (hostname().slice(0, NAME_CHARS_MAX) || 'raft3d')
    this.whereabouts = new Whereabouts({
      dataDir: config.dataDir,
      member: () => this.#member,
      apiPort: () => this.apiAddress.port,
      rpc: config.rpc,
      discovery: config.discovery,
      changing: () => this.#changing,
      log: options.log
    })
  }

  get apiUrl(): string {
    return this.#apiUrl
  }

  get log(): NodeLogger {
    return this.options.log
  }

  get api(): Api {
    return this.#api
  }

  member(): Member {
    return this.#member
  }

  /** `started`: the ends of what runs already, should the rest fail. */
  async start(started: (() => Promise<void>)[]): Promise<void> {
    const { config } = this
    const { log } = this.options
    const lastPorts = readNodeFile(config.dataDir)?.ports
    const identity = await loadOrCreateIdentity(config.dataDir)
    this.#identity = { ...identity, clusterId: identity.clusterId ?? newClusterId() }
    updateNodeFile(config.dataDir, { cluster_id: this.#identity.clusterId, name: this.name, pid: process.pid })
    this.#member = await atUsualPort(this.#rpcListen(), lastPorts?.rpc, (listen) =>
      this.#startMember(this.#identity, listen)
    )
    started.push(() => this.#member.stop())
    this.#api = await atUsualPort(config.api, lastPorts?.api, (listen) => this.#startApi(identity, listen))
    started.push(() => this.#api.close())
    await this.whereabouts.start()
    started.push(() => this.whereabouts.stop())
    log.info(
      {
        event: 'ready',
        api: this.#apiUrl,
        rpc: formatAddress(this.#member.transport.address()),
        node_id: this.#identity.nodeId,
        cluster_id: this.#identity.clusterId
      },
      'ready'
    )
    this.options.onReady?.(this)
    if (config.join !== null) await this.#joinAtStart(config.join)
  }

  async suspend(): Promise<void> {
    await this.#member.replica.suspend()
  }

  resume(): void {
    this.#member.replica.resume()
  }

  async stop(): Promise<void> {
    void this.whereabouts.stop()
    // Leadership goes first, while the API still answers what is in flight.
    await this.#member.replica.handOver()
    await this.#api.close()
    await this.#member.stop()
    updateNodeFile(this.config.dataDir, { pid: null })
    await this.release()
  }

  async join(invite: string, options: { discardLocalData: boolean; by: string; timeoutMs: number }): Promise<void> {
    if (this.#changing) throw new Failure('membership_change_in_progress', 'This node is changing its cluster already.')
    this.#changing = true
    try {
      const old = this.#member
      await joinCluster({
        invite,
        discardLocalData: options.discardLocalData,
        timeoutMs: options.timeoutMs,
        dataDir: this.config.dataDir,
        log: this.options.log,
        old,
        open: () => this.whereabouts.open(),
        start: async (identity, listen) => {
          this.#identity = identity
          this.#member = await this.#startMember(identity, listen)
          this.#api.use(this.#member.replica, identity)
          this.whereabouts.changed()
          return this.#member
        },
        onStranded: (error) => this.#stranded(error)
      })
    } finally {
      this.#changing = false
    }
  }

  #startMember(identity: Identity & { readonly clusterId: string }, listen: HostPort): Promise<Member> {
    return startMember({
      dataDir: this.config.dataDir,
      identity,
      name: () => this.name,
      apiAddress: () => formatAddress({ ...this.apiAddress, host: reachableHost(this.apiAddress.host) }),
      listen,
      advertise: this.config.advertise,
      voterAbsentMs: this.config.voterAbsentMs,
      log: this.options.log
    })
  }

  /** Listens when it resolves. */
  async #startApi({ key, cert }: Identity, listen: HostPort): Promise<Api> {
    const beyondLoopback = !isLoopback(listen.host)
    const api = await createApi({
      replica: this.#member.replica,
      admin: new Administration(this),
      listen,
      ...(beyondLoopback ? { tls: { key, cert } } : {}),
      requireToken: this.config.requireToken,
      internalToken: this.options.internalToken,
      ownNames: () => [hostname(), ...lanAddresses()],
      uiDir: rendererDir(),
      log: this.options.log
    })
    try {
      const { host, port } = await api.listen()
      this.apiAddress = { host, port }
      const named = isWildcard(host) ? '127.0.0.1' : host
      this.#apiUrl = `${beyondLoopback ? 'https' : 'http'}://${formatAddress({ host: named, port })}`
      return api
    } catch (error) {
      await api.close()
      throw error
    }
  }

  #rpcListen(): HostPort {
    const opened = readNodeFile(this.config.dataDir)?.open === true
    return this.config.rpc ?? { host: opened ? '0.0.0.0' : '127.0.0.1', port: DEFAULT_RPC_PORT }
  }

  /** Neither the old member nor the new one: only a new start finishes what has begun. */
  #stranded(error: unknown): void {
    this.options.log.fatal({ event: 'stranded', err: error }, 'This node has joined, but must be started anew.')
    setImmediate(() => {
      throw error
    })
  }

  async #joinAtStart(invite: string): Promise<void> {
    const { log } = this.options
    if (Object.keys(this.#member.members()).length > 1 || readNodeFile(this.config.dataDir)?.peers !== undefined) {
      log.info({ event: 'join_ignored' }, '--join is ignored: this node has joined a cluster already')
      return
    }
    try {
      await this.join(invite, { discardLocalData: false, by: 'local', timeoutMs: 30_000 })
    } catch (error) {
      // Whoever starts processes starts this one again, and then it tries again.
      if (error instanceof Failure) throw new Failure(error.code, `--join: ${error.detail}`, { cause: error })
      throw error
    }
  }
}

/** The built web app; the entry and its chunks lie at different depths. */
function rendererDir(): string | null {
  const places = ['../renderer', '../../renderer'].map((path) => resolve(import.meta.dirname, path))
  return places.find((path) => existsSync(path)) ?? null
}

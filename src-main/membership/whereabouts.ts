/**
 * Where this node can be reached, told to whom it concerns: the cluster by an entry in the log, the LAN by mDNS, and
 * the data folder, for the next start. Addresses change while a node runs (DHCP, another network), so it keeps looking.
 */
import packageJson from '../../package.json'
import { startDiscovery, type Announcement, type Discovery, type DiscoveredPeer } from '../discovery/discovery'
import type { Logger } from '../runtime/log'
import { sameInfo } from '../runtime/member-info'
import { Failure } from '../runtime/replica'
import { updateNodeFile } from '../security/node-file'
import type { Address } from '../transport/address'
import type { Member } from './member'

const CHECK_MS = 10_000
const UPDATE_TIMEOUT_MS = 5_000

export interface WhereaboutsOptions {
  readonly dataDir: string
  readonly member: () => Member
  readonly apiPort: () => number
  /** A flag says where to listen for peers; null: on loopback, until {@link Whereabouts.open}. */
  readonly rpc: Address | null
  readonly discovery: boolean
  /** The member is being replaced: nobody is told anything meanwhile. */
  readonly changing: () => boolean
  readonly log: Logger
}

export class Whereabouts {
  #discovery: Discovery | null = null
  #check: NodeJS.Timeout | null = null
  #opening: Promise<void> | null = null

  constructor(private readonly options: WhereaboutsOptions) {}

  async start(): Promise<void> {
    if (this.options.discovery)
      this.#discovery = await startDiscovery({ ...this.#announcement(), log: this.options.log })
    this.#tellFolder()
    this.#check = setInterval(() => void this.#look(), CHECK_MS).unref()
    const told = this.#look()
    // Whoever is alone has nobody to wait for; in a cluster of several it takes a leader, which may be away.
    const { members } = this.options.member().replica.raftStatus().configuration
    if (Object.keys(members).length === 1) await told
  }

  async stop(): Promise<void> {
    if (this.#check) clearInterval(this.#check)
    await this.#discovery?.stop()
  }

  /** Other nodes on the LAN, as of now. */
  found(): readonly DiscoveredPeer[] {
    return this.#discovery?.found() ?? []
  }

  /** The cluster knows already: this node has another name, or is another member. */
  changed(): void {
    this.#discovery?.update(this.#announcement())
    this.#tellFolder()
  }

  /** From now on peers can reach this node, unless a flag says where it listens. Rejects with Failure. */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => (this.#opening = null))
    return this.#opening
  }

  async #open(): Promise<void> {
    const { transport } = this.options.member()
    const { host, port } = transport.address()
    if (this.options.rpc !== null || host === '0.0.0.0') return
    try {
      await transport.rebind('0.0.0.0', port)
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException
      const detail = `Port ${port} cannot be opened for peers (${code}). Start this node with another --rpc HOST:PORT.`
      throw new Failure('internal', detail, { cause: error })
    }
    updateNodeFile(this.options.dataDir, { open: true })
    this.#tellFolder()
    await this.#tellCluster()
  }

  async #look(): Promise<void> {
    const { changing, log } = this.options
    if (changing()) return
    try {
      await this.#tellCluster()
    } catch (error) {
      // Without a quorum nobody can be told; the next look tries again.
      if (error instanceof Failure) log.debug({ event: 'address_update', code: error.code }, error.detail)
      else log.error({ event: 'address_update', err: error }, 'The addresses could not be looked at.')
    }
  }

  /** Where it knows something else. */
  async #tellCluster(): Promise<void> {
    const { id, info, replica } = this.options.member()
    const known = replica.raftStatus().configuration.members[id]
    const now = info()
    if (!known || sameInfo(known, now)) return
    await replica.updateMember(id, now, UPDATE_TIMEOUT_MS)
    this.options.log.info(
      { event: 'address_changed', from: known.rpcAddress, to: now.rpcAddress },
      'The cluster knows where this node is now.'
    )
    this.changed()
  }

  #tellFolder(): void {
    const { transport, info } = this.options.member()
    const { apiAddress, rpcAddress } = info()
    updateNodeFile(this.options.dataDir, {
      ports: { api: this.options.apiPort(), rpc: transport.address().port },
      addresses: { api: apiAddress, rpc: rpcAddress }
    })
  }

  #announcement(): Announcement {
    const { id, clusterId, transport, info } = this.options.member()
    const { name, apiAddress } = info()
    return {
      name,
      nodeId: id,
      clusterId,
      rpcPort: transport.address().port,
      apiAddress,
      version: packageJson.version
    }
  }
}

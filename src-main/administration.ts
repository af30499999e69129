/** What the API asks of the node besides its replica: inviting and joining, its settings and name, who is on the LAN. */
import packageJson from '../package.json'
import type { ClusterAdmin } from './api/ports'
import type { Config, HostPort } from './config'
import type { Discovered, InviteCreated } from './contract/cluster'
import type { About, LogLine, Settings } from './contract/this-node'
import type { NodeLogger } from './logging'
import { lanAddresses } from './membership/addresses'
import { inviteTo } from './membership/invites'
import type { Member } from './membership/member'
import type { Whereabouts } from './membership/whereabouts'
import { updateNodeFile } from './security/node-file'
import { formatAddress, isLoopback, isWildcard } from './transport/address'

/** The running node, as far as it is looked at and changed from here. */
export interface Administered {
  readonly config: Config
  readonly log: NodeLogger
  readonly whereabouts: Whereabouts
  /** Where the API listens. */
  readonly apiAddress: HostPort
  readonly apiUrl: string
  /** Human name; the members and the data folder are told by whoever changes it. */
  name: string
  /** Another one after the node has joined a cluster. */
  member(): Member
  join: ClusterAdmin['join']
}

export class Administration implements ClusterAdmin {
  readonly #startedAt = Date.now()

  constructor(private readonly node: Administered) {}

  async createInvite(options: { ttlSeconds: number; by: string; timeoutMs: number }): Promise<InviteCreated> {
    await this.node.whereabouts.open()
    return inviteTo(this.node.member(), options)
  }

  join(invite: string, options: { discardLocalData: boolean; by: string; timeoutMs: number }): Promise<void> {
    return this.node.join(invite, options)
  }

  discovered(): readonly Discovered[] {
    const members = this.node.member().members()
    return this.node.whereabouts.found().map((peer) => ({
      node_id: peer.node_id,
      cluster_id: peer.cluster_id,
      name: peer.name,
      rpc_address: formatAddress({ host: peer.address, port: peer.port }),
      api_address: peer.api_address,
      version: peer.version,
      member: peer.node_id in members,
      last_seen_at: peer.last_seen
    }))
  }

  settings(): Settings {
    const { config, name, apiAddress } = this.node
    const { id, clusterId, identity, transport, info } = this.node.member()
    return {
      node_id: id,
      cluster_id: clusterId,
      name,
      api_address: formatAddress(apiAddress),
      rpc_address: formatAddress(transport.address()),
      advertise_address: info().rpcAddress,
      urls: this.#urls(),
      tls: !isLoopback(config.api.host),
      require_token: config.requireToken,
      discovery: config.discovery,
      fingerprint: identity.fingerprint,
      data_dir: config.dataDir
    }
  }

  async rename(name: string, options: { by: string; timeoutMs: number }): Promise<void> {
    const { node } = this
    const before = node.name
    node.name = name
    try {
      const { id, info, replica } = node.member()
      await replica.updateMember(id, info(), options.timeoutMs)
    } catch (error) {
      node.name = before
      throw error
    }
    updateNodeFile(node.config.dataDir, { name })
    node.whereabouts.changed()
  }

  logs(): readonly LogLine[] {
    return this.node.log.recent()
  }

  about(): About {
    return {
      version: packageJson.version,
      license: packageJson.license,
      homepage: packageJson.homepage,
      node_version: process.versions.node,
      electron_version: process.versions.electron ?? null,
      platform: process.platform,
      arch: process.arch,
      started_at: this.#startedAt,
      memory_bytes: process.memoryUsage.rss()
    }
  }

  #urls(): string[] {
    const { apiAddress, apiUrl } = this.node
    if (!isWildcard(apiAddress.host)) return [apiUrl]
    return [...lanAddresses(), '127.0.0.1'].map((host) => `https://${formatAddress({ host, port: apiAddress.port })}`)
  }
}

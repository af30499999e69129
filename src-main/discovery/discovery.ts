/**
 * Finds other nodes on the LAN by mDNS, and lets them find this one. Suggestions for people, never trusted.
 *
 * Owns one responder for each IPv4 network of the machine, and follows them as they come and go. Whatever happens
 * to the network, nothing is thrown: the node works without.
 */
import { networkInterfaces } from 'node:os'
import type { Service } from 'bonjour-service'
import { decodeService, encodeTxt, type Announcement, type DiscoveredPeer } from './announcement'
import type { DiscoveryLog } from './environment'
import { Lan } from './lan'
import { PEERS_MAX, PeerTable } from './peer-table'

export type { Announcement, DiscoveredPeer } from './announcement'

export interface DiscoveryOptions extends Announcement {
  readonly log: DiscoveryLog
  /** Only the network of this IPv4 address of the machine; 127.0.0.1 finds processes of this machine. */
  readonly interface?: string
  /** Service type; another one keeps tests apart. */
  readonly type?: string
  readonly timing?: Partial<DiscoveryTiming>
}

export interface DiscoveryTiming {
  /** Pauses before the first sweeps, which answers may get lost of; then the last one again and again. */
  readonly sweepsMs: readonly number[]
  /** A node that was not heard of for so long is forgotten. */
  readonly expiryMs: number
}

const TIMING: DiscoveryTiming = { sweepsMs: [1000, 3000, 15_000], expiryMs: 50_000 }
const NETWORKS_MAX = 8

export interface Discovery {
  /** Other nodes, as of now. */
  found(): readonly DiscoveredPeer[]
  /** This node has another port, name or cluster now. */
  update(announcement: Announcement): void
  /** Says goodbye. */
  stop(): Promise<void>
}

export async function startDiscovery(options: DiscoveryOptions): Promise<Discovery> {
  // Heavy, and not needed where discovery is switched off.
  const { Bonjour } = await import('bonjour-service')
  const { log, type = 'raft3d' } = options
  const timing = { ...TIMING, ...options.timing }
  const peers = new PeerTable(timing.expiryMs, Date.now)
  const lans = new Map<string, Lan>()
  let announcement: Announcement = options
  let published = ''
  let sweeps = 0
  let timer: NodeJS.Timeout | null = null
  let stopped = false
  const told = new Set<string>()
  const tellOnce = (what: string, fields: object, message: string): void => {
    if (told.has(what)) return
    told.add(what)
    log.warn({ event: 'discovery', ...fields }, message)
  }

  const events = {
    onSeen(service: Service): void {
      const peer = decodeService(service, Date.now())
      if (stopped || peer === null || peer.node_id === announcement.nodeId) return
      if (!peers.add(peer)) tellOnce('full', { peers: PEERS_MAX }, 'more nodes announce themselves than are kept')
    },
    onGone(service: Service): void {
      const peer = decodeService(service, Date.now())
      if (peer !== null) peers.remove(peer)
    },
    onTrouble(error: unknown): void {
      if (!stopped) tellOnce('trouble', { err: error }, 'discovery on the LAN does not work')
    }
  }

  const service = () => ({
    // Unlike the human name, it is unique.
    name: `raft3d-${announcement.nodeId}`,
    port: announcement.rpcPort,
    txt: encodeTxt(announcement)
  })
  const followNetworks = (): void => {
    const addresses = options.interface === undefined ? ownAddresses() : [options.interface]
    for (const [address, lan] of lans)
      if (!addresses.includes(address)) {
        lans.delete(address)
        void lan.stop()
      }
    for (const address of addresses) {
      if (lans.has(address)) continue
      try {
        const lan = new Lan(Bonjour, address, type, events)
        lans.set(address, lan)
        lan.publish(service())
      } catch (error) {
        events.onTrouble(error)
      }
    }
  }
  const sweep = (): void => {
    followNetworks()
    for (const lan of lans.values()) lan.sweep()
    const pauses = timing.sweepsMs
    timer = setTimeout(sweep, pauses[Math.min(sweeps++, pauses.length - 1)]).unref()
  }

  published = JSON.stringify(service())
  sweep()
  return {
    found: () => peers.list(),
    update(next) {
      announcement = next
      const now = JSON.stringify(service())
      if (stopped || now === published) return
      published = now
      for (const lan of lans.values()) lan.publish(service())
    },
    async stop() {
      if (stopped) return
      stopped = true
      if (timer) clearTimeout(timer)
      peers.clear()
      await Promise.all(Array.from(lans.values(), (lan) => lan.stop()))
    }
  }
}

/** One IPv4 address for each network; loopback where there is no other. */
function ownAddresses(): readonly string[] {
  const addresses: string[] = []
  for (const of of Object.values(networkInterfaces())) {
    const address = of?.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
    if (address !== undefined) addresses.push(address)
  }
  return addresses.length === 0 ? ['127.0.0.1'] : addresses.slice(0, NETWORKS_MAX)
}

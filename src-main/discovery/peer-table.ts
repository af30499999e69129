/** Who was seen on the LAN, until nothing was heard for a while. Bounded: what comes when it is full is not kept. */
import type { DiscoveredPeer } from './announcement'

export const PEERS_MAX = 256

export class PeerTable {
  /** By node id and address, in the order in which they were first seen: a machine may be seen on several networks. */
  readonly #seen = new Map<string, DiscoveredPeer>()

  constructor(
    readonly expiryMs: number,
    /** Milliseconds since 1970. */
    readonly now: () => number
  ) {}

  /** @returns whether there was room */
  add(peer: DiscoveredPeer): boolean {
    const key = keyOf(peer)
    if (!this.#seen.has(key) && this.#seen.size >= PEERS_MAX) this.#expire()
    if (!this.#seen.has(key) && this.#seen.size >= PEERS_MAX) return false
    this.#seen.set(key, peer)
    return true
  }

  /** It said goodbye. */
  remove(peer: DiscoveredPeer): void {
    for (const [key, { node_id }] of this.#seen) if (node_id === peer.node_id) this.#seen.delete(key)
  }

  clear(): void {
    this.#seen.clear()
  }

  /** One for each node: where it was first seen and still is. */
  list(): readonly DiscoveredPeer[] {
    this.#expire()
    const byNode = new Map<string, DiscoveredPeer>()
    for (const peer of this.#seen.values()) if (!byNode.has(peer.node_id)) byNode.set(peer.node_id, peer)
    return [...byNode.values()]
  }

  #expire(): void {
    const now = this.now()
    for (const [key, { last_seen }] of this.#seen)
      // A clock that was set back must not keep ghosts.
      if (Math.abs(now - last_seen) > this.expiryMs) this.#seen.delete(key)
  }
}

const keyOf = ({ node_id, address }: DiscoveredPeer): string => `${node_id} ${address}`

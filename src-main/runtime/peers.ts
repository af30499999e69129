/**
 * Whom to be connected with: the members of the configuration in effect, and for a short while those that it no
 * longer names, so that they learn of it.
 *
 * A node that is on its way into a cluster reads configurations of before its time: until one names it, the peers
 * that it was started with stay.
 */
import type { Configuration, MemberInfo, NodeId } from '../raft/types'

export class Peers {
  #configuration: Configuration | null = null
  #committed = false
  #named = false
  /** Members that were dropped; `untilMs` null until the removal is committed. */
  readonly #departing = new Map<NodeId, { readonly info: MemberInfo; untilMs: number | null }>()

  constructor(
    private readonly self: NodeId,
    private readonly graceMs: number,
    private readonly setPeers: (peers: ReadonlyMap<NodeId, MemberInfo>) => void
  ) {}

  onConfiguration(configuration: Configuration, committed: boolean, nowMs: number): void {
    const before = this.#configuration?.members ?? {}
    for (const id of Object.keys(before) as NodeId[]) {
      const info = before[id]
      if (info !== undefined && configuration.members[id] === undefined)
        this.#departing.set(id, { info, untilMs: null })
    }
    for (const id of Object.keys(configuration.members) as NodeId[]) this.#departing.delete(id)
    if (committed) {
      for (const departing of this.#departing.values()) departing.untilMs ??= nowMs + this.graceMs
    }
    this.#configuration = configuration
    this.#committed = committed
    this.#named ||= configuration.members[this.self] !== undefined
    this.#apply()
  }

  onTick(nowMs: number): void {
    if (this.#departing.size === 0 || !this.#committed) return
    let gone = false
    for (const [id, { untilMs }] of [...this.#departing]) {
      if (untilMs !== null && nowMs >= untilMs) gone = this.#departing.delete(id) || gone
    }
    if (gone) this.#apply()
  }

  #apply(): void {
    if (!this.#named) return
    const members = this.#configuration?.members ?? {}
    const named = members[this.self] !== undefined
    const peers = new Map<NodeId, MemberInfo>()
    for (const [id, { info }] of this.#departing) if (id !== this.self) peers.set(id, info)
    // Whoever is no member any more knows nobody, once the grace is over.
    if (named || this.#departing.has(this.self)) {
      for (const id of Object.keys(members) as NodeId[]) if (id !== this.self) peers.set(id, members[id]!)
    }
    this.setPeers(peers)
  }
}

/**
 * Whom to be connected with: the members of the configuration in effect; for a short while those that it no longer
 * names, so that they learn of it; and those that a member tells of, where this node's own knowledge is older. A node
 * that was removed itself stays there for longer: it may be all that one who was away knows of the cluster.
 *
 * A node that is on its way into a cluster reads configurations of before its time: until one names it, the peers
 * that it was started with stay.
 */
import type { Configuration, LogIndex, MemberInfo, NodeId } from '../raft/types'
import type { Told } from './hearsay'

type Members = Readonly<Record<string, MemberInfo>>

const NOBODY: Members = {}

export class Peers {
  #members = NOBODY
  #index = 0
  #committed = false
  #named = false
  #told: { readonly index: LogIndex; readonly members: Members } | null = null
  /** Members that were dropped; `untilMs` null until the removal is committed. */
  readonly #departing = new Map<NodeId, { readonly info: MemberInfo; untilMs: number | null }>()

  constructor(
    private readonly self: NodeId,
    private readonly grace: { readonly departMs: number; readonly removedMs: number },
    private readonly setPeers: (peers: ReadonlyMap<NodeId, MemberInfo>) => void
  ) {}

  onConfiguration({ members }: Configuration, index: LogIndex, committed: boolean, nowMs: number): void {
    for (const id of ids(this.#members)) {
      const info = this.#members[id]
      if (info !== undefined && members[id] === undefined) this.#departing.set(id, { info, untilMs: null })
    }
    for (const id of ids(members)) this.#departing.delete(id)
    if (committed) {
      const { departMs, removedMs } = this.grace
      for (const [id, departing] of this.#departing) {
        departing.untilMs ??= nowMs + (id === this.self ? removedMs : departMs)
      }
    }
    this.#members = members
    this.#index = index
    this.#committed = committed
    this.#named ||= members[this.self] !== undefined
    if (this.#told !== null && index >= this.#told.index) this.#told = null
    this.#apply()
  }

  /** A member knows a later configuration, which names this node. */
  onTold({ index, configuration }: Told): void {
    if (index <= this.#index || (this.#told !== null && index <= this.#told.index)) return
    this.#told = { index, members: configuration.members }
    this.#named = true
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
    const peers = new Map<NodeId, MemberInfo>()
    for (const [id, { info }] of this.#departing) peers.set(id, info)
    // Whoever is no member any more knows nobody, once the grace is over.
    const takesPart = this.#members[this.self] !== undefined || this.#departing.has(this.self) || this.#told !== null
    if (takesPart) for (const id of ids(this.#members)) peers.set(id, this.#members[id]!)
    if (this.#told !== null) for (const id of ids(this.#told.members)) peers.set(id, this.#told.members[id]!)
    peers.delete(this.self)
    this.setPeers(peers)
  }
}

const ids = (members: Members): NodeId[] => Object.keys(members) as NodeId[]

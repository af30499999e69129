/**
 * Who belongs to this node's cluster, as far as connections are concerned: the configuration, what other members
 * tell while no leader is heard of, and whether they still take this node in.
 */
import type { LogIndex, MemberInfo, NodeId } from '../raft/types'
import type { Driver } from './driver'
import { Expulsion } from './expulsion'
import { Hearsay, tell, type Told } from './hearsay'
import type { RuntimeLimits } from './limits'
import type { Membership } from './membership'
import { Peers } from './peers'
import type { Requests } from './requests'

export class Neighbours {
  readonly #peers: Peers
  readonly #expulsion: Expulsion
  readonly #hearsay: Hearsay

  constructor(
    private readonly deps: {
      readonly self: NodeId
      readonly limits: RuntimeLimits
      readonly driver: Driver
      readonly membership: Membership
      readonly requests: Requests
      readonly setPeers: (peers: ReadonlyMap<NodeId, MemberInfo>) => void
      readonly others: () => readonly NodeId[]
      readonly onRemoved: () => void
    }
  ) {
    const { self, limits, requests } = deps
    this.#peers = new Peers(self, limits, deps.setPeers)
    this.#expulsion = new Expulsion(self)
    this.#hearsay = new Hearsay({ requests, everyMs: limits.viewsMs, onTold: (told) => this.#onTold(told) })
  }

  /** At the start: the committed configuration counts too, for what follows it in the log may yet be taken back. */
  begin(nowMs: number): void {
    const { index, configuration } = this.#committed()
    if (index > 0) this.#peers.onConfiguration(configuration, index, true, nowMs)
    this.onConfiguration(nowMs)
  }

  /** The configuration in effect, or its being committed, has changed. */
  onConfiguration(nowMs: number): void {
    const { configuration, configurationIndex, committed } = this.deps.membership
    if (configurationIndex > 0) this.#peers.onConfiguration(configuration, configurationIndex, committed, nowMs)
  }

  onLeader(): void {
    this.#expulsion.clear()
  }

  onPeerUp(peer: NodeId): void {
    this.#expulsion.clear(peer)
  }

  onRefused(by: NodeId, code: string, nowMs: number): void {
    if (code === 'not_a_member') this.#expulsion.onRefused(by, nowMs)
  }

  onTick(nowMs: number): void {
    this.#peers.onTick(nowMs)
    const { leaderId } = this.deps.driver
    if (leaderId === null && !this.#expulsion.isEmpty) {
      if (this.#expulsion.isCertain(this.#committed().configuration, nowMs)) this.deps.onRemoved()
    }
    this.#hearsay.onTick(nowMs, leaderId, leaderId === null ? this.deps.others() : [])
  }

  /** The answer to another node that asks what this one knows to be committed. */
  tell(): unknown {
    return tell(this.#committed())
  }

  /** Another member knows a committed configuration; this node may have missed it. */
  #onTold(told: Told): void {
    const { self, driver, onRemoved } = this.deps
    const known = this.#committed()
    if (driver.halted || told.index <= known.index) return
    if (told.configuration.members[self] !== undefined) this.#peers.onTold(told)
    else if (known.configuration.members[self] !== undefined) onRemoved()
  }

  #committed(): { readonly index: LogIndex; readonly configuration: Told['configuration'] } {
    const { raft } = this.deps.driver
    return raft.configurationAsOf(raft.status().commitIndex)
  }
}

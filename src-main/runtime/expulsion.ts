/**
 * How a node learns that it was removed while it was away: the others do not take it in any more.
 *
 * One refusal proves nothing, for its sender may lag behind. A majority of the voters of the configuration that this
 * node knows to be committed cannot all lag behind it: when they refuse, for a while and with no leader heard of, a
 * later configuration has dropped this node.
 */
import { majority } from '../raft/quorum'
import type { Configuration, NodeId } from '../raft/types'

/** Refusals must last this long … */
const REFUSED_MS_MIN = 5000
/** … and be repeated within this, as each attempt to connect is refused anew. */
const REFUSAL_FRESH_MS = 30_000

export class Expulsion {
  readonly #refusals = new Map<NodeId, { readonly firstMs: number; lastMs: number }>()

  constructor(private readonly self: NodeId) {}

  get isEmpty(): boolean {
    return this.#refusals.size === 0
  }

  onRefused(by: NodeId, nowMs: number): void {
    const known = this.#refusals.get(by)
    if (known === undefined) this.#refusals.set(by, { firstMs: nowMs, lastMs: nowMs })
    else known.lastMs = nowMs
  }

  /** A leader is heard, or this peer takes this node in. */
  clear(peer: NodeId | null = null): void {
    if (peer === null) this.#refusals.clear()
    else this.#refusals.delete(peer)
  }

  isCertain(committed: Configuration, nowMs: number): boolean {
    if (committed.members[this.self] === undefined) return false
    const { voters } = committed
    const others = voters.filter((id) => id !== this.self)
    const refusing = others.filter((id) => {
      const refusal = this.#refusals.get(id)
      if (refusal === undefined) return false
      return nowMs - refusal.firstMs >= REFUSED_MS_MIN && nowMs - refusal.lastMs < REFUSAL_FRESH_MS
    })
    return refusing.length > 0 && refusing.length >= Math.min(others.length, majority(voters.length))
  }
}

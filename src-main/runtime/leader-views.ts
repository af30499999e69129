/**
 * What the leader knows of the members, on nodes that do not lead: asked for when somebody looks, kept for a short
 * while. Nobody waits for it.
 */
import type { NodeId } from '../raft/types'
import type { Clock } from './clock'
import { parseLeaderViews, type LeaderView } from './cluster-status'
import type { Requests } from './requests'

export class LeaderViews {
  #views: readonly LeaderView[] = []
  #leaderId: NodeId | null = null
  #atMs = -Infinity
  #asking = false

  constructor(
    private readonly deps: {
      readonly clock: Clock
      readonly viewsMs: number
      readonly requests: Requests
    }
  ) {}

  /** The latest that is known; a newer one is on its way when this one ages. */
  of(leaderId: NodeId | null): readonly LeaderView[] {
    if (leaderId === null) return []
    const { clock, viewsMs } = this.deps
    const ageMs = leaderId === this.#leaderId ? clock.monotonicMs() - this.#atMs : Infinity
    if (ageMs >= viewsMs) void this.#refresh(leaderId)
    return ageMs < 5 * viewsMs ? this.#views : []
  }

  async #refresh(leaderId: NodeId): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const answer = await this.deps.requests.ask(leaderId, 'members', null, this.deps.viewsMs)
    this.#asking = false
    if (answer.type !== 'answered' || !answer.ok) return
    this.#views = parseLeaderViews(answer.body)
    this.#leaderId = leaderId
    this.#atMs = this.deps.clock.monotonicMs()
  }
}

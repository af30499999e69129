/** Leadership transfer as the leader carries it out: begun through the core, ended by its word or by a deadline. */
import type { NodeId } from '../raft/types'
import type { Clock } from './clock'
import type { Driver } from './driver'

export class Handover {
  #waiters: { readonly to: NodeId | null; readonly end: (leaderId: NodeId | null) => void }[] = []

  constructor(
    private readonly clock: Clock,
    private readonly driver: Driver,
    /** Usual deadline. */
    readonly deadlineMs: number
  ) {}

  /** `to` null: the best voter. Resolves with the new leader, or null when nobody has taken over. */
  async run(to: NodeId | null, timeoutMs: number): Promise<NodeId | null> {
    let end: (leaderId: NodeId | null) => void = () => {}
    const ended = new Promise<NodeId | null>((resolve) => (end = resolve))
    const cancel = this.clock.after(timeoutMs, () => end(null))
    this.#waiters.push({ to, end })
    const { refusal } = await this.driver.attempt({ type: 'transferLeadership', to })
    if (refusal !== null && refusal !== 'leadershipTransferInProgress') end(null)
    const leaderId = await ended
    cancel()
    this.#waiters = this.#waiters.filter((waiter) => waiter.end !== end)
    return leaderId
  }

  onEnded(to: NodeId, success: boolean): void {
    for (const waiter of [...this.#waiters]) if ((waiter.to ?? to) === to) waiter.end(success ? to : null)
  }

  /** There is a leader, and it is not this node: however it came about, leadership was handed over. */
  onLeader(leaderId: NodeId): void {
    for (const { end } of [...this.#waiters]) end(leaderId)
  }
}

/**
 * Saves messages on the leader: an AppendEntries without entries, whose only news is the commitIndex, waits a moment
 * for the next one with entries, which carries the same news.
 *
 * To a member that waits for an apply of its own (it forwarded a write, or asked for a read index) it goes at once.
 * To hold one back or to drop one is no more than the network may do; the next heartbeat says the same again.
 */
import type { AppendEntries, Message, NodeId } from '../raft/types'
import type { Clock } from './clock'

/** What a member that waits for nothing may lag behind for the sake of fewer messages. */
const HELD_MS = 2
/** A member that asked for something is taken to wait for so long. */
const WAITING_MS = 200

export class CommitNotices {
  readonly #held = new Map<NodeId, AppendEntries>()
  readonly #waitingUntilMs = new Map<NodeId, number>()
  #timed = false

  constructor(
    private readonly clock: Clock,
    private readonly send: (message: Message) => void,
    private readonly halted: () => boolean
  ) {}

  /** Sends now, or holds a commit notice back. */
  pass(message: Message): void {
    if (message.type !== 'AppendEntries') return this.send(message)
    const { to, entries } = message
    if (entries.length > 0 || (this.#waitingUntilMs.get(to) ?? 0) > this.clock.monotonicMs()) {
      this.#held.delete(to)
      return this.send(message)
    }
    this.#held.set(to, message)
    if (this.#timed) return
    this.#timed = true
    this.clock.after(HELD_MS, this.#release)
  }

  /** `peer` cannot go on before it knows what is committed. */
  waits(peer: NodeId): void {
    this.#waitingUntilMs.set(peer, this.clock.monotonicMs() + WAITING_MS)
    const held = this.#held.get(peer)
    if (held === undefined) return
    this.#held.delete(peer)
    this.send(held)
  }

  readonly #release = (): void => {
    this.#timed = false
    const held = [...this.#held.values()]
    this.#held.clear()
    if (!this.halted()) for (const message of held) this.send(message)
  }
}

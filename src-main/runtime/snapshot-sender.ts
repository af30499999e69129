/**
 * Streams the latest snapshot to followers that lag behind the log: one stream per peer, given up when this node no
 * longer leads in the term in which it began.
 *
 * Invariant: each order of the core is answered once, unless a newer order for the same peer replaced it.
 */
import type { NodeId, Term } from '../raft/types'
import type { SnapshotStore } from '../storage/ports'
import type { Transport } from '../transport/ports'
import type { Clock } from './clock'
import { size, type Logger } from './log'

export class SnapshotSender {
  sent = 0
  readonly #streams = new Map<NodeId, AbortController>()

  constructor(
    private readonly deps: {
      readonly clock: Clock
      readonly log: Logger
      readonly store: SnapshotStore
      readonly transport: () => Transport
      readonly nameOf: (id: NodeId) => string
      readonly onEnded: (to: NodeId, success: boolean) => void
    }
  ) {}

  get active(): number {
    return this.#streams.size
  }

  send(to: NodeId, term: Term): void {
    this.#streams.get(to)?.abort()
    const controller = new AbortController()
    this.#streams.set(to, controller)
    void this.#stream(to, term, controller.signal).then((success) => {
      if (this.#streams.get(to) !== controller) return
      this.#streams.delete(to)
      this.deps.onEnded(to, success)
    })
  }

  /** Leadership, or the term, has changed: nobody waits for these any more. */
  abort(): void {
    for (const controller of this.#streams.values()) controller.abort()
  }

  async #stream(to: NodeId, term: Term, signal: AbortSignal): Promise<boolean> {
    const { clock, log, nameOf, store } = this.deps
    const startedMs = clock.monotonicMs()
    try {
      const meta = await store.latest()
      if (meta === null) throw new Error('there is no snapshot')
      const { index, bytes } = meta
      log.info({ event: 'snapshot_send', to, index, bytes }, `Sending ${nameOf(to)} the whole farm (${size(bytes)}).`)
      const reader = await store.open(meta)
      try {
        await this.deps.transport().sendSnapshot(to, term, reader, signal)
      } finally {
        await reader.close()
      }
      this.sent++
      const ms = Math.round(clock.monotonicMs() - startedMs)
      log.info({ event: 'snapshot_sent', to, index, ms }, `${nameOf(to)} has the whole farm, after ${ms} ms.`)
      return true
    } catch (error) {
      log.warn(
        { event: 'snapshot_send_failed', to, err: error },
        `Sending ${nameOf(to)} the whole farm failed; it goes on later.`
      )
      return false
    }
  }
}

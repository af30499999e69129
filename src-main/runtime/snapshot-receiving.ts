/**
 * Decides about snapshots that leaders offer. At most one is received at a time: the offer of a later term, or of
 * a newer snapshot in the same, replaces the one before; chunks that came before a broken connection are kept.
 */
import type { LogIndex, NodeId, SnapshotMeta, Term } from '../raft/types'
import { StoragePoisoned, type SnapshotReceiver, type SnapshotStore } from '../storage/ports'
import { size, type Logger } from './log'

export class SnapshotReceiving {
  received = 0
  #current: { readonly term: Term; readonly meta: SnapshotMeta } | null = null
  #busy = false

  constructor(
    private readonly deps: {
      readonly log: Logger
      readonly store: SnapshotStore
      readonly term: () => Term
      readonly appliedIndex: () => LogIndex
      readonly accepting: () => boolean
      readonly nameOf: (id: NodeId) => string
      readonly onFailure: (error: unknown) => void
    }
  ) {}

  async offer(from: NodeId, term: Term, meta: SnapshotMeta, chunks: number): Promise<SnapshotReceiver | null> {
    if (!this.#isWelcome(term, meta)) return null
    // Nothing of it is needed; but the leader does not know how far this node is, and learns it by the answer.
    if (meta.index <= this.deps.appliedIndex()) return nothingMissing(chunks)
    this.#busy = true
    try {
      // The store ends the reception before this one, and keeps its chunks where it is of the same snapshot.
      const receiver = await this.deps.store.receive(meta, chunks)
      this.#current = { term, meta }
      const fields = { event: 'snapshot_receive', from, index: meta.index, bytes: meta.bytes, of: chunks }
      this.deps.log.info(
        { ...fields, present: receiver.chunksPresent },
        `${this.deps.nameOf(from)} sends the whole farm (${size(meta.bytes)}), for this machine has missed a lot.`
      )
      return this.#watched(receiver)
    } catch (error) {
      if (error instanceof StoragePoisoned) this.deps.onFailure(error)
      else this.deps.log.warn({ event: 'snapshot_refused', from, index: meta.index, err: error }, 'Cannot receive it.')
      return null
    } finally {
      this.#busy = false
    }
  }

  onReceived(meta: SnapshotMeta): void {
    this.received++
    if (this.#current?.meta.sha256 === meta.sha256) this.#current = null
  }

  /** A disk that fails is this node's business, not only the stream's. */
  #watched(receiver: SnapshotReceiver): SnapshotReceiver {
    const watch = async (operation: Promise<void>): Promise<void> => {
      try {
        await operation
      } catch (error) {
        if (error instanceof StoragePoisoned) this.deps.onFailure(error)
        throw error
      }
    }
    return {
      chunksPresent: receiver.chunksPresent,
      write: (sequence, chunk, crc32) => watch(receiver.write(sequence, chunk, crc32)),
      commit: () => watch(receiver.commit()),
      abort: () => receiver.abort()
    }
  }

  #isWelcome(term: Term, meta: SnapshotMeta): boolean {
    if (this.#busy || !this.deps.accepting()) return false
    if (term < this.deps.term()) return false
    const current = this.#current
    return current === null || term > current.term || meta.index >= current.meta.index
  }
}

const nothingMissing = (chunks: number): SnapshotReceiver => ({
  chunksPresent: chunks,
  write: () => Promise.reject(new Error('this chunk was not asked for')),
  commit: () => Promise.resolve(),
  abort: () => Promise.resolve()
})

/** Watches a LogStore: what it acknowledged, and what it gives back. Works for any implementation of the port. */
import type { HardState, LogIndex, NodeId, RecoveredState, Term } from '../../src-main/raft/types'
import type { LogRecord, LogStore, StoragePoisoned } from '../../src-main/storage/ports'

export interface StoreObserver {
  recovered(id: NodeId, state: RecoveredState): void
  appending(id: NodeId, record: LogRecord): void
  resetting(id: NodeId): void
  compacting(id: NodeId, firstIndex: LogIndex): void
  appended(id: NodeId, record: LogRecord): void
  reset(id: NodeId, index: LogIndex, hardState: HardState): void
}

export class ObservedLogStore implements LogStore {
  constructor(
    private readonly store: LogStore,
    private readonly id: NodeId,
    private readonly observer: StoreObserver
  ) {}

  get bytes(): number {
    return this.store.bytes
  }

  get failure(): StoragePoisoned | null {
    return this.store.failure
  }

  async recover(): Promise<RecoveredState> {
    const state = await this.store.recover()
    this.observer.recovered(this.id, state)
    return state
  }

  append(record: LogRecord): Promise<void> {
    this.observer.appending(this.id, record)
    return this.store.append(record).then(() => this.observer.appended(this.id, record))
  }

  reset(after: { index: LogIndex; term: Term }, hardState: HardState): Promise<void> {
    this.observer.resetting(this.id)
    return this.store.reset(after, hardState).then(() => this.observer.reset(this.id, after.index, hardState))
  }

  compact(firstIndex: LogIndex): Promise<void> {
    this.observer.compacting(this.id, firstIndex)
    return this.store.compact(firstIndex)
  }

  close(): Promise<void> {
    return this.store.close()
  }
}

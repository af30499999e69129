/** Watches the stores: what they acknowledge, and what they give back. Works for any implementation of the ports. */
import type { HardState, LogIndex, NodeId, RecoveredState, Term } from '../../src-main/raft/types'
import type { LogRecord, LogStore, SnapshotStore, StoragePoisoned } from '../../src-main/storage/ports'

export interface StoreObserver {
  recovered(id: NodeId, state: RecoveredState): void
  appending(id: NodeId, record: LogRecord): void
  resetting(id: NodeId): void
  compacting(id: NodeId, firstIndex: LogIndex): void
  appended(id: NodeId, record: LogRecord): void
  reset(id: NodeId, index: LogIndex, hardState: HardState): void
  snapshot(id: NodeId, index: LogIndex): void
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

/** A snapshot arrives from elsewhere. */
export interface Reception {
  /** All of it is here; resolves when it may be made durable. */
  commits(): Promise<void>
  ends(): void
}

/** Tells of every snapshot that is whole and durable. */
export function observedSnapshots(
  store: SnapshotStore,
  id: NodeId,
  observer: StoreObserver,
  reception: Reception
): SnapshotStore {
  return {
    create: async (of) => {
      const writer = await store.create(of)
      return {
        write: (chunk) => writer.write(chunk),
        commit: async () => {
          const meta = await writer.commit()
          observer.snapshot(id, meta.index)
          return meta
        },
        abort: () => writer.abort()
      }
    },
    receive: async (meta, chunks) => {
      const receiver = await store.receive(meta, chunks)
      return {
        get chunksPresent() {
          return receiver.chunksPresent
        },
        write: (sequence, chunk, crc32) => receiver.write(sequence, chunk, crc32),
        commit: async () => {
          await reception.commits()
          await receiver.commit()
          observer.snapshot(id, meta.index)
          reception.ends()
        },
        abort: () => receiver.abort()
      }
    },
    latest: () => store.latest(),
    open: (meta) => store.open(meta),
    close: () => store.close()
  }
}

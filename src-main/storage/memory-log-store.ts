/**
 * The log in memory, for tests and simulations of everything above storage: the same answers and the same
 * refusals as on files. What "survives" lies in a medium that outlives the store.
 */
import {
  asIndex,
  asTerm,
  type Entry,
  type HardState,
  type LogIndex,
  type RecoveredState,
  type Term
} from '../raft/types'
import { isDiskFull } from './disk'
import { assertAppendable, assertHardState, LogExtent } from './log-extent'
import { StoragePoisoned, type LogRecord, type LogStore } from './ports'

export interface MemoryLogMedium {
  hardState: HardState
  readonly extent: LogExtent
  entries: Entry[]
  /** Called before each write with what it is for; what it throws is the failure of the disk. */
  onWrite: (operation: 'append' | 'reset' | 'compact') => void | Promise<void>
}

export const createMemoryLogMedium = (): MemoryLogMedium => {
  const extent = new LogExtent()
  extent.begin(1)
  return {
    hardState: { term: asTerm(0), votedFor: null, commit: asIndex(0) },
    extent,
    entries: [],
    onWrite: () => undefined
  }
}

/** One store at a time may use a medium. */
export const createMemoryLogStore = (medium: MemoryLogMedium = createMemoryLogMedium()): LogStore =>
  new MemoryLogStore(medium)

class MemoryLogStore implements LogStore {
  #failure: StoragePoisoned | null = null
  #hint: HardState | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(private readonly medium: MemoryLogMedium) {}

  get bytes(): number {
    return this.medium.entries.reduce((sum, entry) => sum + entry.data.length, 0)
  }

  get failure(): StoragePoisoned | null {
    return this.#failure
  }

  recover(): Promise<RecoveredState> {
    return this.#inTurn(async () => {
      if (this.#state !== 'new') throw new Error('recover is called once, first')
      this.#state = 'open'
      const { hardState, entries } = this.medium
      return { hardState, snapshot: null, entries: [...entries] }
    })
  }

  append(record: LogRecord): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertOpen()
      const { hardState, entries, sync } = record
      const before = this.#hint ?? this.medium.hardState
      assertAppendable(this.medium.extent, before, record)
      if (!sync && entries.length === 0 && hardState.term === before.term && hardState.votedFor === before.votedFor) {
        this.#hint = hardState
        return
      }
      await this.#written('append', 'writing to the log')
      const { extent } = this.medium
      if (entries[0] !== undefined) this.medium.entries.length = entries[0].index - 1 - extent.base
      extent.append(entries)
      for (const entry of entries) this.medium.entries.push(entry)
      this.#settle(hardState)
    })
  }

  reset(after: { index: LogIndex; term: Term }, hardState: HardState): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertOpen()
      assertHardState(this.#hint ?? this.medium.hardState, hardState)
      await this.#written('reset', 'discarding the log')
      this.medium.extent.reset(after.index, after.term)
      this.medium.entries.length = 0
      this.#settle(hardState)
    })
  }

  /** Drops exactly what lies below; files can only drop whole segments, so callers may count on neither. */
  compact(firstIndex: LogIndex): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertOpen()
      const { extent, entries } = this.medium
      const count = Math.min(firstIndex - 1, extent.last) - extent.base
      if (count <= 0) return
      await this.#written('compact', 'compacting the log')
      const last = entries[count - 1] as Entry
      entries.splice(0, count)
      extent.base = last.index
      extent.baseTerm = last.term
    })
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === 'open' && this.#failure === null && this.#hint !== null) this.#settle(this.#hint)
      this.#state = 'closed'
    })
  }

  #settle(hardState: HardState): void {
    this.medium.hardState = hardState
    this.#hint = null
  }

  #assertOpen(): void {
    if (this.#failure !== null) throw this.#failure
    if (this.#state !== 'open') throw new Error(this.#state === 'new' ? 'recover comes first' : 'the log is closed')
  }

  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(operation)
    this.#queue = result.catch(() => undefined)
    return result
  }

  async #written(operation: 'append' | 'reset' | 'compact', name: string): Promise<void> {
    try {
      await this.medium.onWrite(operation)
    } catch (cause) {
      this.#failure = new StoragePoisoned(name, { cause, diskFull: isDiskFull(cause) })
      throw this.#failure
    }
  }
}

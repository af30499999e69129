/**
 * Owns the farm: applies committed entries in log order, replaces the farm by received snapshots, and tells what
 * changed.
 *
 * Invariant: each committed entry is applied exactly once and in order; an installed snapshot stands in for all
 * entries up to its index. Long batches are sliced without reordering. `appliedIndex` is what the farm shows.
 */
import { Farm } from '../farm/farm'
import type { Envelope } from '../farm/types'
import { asIndex, type Entry, type LogIndex, type SnapshotMeta } from '../raft/types'
import type { ApplyOrder } from './apply-order'
import type { Clock } from './clock'
import type { RuntimeLimits } from './limits'
import type { Logger } from './log'
import type { Proposals } from './proposals'
import type { ReplicaEvent } from './replica'
import { Slices } from './slices'

export interface ApplierListener {
  /** The farm holds everything up to `index`. Not called for every entry, but at the end of every batch. */
  onApplied(index: LogIndex): void
  /** The farm was replaced by the snapshot. */
  onInstalled(meta: SnapshotMeta): void
  onFailure(error: unknown): void
}

/** null: superseded on the way. */
export type LoadFarm = (meta: SnapshotMeta, slices: Slices, superseded: () => boolean) => Promise<Farm | null>

/** Entries between two looks at the clock. */
const ENTRIES_PER_LOOK = 64

export class Applier {
  farm: Farm
  appliedIndex: LogIndex
  /** Entries and characters applied since the farm was loaded. */
  appliedEntries = 0
  appliedChars = 0
  readonly #listeners: ((event: ReplicaEvent) => void)[] = []
  #queue: (readonly Entry[])[] = []
  #position = 0
  #scheduled = false
  /** The snapshot that is being loaded, and the one to be loaded instead. */
  #installing: SnapshotMeta | null = null
  #next: SnapshotMeta | null = null
  #stopped = false

  constructor(
    private readonly deps: {
      readonly clock: Clock
      readonly limits: RuntimeLimits
      readonly log: Logger
      readonly proposals: Proposals
      readonly order: ApplyOrder
      readonly load: LoadFarm
      readonly listener: ApplierListener
    },
    initial: { readonly farm: Farm; readonly appliedIndex: LogIndex }
  ) {
    this.farm = initial.farm
    this.appliedIndex = initial.appliedIndex
  }

  get installing(): boolean {
    return this.#installing !== null
  }

  /** Batches of entries that wait to be applied. */
  get waiting(): number {
    return this.#queue.length
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    this.#listeners.push(listener)
    return () => {
      const at = this.#listeners.indexOf(listener)
      if (at >= 0) this.#listeners.splice(at, 1)
    }
  }

  emit(event: ReplicaEvent): void {
    for (const listener of this.#listeners.slice()) {
      try {
        listener(event)
      } catch (error) {
        this.deps.log.error({ event: 'listener_failed', type: event.type, err: error }, 'A listener failed.')
      }
    }
  }

  apply(entries: readonly Entry[]): void {
    this.#queue.push(entries)
    if (this.#scheduled || this.#installing !== null) return
    if (this.deps.order.later(this.#resume)) this.#scheduled = true
    else this.#drain()
  }

  /** Replaces the farm; entries that wait are all before the snapshot's end and are dropped. */
  install(meta: SnapshotMeta): void {
    this.#queue = []
    this.#position = 0
    if (this.#installing === null) void this.#load(meta)
    else this.#next = meta
  }

  stop(): void {
    this.#stopped = true
    this.#queue = []
  }

  readonly #resume = (): void => {
    this.#scheduled = false
    if (this.#installing === null && !this.#stopped) this.#drain()
  }

  #drain(): void {
    const slices = new Slices(this.deps.clock, this.deps.limits.sliceMs)
    const events: ReplicaEvent[] = []
    try {
      while (this.#queue.length > 0) {
        const entries = this.#queue[0]!
        const end = Math.min(this.#position + ENTRIES_PER_LOOK, entries.length)
        while (this.#position < end) this.#applyOne(entries[this.#position++]!, events)
        if (this.#position < entries.length) {
          if (!slices.used) continue
          this.#scheduled = true
          this.deps.clock.soon(this.#resume)
          break
        }
        this.#queue.shift()
        this.#position = 0
        this.#tell(events.splice(0))
        this.deps.listener.onApplied(this.appliedIndex)
      }
    } catch (error) {
      this.stop()
      this.deps.listener.onFailure(error)
    }
    this.#tell(events)
  }

  #applyOne(entry: Entry, events: ReplicaEvent[]): void {
    const { index, data } = entry
    this.appliedEntries++
    this.appliedChars += data.length
    if (entry.kind === 'command') {
      const own = this.deps.proposals.find(data)
      const kept = own !== null && own.data === data ? own.envelope : null
      const envelope = kept ?? this.#parse(index, data)
      if (envelope !== null) {
        const applied = this.farm.apply(index, envelope)
        if (own !== null) this.deps.proposals.settle(own, applied.outcome)
        if (this.#listeners.length > 0) {
          if (applied.reset) events.push({ type: 'reset', index })
          else if (applied.changes.length > 0) events.push({ type: 'changes', index, changes: applied.changes })
        }
      }
    }
    this.appliedIndex = index
  }

  /** Text that is no JSON changes nothing, on no node. */
  #parse(index: LogIndex, data: string): Envelope | null {
    try {
      return JSON.parse(data) as Envelope
    } catch (error) {
      this.deps.log.error({ event: 'entry_malformed', index, err: error }, 'A log entry is not JSON and is skipped.')
      return null
    }
  }

  #tell(events: readonly ReplicaEvent[]): void {
    for (const event of events) this.emit(event)
  }

  async #load(first: SnapshotMeta): Promise<void> {
    const slices = new Slices(this.deps.clock, this.deps.limits.sliceMs)
    let meta = first
    try {
      for (;;) {
        this.#installing = meta
        this.#next = null
        const farm = await this.deps.load(meta, slices, () => this.#next !== null || this.#stopped)
        if (this.#stopped) return
        if (farm !== null && this.#next === null) {
          this.#replace(meta, farm)
          return
        }
        meta = this.#next ?? meta
      }
    } catch (error) {
      this.stop()
      this.deps.listener.onFailure(error)
    }
  }

  #replace(meta: SnapshotMeta, farm: Farm): void {
    this.#installing = null
    this.farm = farm
    this.appliedIndex = meta.index
    this.deps.proposals.afterInstall((session, seq) => farm.lookup(session, seq))
    this.emit({ type: 'reset', index: asIndex(meta.index) })
    this.deps.listener.onInstalled(meta)
    this.deps.listener.onApplied(meta.index)
    if (this.#queue.length > 0) this.#resume()
  }
}

/**
 * Takes snapshots of the farm in the background: when enough of the log has gone by, or when asked.
 *
 * Invariant: one at a time; the farm's view is taken between two entries, so it is exactly the state at one index.
 * Encoding is done in slices, each chunk is written before the next is made. The log is given up only through the
 * core, after the snapshot is durable.
 */
import type { TextChunks } from '../farm/snapshot'
import type { Configuration, LogIndex, NodeId, SnapshotMeta, Term } from '../raft/types'
import type { SnapshotStore, SnapshotWriter } from '../storage/ports'
import type { Clock } from './clock'
import type { RuntimeLimits } from './limits'
import { size, type Logger } from './log'
import { Slices } from './slices'

/** Version of the farm's encoding, as named in a snapshot's description. */
const FARM_FORMAT = 1
/** So much more log each member waits for than the one before it; encoding takes less time than that much takes to come. */
const TURN_CHARS = 2 * 1024 * 1024

/** The farm between two entries. */
export interface SnapshotSource {
  readonly index: LogIndex
  readonly term: Term
  readonly configuration: Configuration
  readonly configurationIndex: LogIndex
  readonly open: () => TextChunks
}

interface Caller {
  readonly index: LogIndex
  readonly resolve: (meta: SnapshotMeta) => void
  readonly reject: (error: unknown) => void
}

export class Snapshotter {
  taken = 0
  #last: SnapshotMeta | null
  /** Counters of the applier at the last snapshot. */
  #entries = 0
  #chars = 0
  #running = false
  #cancelled = false
  #stopped: unknown = null
  #writing: Promise<void> = Promise.resolve()
  #callers: Caller[] = []

  constructor(
    private readonly deps: {
      readonly self: NodeId
      readonly clock: Clock
      readonly limits: RuntimeLimits
      readonly log: Logger
      readonly store: SnapshotStore
      readonly source: () => SnapshotSource | null
      readonly applied: () => { readonly entries: number; readonly chars: number }
      readonly onCreated: (meta: SnapshotMeta) => void
      readonly onFailure: (error: unknown) => void
    },
    last: SnapshotMeta | null
  ) {
    this.#last = last
  }

  get last(): SnapshotMeta | null {
    return this.#last
  }

  get running(): boolean {
    return this.#running
  }

  /** At the end of a turn: begins a snapshot when one is due. */
  consider(): void {
    if (!this.#running && this.#stopped === null && this.#isDue()) this.#begin()
  }

  /** Resolves with a snapshot at or beyond what is applied now. */
  take(): Promise<SnapshotMeta> {
    const source = this.deps.source()
    if (this.#stopped !== null) return Promise.reject(this.#stopped)
    if (source === null) return Promise.reject(new Error('the state machine is being replaced'))
    if (this.#last !== null && this.#last.index >= source.index) return Promise.resolve(this.#last)
    return new Promise((resolve, reject) => {
      this.#callers.push({ index: source.index, resolve, reject })
      if (!this.#running) this.#begin()
    })
  }

  /** The farm was replaced by this snapshot: what is being written is outdated. */
  replacedBy(meta: SnapshotMeta): void {
    this.#cancelled = this.#running
    this.#note(meta)
  }

  /** Resolves once nothing is being written any more. */
  async stop(reason: unknown): Promise<void> {
    this.#stopped ??= reason
    this.#cancelled = this.#running
    for (const { reject } of this.#callers.splice(0)) reject(reason)
    await this.#writing
  }

  #isDue(): boolean {
    const { snapshotEntriesMin, snapshotCharsMin, snapshotCharsMax, logPerSnapshot } = this.deps.limits
    const { entries, chars } = this.deps.applied()
    const sinceChars = chars - this.#chars
    const charsMin = entries - this.#entries >= snapshotEntriesMin ? snapshotCharsMin : snapshotCharsMax
    const dueChars = Math.max(charsMin, (this.#last?.bytes ?? 0) * logPerSnapshot)
    // Asked at every turn: whose turn it is counts only once a snapshot is due at all.
    return sinceChars >= dueChars && sinceChars >= dueChars + this.#turnChars()
  }

  /** Members apply the same entries: by its place among them each waits longer, so that not all encode at once. */
  #turnChars(): number {
    const members = Object.keys(this.deps.source()?.configuration.members ?? {}).sort()
    const place = Math.max(0, members.indexOf(this.deps.self))
    return place * Math.min(TURN_CHARS, this.deps.limits.snapshotCharsMin / Math.max(1, members.length))
  }

  #begin(): void {
    const source = this.deps.source()
    if (source === null) return
    this.#running = true
    this.#cancelled = false
    const { entries, chars } = this.deps.applied()
    const startedMs = this.deps.clock.monotonicMs()
    this.#writing = this.#write(source).then(
      (meta) => {
        this.#running = false
        if (meta !== null) {
          this.#entries = entries
          this.#chars = chars
          this.#created(meta, startedMs)
        }
        this.#goOn()
      },
      (error: unknown) => {
        this.#running = false
        void this.stop(error)
        this.deps.onFailure(error)
      }
    )
  }

  #created(meta: SnapshotMeta, startedMs: number): void {
    if (this.#stopped !== null) return
    this.taken++
    this.#note(meta)
    const ms = Math.round(this.deps.clock.monotonicMs() - startedMs)
    const { index, bytes } = meta
    const line = `Snapshot taken at entry ${index}: ${size(bytes)} in ${ms} ms.`
    this.deps.log.info({ event: 'snapshot_taken', index, bytes, ms }, line)
    this.deps.onCreated(meta)
  }

  #note(meta: SnapshotMeta): void {
    if (this.#last === null || meta.index > this.#last.index) this.#last = meta
    const served = this.#callers.filter(({ index }) => index <= meta.index)
    this.#callers = this.#callers.filter(({ index }) => index > meta.index)
    for (const { resolve } of served) resolve(meta)
  }

  #goOn(): void {
    if (this.#callers.length > 0 && this.#stopped === null) this.#begin()
  }

  /** null when it was cancelled. */
  async #write(source: SnapshotSource): Promise<SnapshotMeta | null> {
    const { index, term, configuration, configurationIndex } = source
    const { clock, limits, store } = this.deps
    const { chunks, close } = source.open()
    let writer: SnapshotWriter | null = null
    try {
      writer = await store.create({ index, term, configuration, configurationIndex, format: FARM_FORMAT })
      const slices = new Slices(clock, limits.sliceMs)
      for (const chunk of chunks) {
        if (this.#cancelled) return await this.#abort(writer)
        await writer.write(chunk)
        // The next chunk is a slice of its own, whatever this one took.
        await slices.yield()
      }
      if (this.#cancelled) return await this.#abort(writer)
      return await writer.commit()
    } finally {
      close()
    }
  }

  async #abort(writer: SnapshotWriter): Promise<null> {
    await writer.abort()
    return null
  }
}

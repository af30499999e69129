/**
 * The log on NeDB files. Owns the folder it is given: segments log-<number>.db and the ballast.
 *
 * One record is one line is one write is one barrier, and the next record is written only after the barrier of
 * the one before: so at most one record is ever in doubt (torn-tail.ts). Records are never changed: entries are
 * superseded by later records, and space is freed by whole segments.
 */
import { join } from 'node:path'
import type { Entry, HardState, LogIndex, RecoveredState, Term } from '../raft/types'
import { BALLAST_BYTES, dropBallast, ensureBallast } from './ballast'
import { NEWLINE } from './checked-line'
import { isDiskFull, type Disk } from './disk'
import { assertAppendable, assertHardState } from './log-extent'
import { toDocument, type SegmentHead } from './log-record'
import { LogReplay, REMEDY, type ReplayedSegment } from './log-replay'
import { StorageDamaged, StoragePoisoned, type LogRecord, type LogStore } from './ports'
import { RESERVE_BYTES } from './reserve'
import { Segment, segmentName, segmentNumber, type SegmentSizes } from './segment'

const SEGMENT_BYTES = 4 * 1024 * 1024

export interface NedbLogStoreOptions {
  readonly disk: Disk
  /** This store's own folder; made when missing. */
  readonly dir: string
  /** A record that would begin beyond this starts a new segment. */
  readonly segmentBytes?: number
  /** Room made at a time for records to come, RESERVE_BYTES at most; 0: none. */
  readonly reserveBytes?: number
  /** 0: none. */
  readonly ballastBytes?: number
}

export const createNedbLogStore = (options: NedbLogStoreOptions): LogStore => new NedbLogStore(options)

class NedbLogStore implements LogStore {
  readonly #disk: Disk
  readonly #dir: string
  readonly #sizes: SegmentSizes
  readonly #ballastBytes: number
  #log: LogReplay
  #active: Segment | null = null
  /** A commit hint not yet in a record. */
  #hint: HardState | null = null
  #failure: StoragePoisoned | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(options: NedbLogStoreOptions) {
    this.#disk = options.disk
    this.#dir = options.dir
    const { segmentBytes = SEGMENT_BYTES, reserveBytes = RESERVE_BYTES } = options
    this.#sizes = { segmentBytes, reserveBytes }
    this.#ballastBytes = options.ballastBytes ?? BALLAST_BYTES
    this.#log = new LogReplay(options.disk, options.dir)
  }

  get bytes(): number {
    return this.#log.extent.bytes
  }

  get failure(): StoragePoisoned | null {
    return this.#failure
  }

  recover(): Promise<RecoveredState> {
    return this.#inTurn(async () => {
      if (this.#state !== 'new') throw new Error('recover is called once, first')
      const numbers = (await this.#disk.list(this.#dir)).map(segmentNumber).filter((number) => number !== null)
      const last = await this.#replay(numbers)
      // All that is there has been verified: only from here on anything is changed.
      await this.#guarded('opening the log', async () => {
        await this.#disk.mkdir(this.#dir)
        await this.#settle(last)
        await ensureBallast(this.#disk, this.#dir, this.#ballastBytes)
      })
      this.#state = 'open'
      const { hardState, entries } = this.#log
      return { hardState, snapshot: null, entries: entries.splice(0) }
    })
  }

  append(record: LogRecord): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertOpen()
      const { hardState, entries, sync } = record
      const before = this.#hint ?? this.#log.hardState
      assertAppendable(this.#log.extent, before, record)
      if (!sync && entries.length === 0 && hardState.term === before.term && hardState.votedFor === before.votedFor) {
        this.#hint = hardState
        return
      }
      await this.#guarded('writing to the log', () => this.#write(hardState, entries))
    })
  }

  reset(after: { index: LogIndex; term: Term }, hardState: HardState): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertOpen()
      assertHardState(this.#hint ?? this.#log.hardState, hardState)
      await this.#guarded('discarding the log', async () => {
        const { extent } = this.#log
        const number = (this.#active as Segment).number + 1
        extent.reset(after.index, after.term)
        await this.#begin({ segment: number, base: after.index, baseTerm: after.term, reset: true }, hardState, [])
        await this.#unlinkSegments(extent.droppable(Infinity))
      })
    })
  }

  compact(firstIndex: LogIndex): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertOpen()
      const dropped = this.#log.extent.droppable(firstIndex)
      if (dropped.length > 0) await this.#guarded('compacting the log', () => this.#unlinkSegments(dropped))
    })
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === 'closed') return
      const hint = this.#hint
      const open = this.#state === 'open' && this.#failure === null
      this.#state = 'closed'
      if (open && hint !== null) await this.#guarded('closing the log', () => this.#write(hint, []))
      const active = this.#active
      this.#active = null
      await this.#guarded('closing the log', async () => active?.close(this.#failure === null))
    })
  }

  /** Reads all segments; returns the last one. */
  async #replay(numbers: readonly number[]): Promise<ReplayedSegment | null> {
    let last: ReplayedSegment | null = null
    for (const [at, number] of numbers.entries()) {
      const expected = (numbers[0] as number) + at
      if (number !== expected) throw new StorageDamaged(this.#path(expected), 'this log segment is missing', REMEDY)
      last = await this.#log.segment(number, at === numbers.length - 1)
    }
    if (last !== null && last.end === 0 && numbers.length === 1 && last.number > 1) {
      throw new StorageDamaged(last.path, 'its records are gone, and there is no other segment', REMEDY)
    }
    return last
  }

  /** Removes what was never acknowledged, and opens the last segment for writing or makes a new one. */
  async #settle(last: ReplayedSegment | null): Promise<void> {
    if (last !== null && last.end > 0) return this.#continue(last)
    const { hardState, extent } = this.#log
    if (last !== null) await this.#unlinkSegments([last.number])
    const head = { segment: last?.number ?? 1, base: extent.last, baseTerm: extent.lastTerm, reset: false }
    await this.#begin(head, hardState, [])
  }

  /**
   * The last record may have been read from a cache that never reached the disk (a process that died, or a
   * barrier that failed, between write and barrier), so it is written once more, the same bytes in the same
   * place, and a barrier waited for, before anybody counts on it.
   */
  async #continue(segment: ReplayedSegment): Promise<void> {
    const file = await this.#disk.open(segment.path, 'readWrite')
    this.#active = await Segment.continue(segment.number, file, segment.end, this.#sizes)
    if (segment.size > segment.end) await file.truncate(segment.end)
    await file.writeDurable(Buffer.concat([segment.lastLine, Buffer.of(NEWLINE)]), segment.lastLineOffset)
    await file.datasync()
    await this.#disk.syncDirectory(this.#dir)
  }

  async #write(hardState: HardState, entries: readonly Entry[]): Promise<void> {
    const active = this.#active as Segment
    if (active.bytes >= this.#sizes.segmentBytes) {
      const { last, lastTerm } = this.#log.extent
      const head = { segment: active.number + 1, base: last, baseTerm: lastTerm, reset: false }
      return this.#begin(head, hardState, entries)
    }
    return this.#append(active, null, hardState, entries)
  }

  async #begin(head: SegmentHead, hardState: HardState, entries: readonly Entry[]): Promise<void> {
    const before = this.#active
    const segment = await Segment.create(this.#disk, this.#dir, head.segment, this.#sizes)
    this.#active = segment
    await before?.close(true)
    this.#log.extent.begin(head.segment)
    await this.#append(segment, head, hardState, entries)
    await this.#disk.syncDirectory(this.#dir)
  }

  async #append(
    segment: Segment,
    head: SegmentHead | null,
    hardState: HardState,
    entries: readonly Entry[]
  ): Promise<void> {
    const log = this.#log
    const bytes = segment.bytes
    log.crc = await segment.append(toDocument(log.sequence + 1, log.crc, head, hardState, entries))
    log.sequence++
    log.hardState = hardState
    log.extent.append(entries)
    log.extent.grow(segment.bytes - bytes)
    this.#hint = null
  }

  /** In ascending order, each durable before the next: a crash in between leaves no gap. */
  async #unlinkSegments(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      await this.#disk.unlink(this.#path(number))
      await this.#disk.syncDirectory(this.#dir)
      this.#log.extent.drop(number)
    }
  }

  #path(number: number): string {
    return join(this.#dir, segmentName(number))
  }

  #assertOpen(): void {
    if (this.#failure !== null) throw this.#failure
    if (this.#state !== 'open') throw new Error(this.#state === 'new' ? 'recover comes first' : 'the log is closed')
  }

  /** One operation at a time, in the order of the calls. */
  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(operation)
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** Whatever fails in here poisons the store for good: what the disk holds now is known only after a restart. */
  async #guarded(name: string, operation: () => Promise<void>): Promise<void> {
    try {
      await operation()
    } catch (cause) {
      if (cause instanceof StorageDamaged) throw cause
      const diskFull = isDiskFull(cause)
      this.#failure = new StoragePoisoned(name, { cause, diskFull })
      if (diskFull) await dropBallast(this.#disk, this.#dir)
      throw this.#failure
    }
  }
}

/**
 * Rebuilds hard state and log from the segments, in order, and refuses whatever does not fit. Only reads.
 */
import { join } from 'node:path'
import { asIndex, asTerm, type Entry, type HardState } from '../raft/types'
import { isWhole } from './checked-line'
import { isUnreadable, type Disk, type DiskFile } from './disk'
import { lineBatches, readRest } from './line-reader'
import { LogExtent } from './log-extent'
import { FIRST_PREV, foreignFormat, LOG_FORMAT, parseRecord, type LogDocument, type ParsedRecord } from './log-record'
import { StorageDamaged } from './ports'
import { segmentName } from './segment'
import { judgeTail, lengthWithoutZeros } from './torn-tail'

export const REMEDY =
  'Nothing was changed. Put the folder back from a backup of this very node made while it was stopped, or remove ' +
  'this node from the cluster and let it join again with an empty data folder'

const NOTHING: HardState = { term: asTerm(0), votedFor: null, commit: asIndex(0) }

const NO_BYTES = Buffer.alloc(0)

export interface ReplayedSegment {
  readonly number: number
  readonly path: string
  readonly records: number
  /** Bytes in whole records; beyond them stand a torn write, or nothing, and zeros. */
  readonly end: number
  /** Bytes of the torn write. */
  readonly torn: number
  readonly size: number
  readonly lastLine: Buffer
  readonly lastLineOffset: number
}

export class LogReplay {
  readonly extent = new LogExtent()
  readonly entries: Entry[] = []
  hardState = NOTHING
  sequence = 0
  crc = FIRST_PREV
  #started = false

  constructor(
    private readonly disk: Disk,
    private readonly dir: string
  ) {}

  async segment(number: number, isLast: boolean): Promise<ReplayedSegment> {
    const path = join(this.dir, segmentName(number))
    const file = await this.disk.open(path, 'read')
    try {
      return await this.#replay(number, path, file, isLast)
    } catch (error) {
      if (isUnreadable(error)) throw new StorageDamaged(path, 'the disk cannot read it', REMEDY)
      throw error
    } finally {
      await file.close()
    }
  }

  async #replay(number: number, path: string, file: DiskFile, isLast: boolean): Promise<ReplayedSegment> {
    const damaged = (reason: string): StorageDamaged => new StorageDamaged(path, reason, REMEDY)
    let lastLine: Buffer = NO_BYTES
    let lastLineOffset = 0
    this.extent.begin(number)
    let end = 0
    let records = 0
    scan: for await (const lines of lineBatches(file)) {
      for (const { bytes, offset } of lines) {
        if (offset === 0) this.#refuseForeign(path, bytes)
        if (!isWhole(bytes)) break scan
        const record = parseRecord(JSON.parse(bytes.toString('latin1')) as LogDocument)
        const problem = record === null ? 'is not a log record' : this.#apply(record, number, offset === 0)
        if (problem !== null) throw damaged(`the record at byte ${offset} ${problem}`)
        this.extent.grow(bytes.length + 1)
        lastLine = bytes
        lastLineOffset = offset
        end = offset + bytes.length + 1
        records++
      }
    }
    const size = await file.size()
    const tail = end < size ? await readRest(file, end) : NO_BYTES
    const torn = lengthWithoutZeros(tail)
    if (torn > 0) {
      if (end === 0) this.#refuseForeign(path, tail)
      if (!isLast) throw damaged(`the record at byte ${end} is damaged`)
      const verdict = judgeTail(tail, end)
      if (!verdict.torn) throw damaged(verdict.reason)
    }
    if (end === 0 && !isLast) throw damaged('it is empty, and more segments follow it')
    return { number, path, records, end, torn, size, lastLine, lastLineOffset }
  }

  #refuseForeign(path: string, line: Buffer): void {
    const format = foreignFormat(line)
    if (format === null) return
    throw new StorageDamaged(
      path,
      `its format is "${format}", and this version of Raft3D reads raft3d-log/${LOG_FORMAT} only`,
      'Start the version of Raft3D that wrote it'
    )
  }

  /** What is wrong with the record, or null once it is taken in. */
  #apply(record: ParsedRecord, segment: number, isFirst: boolean): string | null {
    const { extent } = this
    const { head, entries, first, sequence, prev, crc } = record
    if (isFirst !== (head !== null)) return isFirst ? 'is not the first of a segment' : 'begins another segment'
    if (head !== null && head.segment !== segment) return `belongs to segment ${head.segment}`
    if (this.#started || segment === 1) {
      if (sequence !== this.sequence + 1) return `has number ${sequence}, expected was ${this.sequence + 1}`
      if (prev !== this.crc) return 'does not continue the record before it'
    }
    if (head !== null && (head.reset || !this.#started)) {
      extent.reset(head.base, head.baseTerm)
      this.entries.length = 0
    } else if (head !== null && (head.base !== extent.last || head.baseTerm !== extent.lastTerm)) {
      return `continues a log that ends at ${head.base} of term ${head.baseTerm}, but it ends at ${extent.last} of ${extent.lastTerm}`
    }
    if (entries.length > 0) {
      if (first > extent.last + 1) return `holds entries from ${first} on, but the log ends at ${extent.last}`
      this.entries.length = Math.max(0, first - 1 - extent.base)
      extent.append(entries)
      for (const entry of entries) this.entries.push(entry)
    }
    this.#started = true
    this.hardState = record.hardState
    this.sequence = sequence
    this.crc = crc
    return null
  }
}

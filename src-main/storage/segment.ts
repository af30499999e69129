/**
 * One segment file of the log: a NeDB datastore on a descriptor held open, to which lines are only ever added.
 * They take the place of zeros that were put there beforehand (reserve.ts).
 */
import { join } from 'node:path'
import { sealLine } from './checked-line'
import { openDatastore, type DocumentFile } from './datastore'
import type { Disk, DiskFile } from './disk'
import type { LogDocument } from './log-record'
import { Reserve } from './reserve'

const NAME = /^log-(\d{10})\.db$/

export const segmentName = (number: number): string => `log-${String(number).padStart(10, '0')}.db`

/** Null for a file that is no segment. */
export const segmentNumber = (name: string): number | null => {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

export interface SegmentSizes {
  /** A record that would begin beyond this starts a new segment. */
  readonly segmentBytes: number
  /** Room made beforehand at a time; 0: none. */
  readonly reserveBytes: number
}

export class Segment {
  readonly #reserve: Reserve
  #datastore: DocumentFile<LogDocument> | null = null
  #lastCrc = ''

  private constructor(
    readonly number: number,
    private readonly file: DiskFile,
    /** Bytes in whole lines. */
    public bytes: number,
    { segmentBytes, reserveBytes }: SegmentSizes
  ) {
    this.#reserve = new Reserve(file, bytes, reserveBytes, segmentBytes)
  }

  static async create(disk: Disk, dir: string, number: number, sizes: SegmentSizes): Promise<Segment> {
    const segment = new Segment(number, await disk.create(join(dir, segmentName(number))), 0, sizes)
    await segment.#load()
    return segment
  }

  /** `file` holds whole lines in its first `bytes` bytes, and nothing else. */
  static async continue(number: number, file: DiskFile, bytes: number, sizes: SegmentSizes): Promise<Segment> {
    const segment = new Segment(number, file, bytes, sizes)
    await segment.#load()
    return segment
  }

  async #load(): Promise<void> {
    this.#datastore = await openDatastore<LogDocument>(this.file.path, async (document) => {
      const { line, crc } = sealLine(document)
      const end = this.bytes + line.length
      const roomComes = this.#reserve.wait(end)
      if (roomComes !== null) await roomComes
      await this.file.writeDurable(line, this.bytes)
      this.#reserve.used(end)
      this.#lastCrc = crc
      this.bytes = end
    })
  }

  /** Durable when it resolves; resolves with the line's CRC. After a failure the segment must not be used. */
  async append(document: LogDocument): Promise<string> {
    if (this.#datastore === null) throw new Error(`segment ${this.number} is closed`)
    await this.#datastore.insert(document)
    return this.#lastCrc
  }

  /** `trim`: the room that was not used goes back to the disk. */
  async close(trim: boolean): Promise<void> {
    this.#datastore = null
    await this.#reserve.settle()
    if (trim && this.#reserve.isBehind(this.bytes)) await this.file.truncate(this.bytes)
    await this.file.close()
  }
}

/**
 * One segment file of the log: a NeDB datastore on a descriptor held open, to which lines are only ever added.
 */
import { join } from 'node:path'
import { sealLine } from './checked-line'
import { openDatastore, type DocumentFile } from './datastore'
import type { Disk, DiskFile } from './disk'
import type { LogDocument } from './log-record'

const NAME = /^log-(\d{10})\.db$/

export const segmentName = (number: number): string => `log-${String(number).padStart(10, '0')}.db`

/** Null for a file that is no segment. */
export const segmentNumber = (name: string): number | null => {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

export class Segment {
  #datastore: DocumentFile<LogDocument> | null = null
  #lastCrc = ''

  private constructor(
    readonly number: number,
    private readonly file: DiskFile,
    /** Bytes in whole lines. */
    public bytes: number,
    public records: number
  ) {}

  static async create(disk: Disk, dir: string, number: number): Promise<Segment> {
    const segment = new Segment(number, await disk.create(join(dir, segmentName(number))), 0, 0)
    await segment.#load([])
    return segment
  }

  /** `documents`: what `file` holds in its first `bytes` bytes, read and verified. */
  static async continue(
    number: number,
    file: DiskFile,
    bytes: number,
    documents: readonly LogDocument[]
  ): Promise<Segment> {
    const segment = new Segment(number, file, bytes, documents.length)
    await segment.#load(documents)
    return segment
  }

  async #load(documents: readonly LogDocument[]): Promise<void> {
    this.#datastore = await openDatastore(this.file.path, documents, async (document) => {
      const { line, crc } = sealLine(document)
      await this.file.writeDurable(line, this.bytes)
      document.crc = crc
      this.#lastCrc = crc
      this.bytes += line.length
      this.records++
    })
  }

  /** Durable when it resolves; resolves with the line's CRC. After a failure the segment must not be used. */
  async append(document: LogDocument): Promise<string> {
    if (this.#datastore === null) throw new Error(`segment ${this.number} is closed`)
    await this.#datastore.insert(document)
    return this.#lastCrc
  }

  async close(): Promise<void> {
    this.#datastore = null
    await this.file.close()
  }
}

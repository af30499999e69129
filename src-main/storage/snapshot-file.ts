/**
 * A snapshot file being written: chunks are added, then it is sealed with its manifest. Memory holds one chunk at a
 * time. A barrier every few megabytes keeps the last one short, so that the log's barriers need not wait behind it.
 *
 * After a failed write or barrier nothing more is written to the file, and it never gets a final name.
 */
import { createHash } from 'node:crypto'
import type { SnapshotMeta } from '../raft/types'
import { isWhole, sealLine } from './checked-line'
import { openDatastore, type DocumentFile } from './datastore'
import { isDiskFull, isUnreadable, type Disk, type DiskFile } from './disk'
import { lineBatches } from './line-reader'
import { SNAPSHOT_CHUNK_CHARS, StoragePoisoned } from './ports'
import {
  chunkDocument,
  foreignSnapshotFormat,
  headDocument,
  manifestDocument,
  parseChunk,
  type SnapshotDocument
} from './snapshot-document'

const BARRIER_BYTES = 4 * 1024 * 1024

export class SnapshotFile {
  readonly #hash = createHash('sha256')
  #datastore: DocumentFile<SnapshotDocument> | null = null
  #failure: StoragePoisoned | null = null
  #position = 0
  #unsynced = 0
  chunks = 0
  /** UTF-8 bytes of the content so far. */
  contentBytes = 0

  private constructor(private readonly file: DiskFile) {}

  get path(): string {
    return this.file.path
  }

  static async create(disk: Disk, path: string): Promise<SnapshotFile> {
    const snapshot = new SnapshotFile(await guarded(() => disk.create(path)))
    await snapshot.#load()
    try {
      await snapshot.#insert(headDocument())
    } catch (error) {
      await snapshot.close()
      await disk.unlink(path).catch(() => undefined)
      throw error
    }
    return snapshot
  }

  /** Goes on with an unsealed file: keeps its whole leading chunks and cuts off the rest. Null when it has none. */
  static async resume(disk: Disk, path: string): Promise<SnapshotFile | null> {
    const file = await disk.open(path, 'readWrite')
    const snapshot = new SnapshotFile(file)
    try {
      if (await snapshot.#readChunks()) {
        await guarded(async () => {
          await file.truncate(snapshot.#position)
          await file.datasync()
        })
        await snapshot.#load()
        return snapshot
      }
    } catch (error) {
      await file.close()
      if (isUnreadable(error)) return null
      throw error
    }
    await file.close()
    return null
  }

  async append(chunk: string): Promise<void> {
    if (chunk.length > SNAPSHOT_CHUNK_CHARS) {
      throw new Error(`a chunk of ${chunk.length} characters; the bound is ${SNAPSHOT_CHUNK_CHARS}`)
    }
    await this.#insert(chunkDocument(this.chunks, chunk))
    this.#count(chunk)
    if (this.#unsynced >= BARRIER_BYTES) await this.sync()
  }

  /** Barrier over what has been appended. */
  async sync(): Promise<void> {
    await this.#guarded(() => this.file.datasync())
    this.#unsynced = 0
  }

  /** SHA-256 over the content, in lower-case hex. */
  sha256(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Whole and durable when it resolves, under the name it has. */
  async seal(meta: SnapshotMeta): Promise<void> {
    await this.sync()
    await this.#insert(manifestDocument(meta, this.chunks))
    await this.sync()
    await this.close()
  }

  async close(): Promise<void> {
    if (this.#datastore === null) return
    this.#datastore = null
    await this.file.close()
  }

  #count(chunk: string): void {
    this.chunks++
    this.contentBytes += Buffer.byteLength(chunk)
    this.#hash.update(chunk)
  }

  async #load(): Promise<void> {
    this.#datastore = await openDatastore<SnapshotDocument>(this.file.path, async (document) => {
      const { line } = sealLine(document)
      await this.file.write(line, this.#position)
      this.#position += line.length
      this.#unsynced += line.length
    })
  }

  async #insert(document: SnapshotDocument): Promise<void> {
    await this.#guarded(async () => {
      if (this.#datastore === null) throw new Error(`${this.file.path} is closed`)
      await this.#datastore.insert(document)
    })
  }

  async #readChunks(): Promise<boolean> {
    for await (const lines of lineBatches(this.file)) {
      for (const { bytes, offset } of lines) {
        if (!isWhole(bytes)) return this.#position > 0
        if (offset === 0) {
          if (foreignSnapshotFormat(bytes) !== null) return false
        } else {
          const chunk = parseChunk(JSON.parse(bytes.toString('latin1')) as SnapshotDocument, this.chunks)
          if (chunk === null) return this.#position > 0
          this.#count(chunk)
        }
        this.#position = offset + bytes.length + 1
      }
    }
    return this.#position > 0
  }

  async #guarded<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#failure !== null) throw this.#failure
    try {
      return await guarded(operation)
    } catch (error) {
      this.#failure = error as StoragePoisoned
      throw error
    }
  }
}

/** Turns what fails in here into the failure that callers know. */
export const guarded = async <T>(operation: () => Promise<T>): Promise<T> => {
  try {
    return await operation()
  } catch (cause) {
    throw new StoragePoisoned('writing a snapshot', { cause, diskFull: isDiskFull(cause) })
  }
}

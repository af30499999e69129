/**
 * Reads snapshots under their final names, verifying every line. Only reads.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { SnapshotMeta } from '../raft/types'
import { isWhole, NEWLINE } from './checked-line'
import { isUnreadable, type Disk, type DiskFile } from './disk'
import { lineBatches } from './line-reader'
import { REMEDY } from './log-replay'
import { StorageDamaged, type SnapshotReader } from './ports'
import {
  chunkCrc32,
  finalName,
  foreignSnapshotFormat,
  parseChunk,
  parseManifest,
  type SnapshotDocument
} from './snapshot-document'

const HEAD_BYTES_MAX = 256
const MANIFEST_BYTES_EXPECTED = 16 * 1024

export interface Manifest {
  readonly meta: SnapshotMeta
  readonly chunks: number
}

const damaged = (path: string, reason: string): StorageDamaged => new StorageDamaged(path, reason, REMEDY)

/** The last line of the file, which must end in a newline. */
const readLastLine = async (file: DiskFile): Promise<Buffer | null> => {
  const size = await file.size()
  for (let length = MANIFEST_BYTES_EXPECTED; ; length *= 2) {
    const from = Math.max(0, size - length)
    const bytes = await file.read(from, size - from)
    if (bytes[bytes.length - 1] !== NEWLINE) return null
    const before = bytes.lastIndexOf(NEWLINE, bytes.length - 2)
    if (before !== -1) return bytes.subarray(before + 1, -1)
    if (from === 0) return null
  }
}

/** The manifest of the snapshot named `name`. Rejects with StorageDamaged when head, manifest and name do not fit. */
export const readManifest = async (disk: Disk, dir: string, name: string): Promise<Manifest> => {
  const path = join(dir, name)
  const file = await disk.open(path, 'read')
  try {
    const head = await file.read(0, HEAD_BYTES_MAX)
    const format = foreignSnapshotFormat(head)
    if (typeof format === 'string') {
      throw new StorageDamaged(
        path,
        `its format is "${format}", which this version of Raft3D does not read`,
        'Start the version of Raft3D that wrote it'
      )
    }
    const headEnd = head.indexOf(NEWLINE)
    if (format === undefined || headEnd === -1 || !isWhole(head.subarray(0, headEnd))) {
      throw damaged(path, 'its first line is damaged')
    }
    const line = await readLastLine(file)
    if (line === null || !isWhole(line)) throw damaged(path, 'its manifest is damaged or missing')
    const manifest = parseManifest(JSON.parse(line.toString('latin1')) as SnapshotDocument)
    if (manifest === null) throw damaged(path, 'its manifest is missing')
    if (finalName(manifest.meta) !== name) throw damaged(path, 'its manifest does not fit its name')
    return manifest
  } catch (error) {
    if (isUnreadable(error)) throw damaged(path, 'the disk cannot read it')
    throw error
  } finally {
    await file.close()
  }
}

/** `onClose` is called once. */
export class FileSnapshotReader implements SnapshotReader {
  #closed = false

  constructor(
    private readonly file: DiskFile,
    private readonly manifest: Manifest,
    private readonly onClose: () => Promise<void>
  ) {}

  get meta(): SnapshotMeta {
    return this.manifest.meta
  }

  get chunks(): number {
    return this.manifest.chunks
  }

  async *read(from = 0): AsyncGenerator<{ sequence: number; chunk: string; crc32: number }> {
    const { path } = this.file
    const hash = createHash('sha256')
    let next = -1
    try {
      for await (const lines of lineBatches(this.file)) {
        for (const { bytes } of lines) {
          const sequence = next++
          if (sequence < from || sequence >= this.chunks) continue
          const document = isWhole(bytes) ? (JSON.parse(bytes.toString('latin1')) as SnapshotDocument) : null
          const chunk = document === null ? null : parseChunk(document, sequence)
          if (chunk === null) throw damaged(path, `chunk ${sequence} is damaged`)
          if (from === 0) hash.update(chunk)
          yield { sequence, chunk, crc32: chunkCrc32(chunk) }
        }
      }
    } catch (error) {
      if (isUnreadable(error)) throw damaged(path, 'the disk cannot read it')
      throw error
    }
    if (next < this.chunks + 1) throw damaged(path, `it ends before chunk ${Math.max(0, next)}`)
    if (from === 0 && hash.digest('hex') !== this.meta.sha256)
      throw damaged(path, 'its content does not fit its SHA-256')
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.file.close()
    await this.onClose()
  }
}

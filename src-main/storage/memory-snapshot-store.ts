/**
 * Snapshots in memory, for tests and simulations of everything above storage. What "survives" lies in a medium
 * that outlives the store.
 */
import { createHash } from 'node:crypto'
import type { SnapshotMeta } from '../raft/types'
import { SNAPSHOT_CHUNK_CHARS, type SnapshotReceiver, type SnapshotStore } from './ports'
import { chunkCrc32, finalName, SnapshotRejected } from './snapshot-document'

interface Held {
  readonly meta: SnapshotMeta
  readonly chunks: readonly string[]
}

export interface MemorySnapshotMedium {
  /** In ascending order of index. */
  whole: Held[]
  receiving: { readonly name: string; readonly chunks: string[] } | null
}

const SNAPSHOTS_KEPT = 2

export const createMemorySnapshotMedium = (): MemorySnapshotMedium => ({ whole: [], receiving: null })

const contentOf = (chunks: readonly string[]): { bytes: number; sha256: string } => {
  const hash = createHash('sha256')
  let bytes = 0
  for (const chunk of chunks) {
    hash.update(chunk)
    bytes += Buffer.byteLength(chunk)
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** One store at a time may use a medium. */
export const createMemorySnapshotStore = (medium = createMemorySnapshotMedium()): SnapshotStore => {
  const keep = (meta: SnapshotMeta, chunks: readonly string[]): void => {
    const name = finalName(meta)
    const others = medium.whole.filter((held) => finalName(held.meta) !== name)
    const all = [...others, { meta, chunks }].sort((a, b) => (finalName(a.meta) < finalName(b.meta) ? -1 : 1))
    medium.whole = all.filter((held, at) => held.meta === meta || at >= all.length - SNAPSHOTS_KEPT)
  }

  /** Of the attempts to receive one, only the last may go on. */
  let attempts = 0

  const receiver = (meta: SnapshotMeta, expected: number, chunks: string[]): SnapshotReceiver => {
    const attempt = ++attempts
    const assertLast = (): void => {
      if (attempt !== attempts) throw new SnapshotRejected('another attempt has taken the place of this one')
    }
    return {
      chunksPresent: chunks.length,
      async write(sequence, chunk, crc32) {
        assertLast()
        if (sequence !== chunks.length || sequence >= expected) {
          throw new SnapshotRejected(`chunk ${sequence} of ${expected} came, expected was ${chunks.length}`)
        }
        if (chunkCrc32(chunk) !== crc32) throw new SnapshotRejected(`chunk ${sequence} does not fit its checksum`)
        assertChunk(chunk)
        chunks.push(chunk)
      },
      async commit() {
        assertLast()
        if (chunks.length !== expected) throw new SnapshotRejected(`${chunks.length} chunks of ${expected} are here`)
        medium.receiving = null
        const { bytes, sha256 } = contentOf(chunks)
        if (bytes !== meta.bytes || sha256 !== meta.sha256) {
          throw new SnapshotRejected('the content does not fit the announced size and SHA-256')
        }
        keep(meta, chunks)
      },
      abort: async () => undefined
    }
  }

  return {
    async create(of) {
      const chunks: string[] = []
      return {
        async write(chunk) {
          assertChunk(chunk)
          chunks.push(chunk)
        },
        async commit() {
          const meta: SnapshotMeta = { ...of, ...contentOf(chunks) }
          keep(meta, chunks)
          return meta
        },
        abort: async () => undefined
      }
    },
    async receive(meta, expected) {
      const name = finalName(meta)
      const here = medium.whole.find((held) => finalName(held.meta) === name)
      if (here !== undefined) return { ...receiver(meta, expected, [...here.chunks]), commit: async () => undefined }
      if (medium.receiving?.name !== name) medium.receiving = { name, chunks: [] }
      return receiver(meta, expected, medium.receiving.chunks)
    },
    async latest() {
      return medium.whole.at(-1)?.meta ?? null
    },
    async open(meta) {
      const held = medium.whole.find((other) => finalName(other.meta) === finalName(meta))
      if (held === undefined) throw new Error(`there is no snapshot at ${meta.index}`)
      return {
        meta: held.meta,
        chunks: held.chunks.length,
        async *read(from = 0) {
          for (const [sequence, chunk] of held.chunks.entries()) {
            if (sequence >= from) yield { sequence, chunk, crc32: chunkCrc32(chunk) }
          }
        },
        close: async () => undefined
      }
    },
    close: async () => undefined
  }
}

const assertChunk = (chunk: string): void => {
  if (chunk.length > SNAPSHOT_CHUNK_CHARS) {
    throw new Error(`a chunk of ${chunk.length} characters; the bound is ${SNAPSHOT_CHUNK_CHARS}`)
  }
}

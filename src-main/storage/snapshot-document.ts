/**
 * What the lines of a snapshot file hold: a head that names the format, the chunks in order, and last the manifest.
 * The manifest is written only after a barrier over everything before it, and the file gets its final name only
 * after a barrier over the manifest: under a final name a snapshot is whole, or damaged.
 */
import { crc32 } from 'node:zlib'
import { asIndex, asTerm, type Configuration, type SnapshotMeta } from '../raft/types'

const FORMAT = 'raft3d-snapshot/1'
const FINAL = /^snap-(\d{16})-(\d{10})-([0-9a-f]{16})\.db$/
const SHA_DIGITS = 16

export type SnapshotDocument = Record<string, unknown>

/** This is not the snapshot that was announced; what has arrived of it is of no use. */
export class SnapshotRejected extends Error {
  readonly code = 'snapshot_rejected'
}

/** What `write` of a receiver expects with a chunk, and a reader gives: CRC-32 of its UTF-8 bytes. */
export const chunkCrc32 = (chunk: string): number => crc32(chunk)

const label = ({ index, term, sha256 }: SnapshotMeta): string =>
  `${String(index).padStart(16, '0')}-${String(term).padStart(10, '0')}-${sha256.slice(0, SHA_DIGITS)}`

export const finalName = (meta: SnapshotMeta): string => `snap-${label(meta)}.db`
export const receivingName = (meta: SnapshotMeta): string => `receiving-${label(meta)}.db`
export const creatingName = (number: number): string => `creating-${number}.db`

export const isFinalName = (name: string): boolean => FINAL.test(name)
export const isReceivingName = (name: string): boolean => /^receiving-.*\.db$/.test(name)
export const isCreatingName = (name: string): boolean => /^creating-.*\.db$/.test(name)

const chunkId = (sequence: number): string => String(sequence).padStart(8, '0')

export const headDocument = (): SnapshotDocument => ({ format: FORMAT, _id: 'head' })

export const chunkDocument = (sequence: number, chunk: string): SnapshotDocument => ({
  _id: chunkId(sequence),
  text: chunk
})

export const manifestDocument = (meta: SnapshotMeta, chunks: number): SnapshotDocument => ({
  _id: 'manifest',
  index: meta.index,
  term: meta.term,
  // A string: node ids are keys in it, and NeDB takes no dots in keys.
  configuration: JSON.stringify(meta.configuration),
  configurationIndex: meta.configurationIndex,
  bytes: meta.bytes,
  sha256: meta.sha256,
  stateFormat: meta.format,
  chunks
})

/** The format named by a head line that is not this one; null when it is this one, undefined when it is no head. */
export const foreignSnapshotFormat = (line: Buffer): string | null | undefined => {
  const format = /^\{"format":"([^"]{1,64})"/.exec(line.toString('latin1', 0, 100))?.[1]
  return format === undefined ? undefined : format === FORMAT ? null : format
}

/** The chunk of that place, or null. */
export const parseChunk = (document: SnapshotDocument, sequence: number): string | null =>
  document._id === chunkId(sequence) && typeof document.text === 'string' ? document.text : null

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

export const parseManifest = (document: SnapshotDocument): { meta: SnapshotMeta; chunks: number } | null => {
  const { _id, index, term, configuration, configurationIndex, bytes, sha256, stateFormat, chunks } = document
  if (_id !== 'manifest' || typeof configuration !== 'string' || typeof sha256 !== 'string') return null
  if (!isCount(index) || !isCount(term) || !isCount(configurationIndex)) return null
  if (!isCount(bytes) || !isCount(stateFormat) || !isCount(chunks)) return null
  const meta: SnapshotMeta = {
    index: asIndex(index),
    term: asTerm(term),
    // Covered by the line's checksum, and written by this code from that very type.
    configuration: JSON.parse(configuration) as Configuration,
    configurationIndex: asIndex(configurationIndex),
    bytes,
    sha256,
    format: stateFormat
  }
  return { meta, chunks }
}

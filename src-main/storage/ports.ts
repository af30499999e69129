/**
 * What the runtime needs of a disk. Two implementations pass one conformance suite: NeDB on files, and memory.
 *
 * Invariant: when a promise of `append`, `reset` or `commit` resolves, its content survives a power cut.
 * Any failure of a write or a barrier poisons the store for good: every later call rejects with the same
 * {@link StoragePoisoned}, nothing is retried (fsyncgate), and only a restart recovers from disk.
 */
import type { Entry, HardState, LogIndex, RecoveredState, SnapshotMeta, Term } from '../raft/types'

/** Damage found on opening that is no torn tail of an unacknowledged write. The node must not start. */
export class StorageDamaged extends Error {
  readonly code = 'storage_damaged'
  constructor(
    readonly file: string,
    readonly reason: string,
    readonly remedy: string
  ) {
    super(`${file}: ${reason}. ${remedy}`)
  }
}

/** A write or barrier failed; nothing is acknowledged any more. */
export class StoragePoisoned extends Error {
  readonly code: 'storage_failed' | 'disk_full'
  constructor(operation: string, options: { cause: unknown; diskFull: boolean }) {
    super(
      `${operation} failed: ${options.cause instanceof Error ? options.cause.message : String(options.cause)}`,
      options
    )
    this.code = options.diskFull ? 'disk_full' : 'storage_failed'
  }
}

export interface LogRecord {
  readonly hardState: HardState
  /** May be empty. Stored entries from entries[0].index on are superseded. */
  readonly entries: readonly Entry[]
  /** false: a commit hint only; it needs no barrier, and may be kept for the next record or close. */
  readonly sync: boolean
}

export interface LogStore {
  /**
   * Reads back hard state and log, cutting a torn tail; `snapshot` is null here (recovery.ts joins the two).
   * Rejects with StorageDamaged. Call once, first.
   */
  recover(): Promise<RecoveredState>
  /** One atomic durable record. One call at a time. */
  append(record: LogRecord): Promise<void>
  /** Discards the log; it goes on after `index`. Call only after the snapshot at `index` is durable. */
  reset(after: { index: LogIndex; term: Term }, hardState: HardState): Promise<void>
  /** Frees what lies wholly below `firstIndex`. Call only after a snapshot at or beyond firstIndex - 1 is durable. */
  compact(firstIndex: LogIndex): Promise<void>
  /** Bytes on disk. */
  readonly bytes: number
  readonly failure: StoragePoisoned | null
  close(): Promise<void>
}

/** Content is text in chunks; a chunk is at most SNAPSHOT_CHUNK_CHARS long. */
export interface SnapshotWriter {
  write(chunk: string): Promise<void>
  /** Durable and named from here on; older snapshots beyond the last two are dropped. */
  commit(): Promise<SnapshotMeta>
  abort(): Promise<void>
}

/**
 * A snapshot that arrives in chunks, in any number of attempts. Of these only the last may go on: the others' calls
 * reject with SnapshotRejected. One call at a time.
 */
export interface SnapshotReceiver {
  /** Number of leading chunks already here, durable and verified: where a resumed transfer goes on. */
  readonly chunksPresent: number
  /** Rejects when `crc32` does not fit the chunk or `sequence` is not the next. */
  write(sequence: number, chunk: string, crc32: number): Promise<void>
  /** Verifies count, bytes and sha256; durable from here on. */
  commit(): Promise<void>
  /** Ends this attempt; what has arrived stays for the next. */
  abort(): Promise<void>
}

export interface SnapshotReader {
  readonly meta: SnapshotMeta
  readonly chunks: number
  /** Chunks from `from` on, each verified against its CRC. */
  read(from?: number): AsyncIterable<{ sequence: number; chunk: string; crc32: number }>
  close(): Promise<void>
}

export interface SnapshotStore {
  create(of: Omit<SnapshotMeta, 'bytes' | 'sha256'>): Promise<SnapshotWriter>
  /** Opens or resumes the reception of exactly this snapshot, once the attempt before has ended what it had begun. */
  receive(meta: SnapshotMeta, chunks: number): Promise<SnapshotReceiver>
  /** The newest whole snapshot, or null. */
  latest(): Promise<SnapshotMeta | null>
  open(meta: SnapshotMeta): Promise<SnapshotReader>
  close(): Promise<void>
}

export const SNAPSHOT_CHUNK_CHARS = 256 * 1024

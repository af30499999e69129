/** The simulator's own snapshot store: the SnapshotStore port over chunks in memory that survive processes. */
import { createHash } from 'node:crypto'
import type { SnapshotMeta } from '../../src-main/raft/types'
import {
  StoragePoisoned,
  type SnapshotReader,
  type SnapshotReceiver,
  type SnapshotStore,
  type SnapshotWriter
} from '../../src-main/storage/ports'
import type { DiskHealth } from './disk-faults'
import type { Owner } from './scheduler'

interface StoredSnapshot {
  readonly meta: SnapshotMeta
  readonly chunks: readonly string[]
}

/** What lies on the disk: whole snapshots, and the durable beginning of one that is being received. */
export class SnapshotDisk {
  whole: StoredSnapshot[] = []
  partial: { readonly meta: SnapshotMeta; readonly chunks: string[] } | null = null

  copy(): SnapshotDisk {
    const partial = this.partial === null ? null : { meta: this.partial.meta, chunks: [...this.partial.chunks] }
    return Object.assign(new SnapshotDisk(), { whole: this.whole, partial })
  }

  get latest(): StoredSnapshot | null {
    return this.whole[this.whole.length - 1] ?? null
  }

  add(snapshot: StoredSnapshot): void {
    this.whole = [...this.whole.filter((s) => s.meta.index !== snapshot.meta.index), snapshot]
      .sort((a, b) => a.meta.index - b.meta.index)
      .slice(-2)
  }
}

const digest = (chunks: readonly string[]): { bytes: number; sha256: string } => {
  const hash = createHash('sha256')
  let bytes = 0
  for (const chunk of chunks) {
    hash.update(chunk, 'utf8')
    bytes += Buffer.byteLength(chunk, 'utf8')
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** Stands in for the checksum of a chunk; the receiving store compares it with its own. */
const check = (chunk: string): number => {
  let h = chunk.length
  for (let i = 0; i < chunk.length; i += 97) h = Math.imul(h ^ chunk.charCodeAt(i), 0x01000193)
  return h >>> 0
}

export class SimulatedSnapshotStore implements SnapshotStore {
  constructor(
    private readonly disk: SnapshotDisk,
    private readonly health: DiskHealth,
    private readonly owner: Owner
  ) {}

  async create(of: Omit<SnapshotMeta, 'bytes' | 'sha256'>): Promise<SnapshotWriter> {
    const chunks: string[] = []
    await this.write('create')
    return {
      write: async (chunk) => {
        await this.write('write')
        chunks.push(chunk)
      },
      commit: async () => {
        await this.barrier('commit')
        const meta: SnapshotMeta = { ...of, ...digest(chunks) }
        this.disk.add({ meta, chunks })
        return meta
      },
      abort: async () => undefined
    }
  }

  async receive(meta: SnapshotMeta, chunks: number): Promise<SnapshotReceiver> {
    await this.write('receive')
    const present = this.disk.partial
    const mine = present !== null && present.meta.sha256 === meta.sha256 && present.meta.index === meta.index
    const partial = mine ? present : { meta, chunks: [] }
    this.disk.partial = partial
    return {
      chunksPresent: partial.chunks.length,
      write: async (sequence, chunk, crc32) => {
        await this.write('write')
        if (sequence !== partial.chunks.length) throw new Error(`chunk ${sequence} after ${partial.chunks.length}`)
        if (crc32 !== check(chunk)) throw new Error(`chunk ${sequence} does not match its checksum`)
        partial.chunks.push(chunk)
      },
      commit: async () => {
        await this.barrier('commit')
        const found = digest(partial.chunks)
        if (partial.chunks.length !== chunks || found.sha256 !== meta.sha256) throw new Error('snapshot is not whole')
        this.disk.add({ meta, chunks: partial.chunks })
        if (this.disk.partial === partial) this.disk.partial = null
      },
      abort: async () => undefined
    }
  }

  async latest(): Promise<SnapshotMeta | null> {
    await this.health.read(this.owner)
    return this.disk.latest?.meta ?? null
  }

  async open(meta: SnapshotMeta): Promise<SnapshotReader> {
    await this.health.read(this.owner)
    const found = this.disk.whole.find((s) => s.meta.index === meta.index)
    if (found === undefined) throw new Error(`no snapshot at ${meta.index}`)
    const { chunks } = found
    const health = this.health
    const owner = this.owner
    return {
      meta: found.meta,
      chunks: chunks.length,
      async *read(from = 0) {
        for (let sequence = from; sequence < chunks.length; sequence++) {
          await health.read(owner)
          const chunk = chunks[sequence] as string
          yield { sequence, chunk, crc32: check(chunk) }
        }
      },
      close: async () => undefined
    }
  }

  async close(): Promise<void> {}

  private async write(operation: string): Promise<void> {
    this.report(operation, await this.health.write(this.owner))
  }

  private async barrier(operation: string): Promise<void> {
    this.report(operation, await this.health.barrier(this.owner))
  }

  private report(operation: string, error: 'io' | 'full' | null): void {
    if (error === null) return
    throw new StoragePoisoned(`snapshot ${operation}`, {
      cause: new Error(error === 'full' ? 'ENOSPC: no space left on device' : 'EIO: i/o error'),
      diskFull: error === 'full'
    })
  }
}

/**
 * Snapshots on NeDB files. Owns the folder it is given:
 *   snap-<index>-<term>-<sha>.db       whole snapshots; the last two are kept, and any that is being read
 *   receiving-<index>-<term>-<sha>.db  what has arrived of one; kept for the next attempt
 *   creating-<n>.db                    one being made; worthless after a restart
 *
 * A write that fails fails that snapshot for good, and its file is not used again; the others stay what they were.
 */
import { join } from 'node:path'
import type { SnapshotMeta } from '../raft/types'
import type { Disk } from './disk'
import {
  StoragePoisoned,
  type SnapshotReader,
  type SnapshotReceiver,
  type SnapshotStore,
  type SnapshotWriter
} from './ports'
import {
  chunkCrc32,
  creatingName,
  finalName,
  isCreatingName,
  isFinalName,
  isReceivingName,
  receivingName,
  SnapshotRejected
} from './snapshot-document'
import { guarded, SnapshotFile } from './snapshot-file'
import { FileSnapshotReader, readManifest } from './snapshot-reading'

const SNAPSHOTS_KEPT = 2

export const createNedbSnapshotStore = (options: { readonly disk: Disk; readonly dir: string }): SnapshotStore =>
  new NedbSnapshotStore(options.disk, options.dir)

class NedbSnapshotStore implements SnapshotStore {
  #ready: Promise<void> | null = null
  #created = 0
  #receiver: FileReceiver | null = null
  /** The last reception's file, which is its own until another takes its place. */
  #receiving: string | null = null
  #dropping: Promise<unknown> = Promise.resolve()
  readonly #readers = new Map<string, number>()

  constructor(
    private readonly disk: Disk,
    private readonly dir: string
  ) {}

  async create(of: Omit<SnapshotMeta, 'bytes' | 'sha256'>): Promise<SnapshotWriter> {
    await this.#prepare()
    const file = await SnapshotFile.create(this.disk, join(this.dir, creatingName(++this.#created)))
    return {
      write: (chunk) => this.#orDiscard(file, () => file.append(chunk)),
      commit: async () => {
        const meta: SnapshotMeta = { ...of, bytes: file.contentBytes, sha256: file.sha256() }
        await this.#orDiscard(file, () => this.#commit(file, meta))
        return meta
      },
      abort: () => this.#discard(file)
    }
  }

  async receive(meta: SnapshotMeta, chunks: number): Promise<SnapshotReceiver> {
    await this.#prepare()
    await this.#receiver?.abort()
    this.#receiver = null
    const name = receivingName(meta)
    this.#receiving = name
    const names = await this.disk.list(this.dir)
    if (names.includes(finalName(meta))) return alreadyHere(chunks)
    await this.#unlink(names.filter((other) => isReceivingName(other) && other !== name))
    const file = await this.#openReceiving(join(this.dir, name), names.includes(name))
    this.#receiver = new FileReceiver(file, meta, chunks, {
      append: (chunk) => this.#orDiscard(file, () => file.append(chunk)),
      commit: () => this.#orDiscard(file, () => this.#commit(file, meta)),
      discard: () => this.#discard(file)
    })
    return this.#receiver
  }

  async latest(): Promise<SnapshotMeta | null> {
    await this.#prepare()
    const name = (await this.#finalNames()).at(-1)
    return name === undefined ? null : (await readManifest(this.disk, this.dir, name)).meta
  }

  async open(meta: SnapshotMeta): Promise<SnapshotReader> {
    await this.#prepare()
    const name = finalName(meta)
    this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1)
    const release = async (): Promise<void> => {
      const readers = (this.#readers.get(name) as number) - 1
      if (readers > 0) this.#readers.set(name, readers)
      else this.#readers.delete(name)
    }
    try {
      const manifest = await readManifest(this.disk, this.dir, name)
      const file = await this.disk.open(join(this.dir, name), 'read')
      return new FileSnapshotReader(file, manifest, async () => {
        await release()
        await this.#dropOld(null)
      })
    } catch (error) {
      await release()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#receiver?.abort()
    this.#receiver = null
  }

  /** The barrier, because a name found here may be one whose barrier the process before did not live to see. */
  #prepare(): Promise<void> {
    this.#ready ??= guarded(async () => {
      await this.disk.mkdir(this.dir)
      for (const name of (await this.disk.list(this.dir)).filter(isCreatingName)) {
        await this.disk.unlink(join(this.dir, name))
      }
      await this.disk.syncDirectory(this.dir)
    })
    return this.#ready
  }

  async #openReceiving(path: string, exists: boolean): Promise<SnapshotFile> {
    const resumed = exists ? await SnapshotFile.resume(this.disk, path) : null
    if (resumed !== null) return resumed
    if (exists) await guarded(() => this.disk.unlink(path))
    return SnapshotFile.create(this.disk, path)
  }

  /** Seals the file and gives it its name; one of the same content under that name makes it superfluous. */
  async #commit(file: SnapshotFile, meta: SnapshotMeta): Promise<void> {
    await file.seal(meta)
    const name = finalName(meta)
    if ((await this.#finalNames()).includes(name)) await guarded(() => this.disk.unlink(file.path))
    else await guarded(() => this.#publish(file.path, join(this.dir, name)))
    await this.#dropOld(name)
  }

  /** A name that may not outlive a power cut must not be found, so it goes when the barrier over it fails. */
  async #publish(from: string, to: string): Promise<void> {
    await this.disk.rename(from, to)
    try {
      await this.disk.syncDirectory(this.dir)
    } catch (error) {
      await this.disk.unlink(to)
      throw error
    }
  }

  /** What nobody needs any more: snapshots beyond the last two, and receptions of what is here or older. */
  #dropOld(justWritten: string | null): Promise<void> {
    const drop = async (): Promise<void> => {
      const names = await this.disk.list(this.dir)
      const whole = names.filter(isFinalName)
      const newest = whole.at(-1)?.replace(/^snap/, 'receiving') ?? ''
      await this.#unlink([
        ...whole.slice(0, -SNAPSHOTS_KEPT).filter((name) => name !== justWritten && !this.#readers.has(name)),
        ...names.filter((name) => isReceivingName(name) && name <= newest && name !== this.#receiving)
      ])
    }
    const dropped = this.#dropping.then(drop)
    this.#dropping = dropped.catch(() => undefined)
    return dropped
  }

  /** A file that a write failed on is of no use, and in the way when the disk is full. */
  async #orDiscard(file: SnapshotFile, operation: () => Promise<void>): Promise<void> {
    try {
      await operation()
    } catch (error) {
      if (error instanceof StoragePoisoned) await this.#discard(file).catch(() => undefined)
      throw error
    }
  }

  async #discard(file: SnapshotFile): Promise<void> {
    await file.close()
    const names = await this.disk.list(this.dir)
    await this.#unlink(names.filter((name) => join(this.dir, name) === file.path))
  }

  async #unlink(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    await guarded(async () => {
      for (const name of names) await this.disk.unlink(join(this.dir, name))
      await this.disk.syncDirectory(this.dir)
    })
  }

  /** In ascending order of index: the names are padded. */
  async #finalNames(): Promise<string[]> {
    return (await this.disk.list(this.dir)).filter(isFinalName)
  }
}

const alreadyHere = (chunks: number): SnapshotReceiver => ({
  chunksPresent: chunks,
  write: async (sequence) => {
    throw new SnapshotRejected(`chunk ${sequence} was not asked for: the snapshot is here`)
  },
  commit: async () => undefined,
  abort: async () => undefined
})

class FileReceiver implements SnapshotReceiver {
  readonly chunksPresent: number
  #ended = false
  #atWork: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly file: SnapshotFile,
    private readonly meta: SnapshotMeta,
    private readonly chunks: number,
    private readonly store: {
      append(chunk: string): Promise<void>
      commit(): Promise<void>
      discard(): Promise<void>
    }
  ) {
    this.chunksPresent = file.chunks
  }

  write(sequence: number, chunk: string, crc32: number): Promise<void> {
    return this.#work(async () => {
      if (sequence !== this.file.chunks || sequence >= this.chunks) {
        throw new SnapshotRejected(`chunk ${sequence} of ${this.chunks} came, expected was ${this.file.chunks}`)
      }
      if (chunkCrc32(chunk) !== crc32) throw new SnapshotRejected(`chunk ${sequence} does not fit its checksum`)
      await this.store.append(chunk)
    })
  }

  commit(): Promise<void> {
    return this.#work(async () => {
      const { chunks, contentBytes } = this.file
      if (chunks !== this.chunks) throw new SnapshotRejected(`${chunks} chunks of ${this.chunks} are here`)
      if (contentBytes !== this.meta.bytes || this.file.sha256() !== this.meta.sha256) {
        await this.store.discard()
        throw new SnapshotRejected('the content does not fit the announced size and SHA-256')
      }
      await this.store.commit()
    })
  }

  /** Ends this attempt after what it has begun: the next one opens the same file. What has arrived stays for it. */
  async abort(): Promise<void> {
    this.#ended = true
    await this.#atWork
    await this.file.close()
  }

  #work(task: () => Promise<void>): Promise<void> {
    if (this.#ended) return Promise.reject(new SnapshotRejected('another attempt has taken the place of this one'))
    const done = task()
    this.#atWork = done.catch(() => undefined)
    return done
  }
}

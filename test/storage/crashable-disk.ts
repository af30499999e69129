/**
 * A disk in memory that keeps apart what was written and what is durable, and can lose the difference.
 *
 * Model. A file is an inode: durable bytes, and writes since its last barrier. A folder is durable names, and
 * changes of names since its last `syncDirectory`. `crash` makes of each inode its durable bytes plus any subset
 * of the pending writes, where one that was under way may have arrived as a prefix or as any subset of its
 * sectors (the others hold what was there before, or zeros beyond the old end); and of each folder its durable
 * names plus any subset of the pending changes. A barrier that fails forgets what it should have covered: readers
 * still see it, no later barrier makes it durable. Every decision is asked of `decide`, so a seed replays a run.
 *
 * Deterministic: no clock, no randomness, no thread pool; operations take only microtasks, unless `before` waits.
 */
import { posix } from 'node:path'
import type { Disk, DiskFile } from '../../src-main/storage/disk'

const SECTOR_BYTES = 512

/** A whole number from 0 to `below` - 1. */
export type Decide = (below: number) => number

/** A small seeded generator (xorshift32) for tests. */
export const seeded = (seed: number): Decide => {
  let state = (seed * 2654435761 + 1) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % below
  }
}

export type DiskOperationKind =
  | 'create'
  | 'open'
  | 'list'
  | 'mkdir'
  | 'rename'
  | 'unlink'
  | 'syncDirectory'
  | 'write'
  | 'datasync'
  | 'read'
  | 'truncate'

export interface DiskOperation {
  readonly kind: DiskOperationKind
  readonly path: string
  /** Of a write or read. */
  readonly bytes: number
  /** Counts the operations that change something or are barriers, from 1; 0 for the others. */
  readonly step: number
}

/** The error that the operating system would give. */
export const diskError = (code: 'EIO' | 'ENOSPC' | 'ENOENT' | 'EEXIST' | 'ESHUTDOWN', what: string): Error =>
  Object.assign(new Error(`${code}: ${what}`), { code })

type Change = { readonly position: number; readonly data: Buffer } | { readonly truncatedTo: number }

interface Inode {
  durable: Buffer
  /** Durable bytes with all pending changes. */
  current: Buffer
  pending: Change[]
}

type NameChange =
  | { readonly type: 'link'; readonly name: string; readonly inode: Inode }
  | { readonly type: 'unlink'; readonly name: string }
  | { readonly type: 'rename'; readonly from: string; readonly to: string }

interface Folder {
  durable: Map<string, Inode>
  current: Map<string, Inode>
  pending: NameChange[]
}

export interface CrashableDiskOptions {
  /** Writes that would make the files larger than this, all together, fail with ENOSPC after what still fits. */
  readonly capacityBytes?: number
}

const READS: ReadonlySet<DiskOperationKind> = new Set(['open', 'list', 'read'])

export class CrashableDisk implements Disk {
  /**
   * Called before every operation. What it throws (see {@link diskError}) is the operation's failure; a promise
   * stalls it. A failed write leaves a part of itself in the file, as `failedWriteBytes` says.
   */
  before: (operation: DiskOperation) => void | Promise<void> = () => undefined
  /** How many bytes of a write that `before` fails are in the file all the same. */
  failedWriteBytes: (bytes: number) => number = () => 0
  capacityBytes: number
  /** Operations that change something or are barriers, so far. */
  steps = 0
  /** Files open in this life. */
  openFiles = 0
  #life = 0
  readonly #folders = new Map<string, Folder>()

  constructor(options: CrashableDiskOptions = {}) {
    this.capacityBytes = options.capacityBytes ?? Infinity
  }

  // --- the port ------------------------------------------------------------------------------------------------

  async create(path: string): Promise<DiskFile> {
    await this.#step('create', path)
    const folder = this.#folderOf(path)
    const name = posix.basename(path)
    if (folder.current.has(name)) throw diskError('EEXIST', path)
    const inode: Inode = { durable: Buffer.alloc(0), current: Buffer.alloc(0), pending: [] }
    change(folder, { type: 'link', name, inode })
    return this.#handle(path, inode)
  }

  async open(path: string, _access: 'read' | 'readWrite'): Promise<DiskFile> {
    await this.#step('open', path)
    return this.#handle(path, this.#inode(path))
  }

  async list(dir: string): Promise<readonly string[]> {
    await this.#step('list', dir)
    return [...(this.#folders.get(dir)?.current.keys() ?? [])].sort()
  }

  /** Durable at once, as the port's implementations make it. */
  async mkdir(dir: string): Promise<void> {
    await this.#step('mkdir', dir)
    if (!this.#folders.has(dir)) this.#folders.set(dir, { durable: new Map(), current: new Map(), pending: [] })
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step('rename', to)
    this.#inode(from)
    change(this.#folderOf(from), { type: 'rename', from: posix.basename(from), to: posix.basename(to) })
  }

  async unlink(path: string): Promise<void> {
    await this.#step('unlink', path)
    this.#inode(path)
    change(this.#folderOf(path), { type: 'unlink', name: posix.basename(path) })
  }

  async syncDirectory(dir: string): Promise<void> {
    await this.#step('syncDirectory', dir)
    const folder = this.#folder(dir)
    folder.durable = new Map(folder.current)
    folder.pending = []
  }

  async freeBytes(): Promise<number> {
    return Math.max(0, this.capacityBytes - this.#used())
  }

  // --- for tests and simulators --------------------------------------------------------------------------------

  /** Power loss. Open files are gone; what is left is durable. */
  crash(decide: Decide): void {
    this.kill()
    for (const folder of this.#folders.values()) {
      const names = new Map(folder.durable)
      for (const pending of folder.pending) if (decide(2) === 1) apply(names, pending)
      folder.durable = names
      folder.current = new Map(names)
      folder.pending = []
    }
    const inodes = new Set([...this.#folders.values()].flatMap((folder) => [...folder.durable.values()]))
    for (const inode of inodes) {
      inode.durable = inode.current = inode.pending.reduce(
        (bytes, pending) => surviving(bytes, pending, decide),
        inode.durable
      )
      inode.pending = []
    }
  }

  /** The process dies and the machine does not: everything written stays, durable or not. */
  kill(): void {
    this.#life++
    this.openFiles = 0
  }

  /** What a reader would find now; null when there is no such file. */
  contents(path: string): Buffer | null {
    return this.#folders.get(posix.dirname(path))?.current.get(posix.basename(path))?.current ?? null
  }

  /** Paths of all files, sorted. */
  paths(): string[] {
    return [...this.#folders]
      .flatMap(([dir, folder]) => [...folder.current.keys()].map((name) => `${dir}/${name}`))
      .sort()
  }

  /** Puts a file there, durable, replacing what was. */
  put(path: string, bytes: Buffer): void {
    const dir = posix.dirname(path)
    const folder = this.#folders.get(dir) ?? { durable: new Map(), current: new Map(), pending: [] }
    this.#folders.set(dir, folder)
    const inode: Inode = { durable: bytes, current: bytes, pending: [] }
    folder.durable.set(posix.basename(path), inode)
    folder.current.set(posix.basename(path), inode)
  }

  /** Takes a file away, durably. */
  remove(path: string): void {
    const folder = this.#folderOf(path)
    folder.durable.delete(posix.basename(path))
    folder.current.delete(posix.basename(path))
  }

  /** Flips one bit on the medium. */
  flipBit(path: string, bit: number): void {
    const inode = this.#inode(path)
    const flipped = Buffer.from(inode.current)
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    inode.durable = inode.current = flipped
    inode.pending = []
  }

  /** A disk of its own with what is on this one, all of it durable. */
  copy(): CrashableDisk {
    const copy = new CrashableDisk({ capacityBytes: this.capacityBytes })
    for (const path of this.paths()) copy.put(path, this.contents(path) as Buffer)
    return copy
  }

  // --- inside --------------------------------------------------------------------------------------------------

  async #step(kind: DiskOperationKind, path: string, bytes = 0): Promise<void> {
    const step = READS.has(kind) ? 0 : ++this.steps
    await this.before({ kind, path, bytes, step })
  }

  #folder(dir: string): Folder {
    const folder = this.#folders.get(dir)
    if (folder === undefined) throw diskError('ENOENT', dir)
    return folder
  }

  #folderOf(path: string): Folder {
    return this.#folder(posix.dirname(path))
  }

  #inode(path: string): Inode {
    const inode = this.#folderOf(path).current.get(posix.basename(path))
    if (inode === undefined) throw diskError('ENOENT', path)
    return inode
  }

  #used(): number {
    let bytes = 0
    for (const folder of this.#folders.values())
      for (const inode of folder.current.values()) bytes += inode.current.length
    return bytes
  }

  #handle(path: string, inode: Inode): DiskFile {
    const life = this.#life
    this.openFiles++
    const alive = (): void => {
      if (life !== this.#life) throw diskError('ESHUTDOWN', `${path} was opened before the crash`)
    }
    const store = (data: Uint8Array, position: number): void => {
      if (data.length === 0) return
      const pending = { position, data: Buffer.from(data) }
      inode.pending.push(pending)
      inode.current = overwrite(inode.current, pending)
    }
    const write = async (data: Uint8Array, position: number): Promise<void> => {
      alive()
      try {
        await this.#step('write', path, data.length)
      } catch (error) {
        store(data.subarray(0, this.failedWriteBytes(data.length)), position)
        throw error
      }
      alive()
      const growth = Math.max(0, position + data.length - inode.current.length)
      const room = this.capacityBytes - this.#used()
      if (growth > room) {
        store(data.subarray(0, data.length - growth + room), position)
        throw diskError('ENOSPC', path)
      }
      store(data, position)
    }
    const datasync = async (): Promise<void> => {
      alive()
      const covered = inode.pending
      try {
        await this.#step('datasync', path)
      } catch (error) {
        // As Linux does: the pages count as clean now, so readers see them and no later barrier writes them.
        inode.pending = []
        throw error
      }
      alive()
      inode.durable = covered.reduce(applied, inode.durable)
      inode.pending = inode.pending.filter((pending) => !covered.includes(pending))
    }
    return {
      path,
      write,
      datasync,
      async writeDurable(data, position) {
        await write(data, position)
        await datasync()
      },
      read: async (position, length) => {
        alive()
        await this.#step('read', path, length)
        return Buffer.from(inode.current.subarray(position, position + length))
      },
      truncate: async (size) => {
        alive()
        await this.#step('truncate', path)
        inode.pending.push({ truncatedTo: size })
        inode.current = truncated(inode.current, size)
      },
      size: async () => inode.current.length,
      close: async () => {
        if (life === this.#life) this.openFiles--
      }
    }
  }
}

const apply = (names: Map<string, Inode>, pending: NameChange): void => {
  if (pending.type === 'link') names.set(pending.name, pending.inode)
  else if (pending.type === 'unlink') names.delete(pending.name)
  else {
    const inode = names.get(pending.from)
    if (inode === undefined) return
    names.delete(pending.from)
    names.set(pending.to, inode)
  }
}

const change = (folder: Folder, pending: NameChange): void => {
  apply(folder.current, pending)
  folder.pending.push(pending)
}

const truncated = (bytes: Buffer, size: number): Buffer =>
  size <= bytes.length ? bytes.subarray(0, size) : Buffer.concat([bytes, Buffer.alloc(size - bytes.length)])

const overwrite = (bytes: Buffer, { position, data }: { position: number; data: Buffer }): Buffer => {
  const result = Buffer.alloc(Math.max(bytes.length, position + data.length))
  bytes.copy(result)
  data.copy(result, position)
  return result
}

const applied = (bytes: Buffer, pending: Change): Buffer =>
  'truncatedTo' in pending ? truncated(bytes, pending.truncatedTo) : overwrite(bytes, pending)

/** What the medium holds of one pending change after a power cut: all, nothing, a prefix, or some sectors. */
const surviving = (bytes: Buffer, pending: Change, decide: Decide): Buffer => {
  const outcome = decide(4)
  if (outcome === 0) return bytes
  if (outcome === 1 || 'truncatedTo' in pending) return applied(bytes, pending)
  if (outcome === 2) {
    return overwrite(bytes, {
      position: pending.position,
      data: pending.data.subarray(0, decide(pending.data.length + 1))
    })
  }
  const { position, data } = pending
  const whole = overwrite(bytes, pending)
  const end = position + data.length
  for (let at = position; at < end;) {
    const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES)
    if (decide(2) === 0) {
      whole.fill(0, at, next)
      bytes.copy(whole, at, Math.min(at, bytes.length), Math.min(next, bytes.length))
    }
    at = next
  }
  return whole
}

/**
 * The disk of this machine. Asynchronous throughout: a barrier may take 30 ms and must not hold the event loop.
 *
 * On Linux `writeDurable` is one pwrite on a second descriptor opened with O_DSYNC: one trip through libuv's pool
 * instead of two, and the same guarantee as fdatasync. Elsewhere O_DSYNC does not reach the platter (macOS) or
 * not through the drive's cache (Windows), so it is write + fdatasync, which libuv maps to F_FULLFSYNC and
 * FlushFileBuffers.
 */
import fs from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Disk, DiskFile } from './disk'

const FILE_MODE = 0o600
const DIR_MODE = 0o700
/** Virus scanners and indexers on Windows hold files open for moments; these are the pauses between tries. */
const RETRY_DELAYS_MS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 3_000]
const RETRIED = new Set(['EPERM', 'EBUSY', 'EACCES'])
const NO_DIRECTORY_SYNC = new Set(['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EACCES'])

const open = promisify(fs.open)
const close = promisify(fs.close)
const fdatasync = promisify(fs.fdatasync)
const fsync = promisify(fs.fsync)
const ftruncate = promisify(fs.ftruncate)
const fstat = promisify(fs.fstat)
const rename = promisify(fs.rename)
const unlink = promisify(fs.unlink)

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

/** A short write is not an error yet: the next write tells why. */
const writeAll = (fd: number, data: Uint8Array, position: number): Promise<void> =>
  new Promise((resolve, reject) => {
    let done = 0
    const next = (): void =>
      fs.write(fd, data, done, data.length - done, position + done, (error, written) => {
        if (error) return reject(error)
        done += written
        if (done < data.length) next()
        else resolve()
      })
    next()
  })

const readAll = (fd: number, buffer: Buffer, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    let done = 0
    const next = (): void =>
      fs.read(fd, buffer, done, buffer.length - done, position + done, (error, bytes) => {
        if (error) return reject(error)
        done += bytes
        if (bytes > 0 && done < buffer.length) next()
        else resolve(done)
      })
    next()
  })

class NodeFile implements DiskFile {
  #syncFd: number | null = null

  constructor(
    readonly path: string,
    readonly fd: number
  ) {}

  write(data: Uint8Array, position: number): Promise<void> {
    return writeAll(this.fd, data, position)
  }

  datasync(): Promise<void> {
    return fdatasync(this.fd)
  }

  async writeDurable(data: Uint8Array, position: number): Promise<void> {
    if (process.platform !== 'linux') {
      await writeAll(this.fd, data, position)
      return fdatasync(this.fd)
    }
    this.#syncFd ??= await open(this.path, fs.constants.O_WRONLY | fs.constants.O_DSYNC)
    return writeAll(this.#syncFd, data, position)
  }

  async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length)
    const bytes = await readAll(this.fd, buffer, position)
    return bytes === length ? buffer : buffer.subarray(0, bytes)
  }

  truncate(size: number): Promise<void> {
    return ftruncate(this.fd, size)
  }

  async size(): Promise<number> {
    return (await fstat(this.fd)).size
  }

  async close(): Promise<void> {
    const syncFd = this.#syncFd
    this.#syncFd = null
    if (syncFd !== null) await close(syncFd)
    await close(this.fd)
  }
}

const patiently = async (operation: () => Promise<void>): Promise<void> => {
  if (process.platform !== 'win32') return operation()
  for (const pauseMs of RETRY_DELAYS_MS) {
    try {
      return await operation()
    } catch (error) {
      if (!RETRIED.has(codeOf(error))) throw error
    }
    await delay(pauseMs)
  }
  return operation()
}

const syncDirectory = async (dir: string): Promise<void> => {
  if (process.platform === 'win32') return
  const fd = await open(dir, 'r')
  try {
    await fsync(fd)
  } catch (error) {
    if (!NO_DIRECTORY_SYNC.has(codeOf(error))) throw error
  } finally {
    await close(fd)
  }
}

export const nodeDisk: Disk = {
  async create(path) {
    return new NodeFile(path, await open(path, 'wx+', FILE_MODE))
  },
  async open(path, access) {
    return new NodeFile(path, await open(path, access === 'read' ? 'r' : 'r+'))
  },
  async list(dir) {
    try {
      return (await fs.promises.readdir(dir)).sort()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  },
  async mkdir(dir) {
    const topmost = await fs.promises.mkdir(dir, { recursive: true, mode: DIR_MODE })
    if (topmost === undefined) return
    for (let made = dir; made.length >= topmost.length; made = dirname(made)) await syncDirectory(dirname(made))
  },
  rename: (from, to) => patiently(() => rename(from, to)),
  unlink: (path) => patiently(() => unlink(path)),
  syncDirectory,
  async freeBytes(dir) {
    const { bavail, bsize } = await fs.promises.statfs(dir)
    return bavail * bsize
  }
}

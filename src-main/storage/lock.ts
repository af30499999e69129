/**
 * One process per data folder.
 *
 * Each process puts a file of its own into the folder, named after its pid, its start and a UUID, and then looks
 * for others: whoever finds one whose process is alive withdraws. Since everybody writes before looking, of two at
 * least one sees the other, and no file is ever taken over or reused: a stale one belongs to a dead process alone
 * and can be removed by anybody. The name says it all, so no reader can meet a half-written lock.
 */
import { randomUUID } from 'node:crypto'
import { unlinkSync } from 'node:fs'
import { mkdir, readdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isSameProcess, processStart } from './process-start'

const NAME = /^LOCK-(\d+)-([0-9a-z]+)-([0-9a-f-]{36})$/
/** Two that start at the same moment both withdraw; a random pause lets one of them win. */
const TRIES = 4
const PAUSE_MS_MAX = 50

export class FolderInUse extends Error {
  readonly code = 'folder_in_use'
  constructor(
    readonly dir: string,
    readonly pid: number
  ) {
    super(`${dir} is in use by the process with pid ${pid}`)
  }
}

export interface LockOptions {
  /**
   * The caller knows that no other thread of this very process uses the folder (it has replaced a worker that
   * ended without a chance to release): locks of this process count as stale.
   */
  readonly replacesThread?: boolean
}

/** Resolves to the function that releases the lock. Rejects with {@link FolderInUse}. */
export const acquireLock = async (dir: string, options: LockOptions = {}): Promise<() => Promise<void>> => {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const start = processStart()
  for (let tries = 1; ; tries++) {
    const uuid = randomUUID()
    const name = `LOCK-${process.pid}-${start}-${uuid}`
    const path = join(dir, name)
    await writeFile(path, `${JSON.stringify({ pid: process.pid, instance: uuid })}\n`, { flag: 'wx', mode: 0o600 })
    const holder = await findHolder(dir, name, options)
    if (holder === null) return releaseOf(path)
    await unlink(path)
    if (tries === TRIES) throw new FolderInUse(dir, holder)
    await delay(Math.random() * PAUSE_MS_MAX)
  }
}

/** Pid of a live process with a lock besides `own`; removes the locks of dead ones. */
const findHolder = async (dir: string, own: string, options: LockOptions): Promise<number | null> => {
  let holder: number | null = null
  for (const name of await readdir(dir)) {
    const [, pidText, start] = NAME.exec(name) ?? []
    if (pidText === undefined || start === undefined || name === own) continue
    const pid = Number(pidText)
    const stale = pid === process.pid && options.replacesThread === true ? true : !(await isSameProcess(pid, start))
    if (stale) await unlink(join(dir, name)).catch(() => undefined)
    else holder = pid
  }
  return holder
}

const releaseOf = (path: string): (() => Promise<void>) => {
  const onExit = (): void => {
    try {
      unlinkSync(path)
    } catch {
      return
    }
  }
  process.once('exit', onExit)
  return async () => {
    process.removeListener('exit', onExit)
    await unlink(path).catch(() => undefined)
  }
}

/** The pid that a file's name says holds the folder, dead or alive; null when it is no lock. */
export const lockPid = (name: string): number | null => {
  const pid = NAME.exec(name)?.[1]
  return pid === undefined ? null : Number(pid)
}

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acquireLock, FolderInUse, lockPid } from '../../src-main/storage/lock'
import { isSameProcess, processStart, startOf } from '../../src-main/storage/process-start'

const UUID = '11111111-2222-3333-4444-555555555555'
let dir = ''
let children: ChildProcess[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raft3d-lock-'))
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  await rm(dir, { recursive: true })
})

const startChild = async (): Promise<{ pid: number; end: () => Promise<void> }> => {
  const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], { stdio: 'pipe' })
  children.push(child)
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  return {
    pid: child.pid as number,
    end: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      })
  }
}

const lockPids = async (): Promise<number[]> => (await readdir(dir)).map(lockPid).filter((pid) => pid !== null)

const refusal = async (): Promise<FolderInUse> => {
  const error = await acquireLock(dir).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(FolderInUse)
  return error as FolderInUse
}

describe('folder lock', () => {
  test('the second is refused and told the pid; after release the next gets it', async () => {
    const release = await acquireLock(dir)
    expect((await refusal()).pid).toBe(process.pid)
    expect(await lockPids()).toEqual([process.pid])
    await release()
    await release()
    expect(await lockPids()).toEqual([])
    await (
      await acquireLock(dir)
    )()
  })

  test('a folder that does not exist is made', async () => {
    await (
      await acquireLock(join(dir, 'a', 'b'))
    )()
  })

  test('of many that start together at most one gets in, and everybody else is refused', async () => {
    for (let round = 0; round < 3; round++) {
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(dir)))
      const won = results.filter((result) => result.status === 'fulfilled')
      expect(won.length).toBeLessThanOrEqual(1)
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(FolderInUse)
      for (const result of won) await result.value()
      expect(await lockPids()).toEqual([])
    }
  })

  test('a live process keeps its lock; a dead one loses it', async () => {
    const child = await startChild()
    const start = (await startOf(child.pid)) as string
    await writeFile(join(dir, `LOCK-${child.pid}-${start}-${UUID}`), '')
    expect((await refusal()).pid).toBe(child.pid)
    await child.end()
    const release = await acquireLock(dir)
    expect(await lockPids()).toEqual([process.pid])
    await release()
  })

  test.runIf(process.platform === 'linux')(
    'a process that ended but whose parent takes no notice loses it',
    async () => {
      // The shell starts a child that ends, then becomes a program that never asks for it.
      const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: 'pipe' })
      children.push(parent)
      const pid = await new Promise<number>((resolve) => parent.stdout?.once('data', (line) => resolve(Number(line))))
      const start = (await startOf(pid)) as string
      await writeFile(join(dir, `LOCK-${pid}-${start}-${UUID}`), '')
      await expect.poll(() => isSameProcess(pid, start), { timeout: 5_000 }).toBe(false)
      expect(await startOf(pid)).toBe(start)
      await (
        await acquireLock(dir)
      )()
    }
  )

  test('a live process with the pid of the holder but another start is not the holder', async () => {
    const child = await startChild()
    expect(await isSameProcess(child.pid, (await startOf(child.pid)) as string)).toBe(true)
    expect(await isSameProcess(child.pid, processStart())).toBe(false)
    await writeFile(join(dir, `LOCK-${child.pid}-${processStart()}-${UUID}`), '')
    await (
      await acquireLock(dir)
    )()
  })

  test('a thread of this process that ended without releasing is replaced on request only', async () => {
    await writeFile(join(dir, `LOCK-${process.pid}-${processStart()}-${UUID}`), '')
    await refusal()
    await (
      await acquireLock(dir, { replacesThread: true })
    )()
  })

  test('files of others are no locks and are left alone', async () => {
    const foreign = ['LOCK', 'LOCK-1', `LOCK-x-y-${UUID}`, 'node.json', `LOCK-1-2-${UUID}.bak`]
    for (const name of foreign) await writeFile(join(dir, name), '')
    await (
      await acquireLock(dir)
    )()
    expect((await readdir(dir)).sort()).toEqual(foreign.sort())
  })

  test('a process that exits by itself takes its lock with it', async () => {
    const release = await acquireLock(dir)
    const listener = process.listeners('exit').at(-1) as () => void
    listener()
    expect(await lockPids()).toEqual([])
    await release()
  })
})

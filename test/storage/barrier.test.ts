/** What a failed or missing barrier must not lead to. */
import { describe, expect, test } from 'vitest'
import { asIndex, asTerm } from '../../src-main/raft/types'
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { StoragePoisoned, type LogStore } from '../../src-main/storage/ports'
import { CrashableDisk, diskError, type DiskOperationKind } from './crashable-disk'
import { entries, entry, hardState, hint, record } from './samples'

const open = (disk: CrashableDisk, ballastBytes = 0): LogStore =>
  createNedbLogStore({ disk, dir: '/raft', segmentBytes: 600, ballastBytes })

const failOn = (disk: CrashableDisk, kind: DiskOperationKind): void => {
  disk.before = (operation) => {
    if (operation.kind === kind) throw diskError('EIO', kind)
  }
}

describe('barriers', () => {
  test('append resolves only after the barrier over its record has returned', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    let release = (): void => undefined
    disk.before = (operation) =>
      operation.kind === 'datasync' ? new Promise<void>((resolve) => (release = resolve)) : undefined
    let resolved = false
    const appended = store.append(record(hardState(1), entries(1, 1, 1))).then(() => (resolved = true))
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    expect(resolved).toBe(false)
    release()
    await appended
    expect(resolved).toBe(true)
  })

  test('a commit hint touches the disk only with the next record or on close', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    await store.append(record(hardState(1), entries(1, 1, 1)))
    const steps = disk.steps
    await store.append(hint(hardState(1, null, 1)))
    expect(disk.steps).toBe(steps)
    await store.append(record(hardState(1, null, 1), entries(2, 2, 1)))
    expect(disk.steps).toBe(steps + 2)
  })

  test('an idle store touches nothing, and neither does close without a hint', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    const steps = disk.steps
    await store.close()
    expect(disk.steps).toBe(steps)
  })

  for (const kind of ['write', 'datasync'] as const) {
    test(`a failed ${kind} poisons for good, though the disk recovers`, async () => {
      const disk = new CrashableDisk()
      const store = open(disk)
      await store.recover()
      await store.append(record(hardState(1), entries(1, 1, 1)))
      failOn(disk, kind)
      const failure = await store.append(record(hardState(1), entries(2, 2, 1))).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(StoragePoisoned)
      disk.before = () => undefined
      const steps = disk.steps
      await expect(store.append(record(hardState(1), entries(2, 2, 1)))).rejects.toBe(failure)
      await store.close()
      expect(disk.steps).toBe(steps)
    })
  }

  test('a failed syncDirectory while a segment begins, a log is reset or compacted poisons too', async () => {
    for (const operation of ['roll', 'reset', 'compact']) {
      const disk = new CrashableDisk()
      const store = open(disk)
      await store.recover()
      await store.append(record(hardState(1), [entry(1, 1, 'x'.repeat(600))]))
      if (operation === 'compact') await store.append(record(hardState(1), entries(2, 2, 1)))
      failOn(disk, 'syncDirectory')
      const failed =
        operation === 'roll'
          ? store.append(record(hardState(1), entries(2, 2, 1)))
          : operation === 'reset'
            ? store.reset({ index: asIndex(5), term: asTerm(1) }, hardState(1))
            : store.compact(asIndex(2))
      await expect(failed).rejects.toBeInstanceOf(StoragePoisoned)
      expect(store.failure).not.toBeNull()
    }
  })

  test('a record whose barrier failed and that a restart finds in the cache is made durable before it counts', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    await store.append(record(hardState(1), entries(1, 1, 1)))
    failOn(disk, 'datasync')
    await store.append(record(hardState(2, 'n1'), entries(2, 2, 2))).catch(() => undefined)
    disk.before = () => undefined
    disk.kill()

    const found = await open(disk).recover()
    expect(found.entries.length, 'the cache has the record').toBe(2)
    disk.crash(() => 0)
    expect(await open(disk).recover()).toEqual(found)
  })

  test('a new segment that was not yet in the folder when the process died is there after a power cut', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    await store.append(record(hardState(1), [entry(1, 1, 'x'.repeat(600))]))
    failOn(disk, 'syncDirectory')
    await store.append(record(hardState(1), entries(2, 2, 1))).catch(() => undefined)
    disk.before = () => undefined
    disk.kill()
    const found = await open(disk).recover()
    disk.crash(() => 0)
    expect(await open(disk).recover()).toEqual(found)
  })
})

test('the same calls make the same operations, within microtasks', async () => {
  const run = async (): Promise<string[]> => {
    const disk = new CrashableDisk()
    const operations: string[] = []
    disk.before = ({ kind, path, bytes }) => void operations.push(`${kind} ${path} ${bytes}`)
    const store = open(disk)
    let done = false
    const work = async (): Promise<void> => {
      await store.recover()
      for (let i = 1; i <= 9; i++) await store.append(record(hardState(1), [entry(i, 1, 'x'.repeat(90))]))
      await store.compact(asIndex(5))
      await store.reset({ index: asIndex(20), term: asTerm(1) }, hardState(1))
      await store.close()
      done = true
    }
    void work()
    for (let turn = 0; turn < 5_000 && !done; turn++) await Promise.resolve()
    expect(done).toBe(true)
    return operations
  }
  expect(await run()).toEqual(await run())
})

describe('space', () => {
  const segments = (disk: CrashableDisk): number => disk.paths().length

  test('compact frees every segment that holds nothing from firstIndex on, superseded entries do not count', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    for (let i = 1; i <= 60; i++) await store.append(record(hardState(1), entries(i, i, 1)))
    const before = segments(disk)
    expect(before).toBeGreaterThan(10)
    await store.append(record(hardState(2), entries(11, 11, 2)))
    await store.compact(asIndex(11))
    expect(segments(disk)).toBeLessThanOrEqual(2)
    expect(store.bytes).toBe(disk.paths().reduce((sum, path) => sum + (disk.contents(path) as Buffer).length, 0))
    await store.close()
    expect((await open(disk).recover()).entries.slice(-1)).toEqual(entries(11, 11, 2))
  })

  test('a reset frees everything before it', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    for (let i = 1; i <= 20; i++) await store.append(record(hardState(1), entries(i, i, 1)))
    await store.reset({ index: asIndex(50), term: asTerm(1) }, hardState(1))
    expect(segments(disk)).toBe(1)
  })
})

describe('disk full', () => {
  test('the ballast is given up, the failure says so, and a restart has everything acknowledged', async () => {
    const disk = new CrashableDisk({ capacityBytes: 100_000 })
    const store = open(disk, 20_000)
    await store.recover()
    expect(disk.contents('/raft/ballast')?.length).toBe(20_000)
    let acknowledged = 0
    let failure: unknown = null
    while (failure === null) {
      const next = record(hardState(1), [entry(acknowledged + 1, 1, 'x'.repeat(1000))])
      await store.append(next).then(
        () => acknowledged++,
        (error: unknown) => (failure = error)
      )
    }
    expect(failure).toMatchObject({ code: 'disk_full' })
    expect(acknowledged).toBeGreaterThan(50)
    expect(disk.contents('/raft/ballast')).toBeNull()
    expect(await disk.freeBytes()).toBeGreaterThanOrEqual(19_000)

    disk.crash(() => 0)
    const again = open(disk, 20_000)
    expect((await again.recover()).entries.length).toBe(acknowledged)
    expect(disk.contents('/raft/ballast'), 'no room to spare for a ballast').toBeNull()
    await again.append(record(hardState(2), entries(acknowledged + 1, acknowledged + 1, 2)))
    await again.compact(asIndex(acknowledged))
    await again.close()
    disk.capacityBytes = 1_000_000
    const roomy = open(disk, 20_000)
    await roomy.recover()
    expect(disk.contents('/raft/ballast')?.length).toBe(20_000)
  })

  test('a quota that leaves no room for the ballast does not keep the log from starting', async () => {
    const disk = new CrashableDisk({ capacityBytes: 10_000 })
    disk.freeBytes = async () => 1_000_000
    const store = open(disk, 20_000)
    await store.recover()
    expect(disk.paths()).toEqual(['/raft/log-0000000001.db'])
    await store.append(record(hardState(1), entries(1, 1, 1)))
    await store.close()
    expect(disk.openFiles).toBe(0)
  })

  test('a ballast that was cut short is made anew', async () => {
    const disk = new CrashableDisk()
    disk.put('/raft/ballast', Buffer.alloc(5))
    await open(disk, 20_000).recover()
    expect(disk.contents('/raft/ballast')?.length).toBe(20_000)
  })
})

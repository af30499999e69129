/** Zeros at the end of a segment, in whose place records come to stand. */
import { describe, expect, test } from 'vitest'
import type { LogStore, StorageDamaged as Damaged } from '../../src-main/storage/ports'
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { StorageDamaged, StoragePoisoned } from '../../src-main/storage/ports'
import { inspectDataFolder } from '../../src-main/storage/inspect'
import { CrashableDisk, diskError, type DiskOperation } from './crashable-disk'
import { entries, entry, hardState, record } from './samples'

const NAME = '/data/raft/log-0000000001.db'
const NEXT = '/data/raft/log-0000000002.db'
const RESERVE_BYTES = 16 * 1024
const SECTOR_BYTES = 512

const open = (disk: CrashableDisk, segmentBytes = 1 << 20): LogStore =>
  createNedbLogStore({ disk, dir: '/data/raft', segmentBytes, reserveBytes: RESERVE_BYTES, ballastBytes: 0 })
const contents = (disk: CrashableDisk, path = NAME): Buffer => Buffer.from(disk.contents(path) as Buffer)
const isReserve = ({ kind, bytes }: DiskOperation): boolean => kind === 'write' && bytes > RESERVE_BYTES / 2
const written = (bytes: Buffer): number => bytes.lastIndexOf('\n') + 1

/** A log of `count` entries with a reserve behind it, as a process leaves it that was killed. */
const killed = async (count: number, data = 'x'.repeat(60)): Promise<CrashableDisk> => {
  const disk = new CrashableDisk()
  const store = open(disk)
  await store.recover()
  for (let i = 1; i <= count; i++) await store.append(record(hardState(1), [entry(i, 1, data)]))
  disk.kill()
  expect(contents(disk).length).toBeGreaterThan(written(contents(disk)) + SECTOR_BYTES)
  return disk
}

/** A log of `count` entries whose last is in its second segment. */
const intoSecondSegment = async (): Promise<{ disk: CrashableDisk; store: LogStore; count: number }> => {
  const disk = new CrashableDisk()
  const store = open(disk, 2 * RESERVE_BYTES)
  await store.recover()
  let count = 0
  while (disk.contents(NEXT) === null) await store.append(record(hardState(1), [entry(++count, 1, 'x'.repeat(500))]))
  return { disk, store, count }
}

const recover = async (disk: CrashableDisk): Promise<number | Damaged> => {
  try {
    return (await open(disk).recover()).entries.length
  } catch (error) {
    if (error instanceof StorageDamaged) return error
    throw error
  }
}

describe('writing', () => {
  test('records take the place of zeros: the file becomes longer by whole steps, and each is durable', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    const sizes = new Set<number>()
    for (let i = 1; i <= 60; i++) {
      await store.append(record(hardState(1), [entry(i, 1, 'x'.repeat(400))]))
      sizes.add(contents(disk).length)
      const lost = disk.copy()
      lost.crash(() => 0)
      expect(await recover(lost)).toBe(i)
    }
    expect(sizes.size).toBeLessThan(10)
  })

  test('no record is written where zeros are on their way; where they have arrived, it is', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    await store.append(record(hardState(1), entries(1, 1, 1)))
    let arrive = (): void => undefined
    let stalled = 0
    disk.before = (operation) => {
      if (!isReserve(operation)) return
      stalled++
      return new Promise<void>((resolve) => (arrive = resolve))
    }
    let index = 1
    while (stalled === 0) await store.append(record(hardState(1), [entry(++index, 1, 'y'.repeat(600))]))
    await store.append(record(hardState(1), [entry(++index, 1, 'fits')]))
    let done = false
    const large = store.append(record(hardState(1), [entry(++index, 1, 'z'.repeat(8000))])).then(() => (done = true))
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    expect(done).toBe(false)
    disk.before = () => undefined
    arrive()
    await large
    expect(await recover(disk.copy())).toBe(index)
  })

  test('a disk with no room for a reserve: records make the file longer', async () => {
    const disk = new CrashableDisk()
    disk.before = (operation) => {
      if (isReserve(operation)) throw diskError('ENOSPC', 'told to')
    }
    const store = open(disk)
    await store.recover()
    for (let i = 1; i <= 9; i++) await store.append(record(hardState(1), entries(i, i, 1)))
    expect(store.failure).toBeNull()
    expect(await recover(disk.copy())).toBe(9)
  })

  test('a reserve that fails poisons the store', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    disk.before = (operation) => {
      if (isReserve(operation)) throw diskError('EIO', 'told to')
    }
    await store.recover()
    await expect(store.append(record(hardState(1), entries(1, 1, 1)))).rejects.toBeInstanceOf(StoragePoisoned)
  })

  test('a disk that fails when it is given back is trouble of the disk', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await store.recover()
    await store.append(record(hardState(1), entries(1, 1, 1)))
    disk.before = ({ kind }) => {
      if (kind === 'truncate') throw diskError('EIO', 'truncate')
    }
    await expect(store.close()).rejects.toBeInstanceOf(StoragePoisoned)
    disk.before = () => undefined
    expect(await recover(disk)).toBe(1)
  })

  test('what was not used goes back when a segment ends and when the store closes', async () => {
    const { disk, store } = await intoSecondSegment()
    expect(contents(disk).at(-1)).toBe(0x0a)
    await store.close()
    expect(contents(disk, NEXT).at(-1)).toBe(0x0a)
    expect(disk.openFiles).toBe(0)
  })
})

describe('reading', () => {
  test('zeros behind the last record are neither damage nor a torn write', async () => {
    const disk = await killed(5)
    const { segments, damage } = await inspectDataFolder(disk, '/data')
    expect({ segments, damage }).toMatchObject({ segments: [{ tornBytes: 0 }], damage: [] })
    expect(await recover(disk)).toBe(5)
  })

  test('and so they are where the power went before a segment that has ended was trimmed', async () => {
    const { disk, count } = await intoSecondSegment()
    disk.put(NAME, Buffer.concat([contents(disk), Buffer.alloc(700)]))
    expect(await recover(disk.copy())).toBe(count)
    disk.put(NAME, Buffer.concat([contents(disk), Buffer.from('x')]))
    expect(await recover(disk)).toMatchObject({ file: NAME })
  })

  test('an unfinished line at the end of the file is cut, as one behind the last record is', async () => {
    const disk = await killed(3)
    disk.put(NAME, Buffer.concat([contents(disk), Buffer.from('{"_id":"0000')]))
    expect(await recover(disk)).toBe(3)
  })

  test('a record of which any sectors did not arrive is cut; those before it stay', async () => {
    const whole = await killed(4)
    const bytes = contents(whole)
    const start = written(bytes)
    const longer = whole.copy()
    const store = open(longer)
    await store.recover()
    await store.append(record(hardState(1), [entry(5, 1, 'y'.repeat(2600))]))
    const after = contents(longer)
    const end = written(after)
    const [first, last] = [Math.floor(start / SECTOR_BYTES), Math.ceil(end / SECTOR_BYTES)]
    for (let lost = 1; lost < 1 << (last - first); lost++) {
      const torn = Buffer.from(after)
      for (let sector = first; sector < last; sector++)
        if ((lost >> (sector - first)) & 1)
          torn.fill(0, Math.max(start, sector * SECTOR_BYTES), Math.min(end, (sector + 1) * SECTOR_BYTES))
      const disk = whole.copy()
      disk.put(NAME, torn)
      expect(await recover(disk), `lost ${lost.toString(2)}`).toBe(4)
    }
  })

  test('every single-bit flip in a record is refused, wherever the last one ends; one in the zeros loses nothing', async () => {
    const atSectorEnd = async (): Promise<string> => {
      for (let data = 'x'.repeat(60); ; data += 'x')
        if (written(contents(await killed(2, data))) % SECTOR_BYTES === 0) return data
    }
    // Where it ends with its sector, only its bytes tell a changed newline from a torn write.
    for (const data of ['x'.repeat(60), await atSectorEnd()]) {
      const disk = await killed(2, data)
      const end = written(contents(disk))
      for (let bit = 0; bit < (end + SECTOR_BYTES) * 8; bit++) {
        const flipped = disk.copy()
        flipped.flipBit(NAME, bit)
        const found = await recover(flipped)
        if (bit >= end * 8 && found === 2) continue
        expect(found, `bit ${bit}, records end at ${end}`).toBeInstanceOf(StorageDamaged)
      }
    }
  })
})

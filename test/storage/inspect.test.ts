import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { asIndex } from '../../src-main/raft/types'
import { describeInspection, inspectDataFolder } from '../../src-main/storage/inspect'
import { acquireLock } from '../../src-main/storage/lock'
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { createNedbSnapshotStore } from '../../src-main/storage/nedb-snapshot-store'
import { nodeDisk } from '../../src-main/storage/node-disk'
import { CrashableDisk } from './crashable-disk'
import { entries, hardState, metaAt, record } from './samples'
import { take } from './snapshot-store-conformance'

const sample = async (): Promise<CrashableDisk> => {
  const disk = new CrashableDisk()
  const log = createNedbLogStore({ disk, dir: '/data/raft', segmentBytes: 150, ballastBytes: 100 })
  await log.recover()
  await log.append(record(hardState(1, 'a'), entries(1, 10, 1)))
  await log.append(record(hardState(3, 'b', 9), entries(10, 12, 3)))
  await log.append(record(hardState(3, 'b', 11), entries(13, 13, 3)))
  await log.close()
  const snapshots = createNedbSnapshotStore({ disk, dir: '/data/snapshots' })
  await take(snapshots, 8, ['one', 'two'])
  await (await snapshots.create(metaAt(9, 1))).write('unfinished')
  return disk
}

const contents = (disk: CrashableDisk): unknown =>
  disk.paths().map((path) => [path, disk.contents(path)?.toString('hex')])

describe('inspect', () => {
  test('tells segments, terms, indices, hard state and snapshots, and changes nothing', async () => {
    const disk = await sample()
    const before = contents(disk)
    const steps = disk.steps
    const found = await inspectDataFolder(disk, '/data')
    expect(found).toMatchObject({
      hardState: hardState(3, 'b', 11),
      firstIndex: 1,
      lastIndex: 13,
      terms: [
        { term: 1, first: 1, last: 9 },
        { term: 3, first: 10, last: 13 }
      ],
      damage: []
    })
    expect(found.segments.reduce((sum, { records }) => sum + records, 0)).toBe(4)
    expect(found.segments.at(-1)).toMatchObject({ tornBytes: 0, lastIndex: 13 })
    expect(found.snapshots).toMatchObject([{ chunks: 2, meta: { index: 8, bytes: 6 } }])
    expect(found.others.map(({ file }) => file)).toEqual(['/data/raft/ballast', '/data/snapshots/creating-2.db'])
    expect(contents(disk)).toEqual(before)
    expect(disk.steps).toBe(steps)
    const text = describeInspection(found)
    expect(text).toContain('term 3, vote b, commit 11')
    expect(text).toContain('entries 1…13')
    expect(text).toContain('No damage found.')
  })

  test('names the damage of log and snapshots, and still tells the rest', async () => {
    const disk = await sample()
    disk.flipBit('/data/raft/log-0000000003.db', 900)
    const snapshot = disk.paths().find((path) => path.includes('/snap-')) as string
    disk.flipBit(snapshot, 8 * 60)
    const found = await inspectDataFolder(disk, '/data')
    expect(found.damage.map(({ file }) => file)).toEqual(['/data/raft/log-0000000003.db', snapshot])
    expect(found.lastIndex).toBe(10)
    expect(describeInspection(found)).toContain('DAMAGE:')
  })

  test('tells a torn write from damage, a gap between log and snapshot, and a missing segment', async () => {
    const disk = await sample()
    const last = disk
      .paths()
      .filter((path) => path.includes('/log-'))
      .at(-1) as string
    const torn = disk.copy()
    torn.put(last, (disk.contents(last) as Buffer).subarray(0, -5))
    const found = await inspectDataFolder(torn, '/data')
    expect(found.damage).toEqual([])
    expect(found.segments.at(-1)?.tornBytes).toBeGreaterThan(0)

    const gap = disk.copy()
    for (const path of gap.paths().filter((one) => one.includes('/snap-') || /0[12]\.db$/.test(one))) gap.remove(path)
    expect((await inspectDataFolder(gap, '/data')).damage[0]?.reason).toContain('there is no snapshot')

    const hole = disk.copy()
    hole.remove('/data/raft/log-0000000002.db')
    expect((await inspectDataFolder(hole, '/data')).damage[0]?.reason).toContain('missing')
  })

  test('an empty folder, and one in use', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'raft3d-inspect-'))
    expect(await inspectDataFolder(nodeDisk, dir)).toMatchObject({
      segments: [],
      snapshots: [],
      firstIndex: null,
      damage: []
    })
    const release = await acquireLock(dir)
    const log = createNedbLogStore({ disk: nodeDisk, dir: join(dir, 'raft'), ballastBytes: 0 })
    await log.recover()
    await log.append(record(hardState(1), entries(1, 2, 1)))
    const found = await inspectDataFolder(nodeDisk, dir)
    expect(found).toMatchObject({ lockedBy: [process.pid], lastIndex: 2 })
    expect(describeInspection(found)).toContain(`locked by pid ${process.pid}`)
    await log.compact(asIndex(1))
    await log.close()
    await release()
    await rm(dir, { recursive: true })
  })
})

/**
 * A disk that fills up: a small tmpfs where this user may mount one, otherwise a simulated disk of that size.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asIndex } from '../../src-main/raft/types'
import type { Disk } from '../../src-main/storage/disk'
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { createNedbSnapshotStore } from '../../src-main/storage/nedb-snapshot-store'
import { nodeDisk } from '../../src-main/storage/node-disk'
import { StoragePoisoned, type LogStore } from '../../src-main/storage/ports'
import { CrashableDisk } from './crashable-disk'
import { entries, entry, hardState, metaAt, record } from './samples'
import { take } from './snapshot-store-conformance'

const DISK_BYTES = 4 * 1024 * 1024
const BALLAST_BYTES = 512 * 1024

let disk: Disk
let dir = ''
let mounted = ''

beforeAll(() => {
  const point = mkdtempSync(join(tmpdir(), 'raft3d-small-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', point], { stdio: 'ignore' })
    mounted = dir = point
    disk = nodeDisk
  } catch {
    rmSync(point, { recursive: true })
    dir = '/small'
    disk = new CrashableDisk({ capacityBytes: DISK_BYTES })
  }
})

afterAll(() => {
  if (mounted === '') return
  try {
    execFileSync('umount', [mounted])
  } catch (error) {
    // Busy: a store has left a file open. The mount must not outlive the trial all the same.
    execFileSync('umount', ['-l', mounted])
    throw error
  }
  rmSync(mounted, { recursive: true })
})

const open = (): LogStore =>
  createNedbLogStore({ disk, dir: join(dir, 'raft'), segmentBytes: 200_000, ballastBytes: BALLAST_BYTES })

/** Appends until the disk is full; how many entries were acknowledged. */
const fill = async (store: LogStore, from: number): Promise<number> => {
  for (let index = from; ; index++) {
    try {
      await store.append(record(hardState(1), [entry(index, 1, 'x'.repeat(3000))]))
    } catch (error) {
      expect(error).toBeInstanceOf(StoragePoisoned)
      expect(error).toMatchObject({ code: 'disk_full' })
      return index - 1
    }
  }
}

test('full: poisoned with disk_full, a restart has everything acknowledged, and with space it goes on', async () => {
  const foreign = await disk.mkdir(dir).then(() => disk.create(join(dir, 'somebody’s file')))
  await foreign.write(Buffer.alloc(1_000_000, 'x'), 0)
  const store = open()
  await store.recover()
  expect(await disk.list(join(dir, 'raft'))).toContain('ballast')
  const acknowledged = await fill(store, 1)
  expect(acknowledged).toBeGreaterThan(100)
  await expect(store.append(record(hardState(1), entries(acknowledged + 1, acknowledged + 1, 1)))).rejects.toBe(
    store.failure
  )
  await store.close()
  expect(await disk.list(join(dir, 'raft'))).not.toContain('ballast')

  // A restart finds room, though nobody has freed any: what the ballast took.
  const again = open()
  expect((await again.recover()).entries.map(({ index }) => index)).toEqual(
    Array.from({ length: acknowledged }, (_, at) => at + 1)
  )
  const snapshots = createNedbSnapshotStore({ disk, dir: join(dir, 'snapshots') })
  await take(snapshots, acknowledged, ['state'])
  await again.compact(asIndex(acknowledged - 10))
  const more = await fill(again, acknowledged + 1)
  expect(more).toBeGreaterThan(acknowledged)

  // Full again; a snapshot fails too, and leaves what is there alone.
  const writer = await snapshots.create(metaAt(more, 1)).catch((error: unknown) => error)
  if (!(writer instanceof StoragePoisoned)) {
    const large = writer as Awaited<ReturnType<typeof snapshots.create>>
    const failure = await (async () => {
      for (;;) await large.write('y'.repeat(200_000))
    })().catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'disk_full' })
  }
  expect((await snapshots.latest())?.index).toBe(acknowledged)
  await again.close()

  // Full, and no ballast left: it still starts.
  const full = open()
  expect((await full.recover()).entries.at(-1)?.index).toBe(more)
  await full.close()

  // Somebody frees space.
  await foreign.close()
  await disk.unlink(join(dir, 'somebody’s file'))
  const last = open()
  const state = await last.recover()
  expect(state.entries.at(-1)?.index).toBe(more)
  await last.append(record(hardState(2), entries(more + 1, more + 1, 2)))
  await last.close()
  const final = open()
  expect((await final.recover()).entries.at(-1)).toEqual(entry(more + 1, 2))
  await final.close()
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sealLine } from '../../src-main/storage/checked-line'
import { createMemorySnapshotMedium, createMemorySnapshotStore } from '../../src-main/storage/memory-snapshot-store'
import { createNedbSnapshotStore } from '../../src-main/storage/nedb-snapshot-store'
import { nodeDisk } from '../../src-main/storage/node-disk'
import { StorageDamaged, StoragePoisoned } from '../../src-main/storage/ports'
import { chunkDocument } from '../../src-main/storage/snapshot-document'
import { CrashableDisk, diskError } from './crashable-disk'
import { HARD_TEXT, metaAt } from './samples'
import { chunksOf, snapshotStoreConformance, take } from './snapshot-store-conformance'

snapshotStoreConformance('NeDB files', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'raft3d-snapshots-'))
  return {
    open: () => createNedbSnapshotStore({ disk: nodeDisk, dir: join(dir, 'snapshots') }),
    dispose: () => rm(dir, { recursive: true })
  }
})

snapshotStoreConformance('NeDB on a simulated disk', async () => {
  const disk = new CrashableDisk()
  return {
    open: () => {
      disk.kill()
      return createNedbSnapshotStore({ disk, dir: '/snapshots' })
    },
    dispose: async () => undefined
  }
})

snapshotStoreConformance('memory', async () => {
  const medium = createMemorySnapshotMedium()
  return { open: () => createMemorySnapshotStore(medium), dispose: async () => undefined }
})

const open = (disk: CrashableDisk) => createNedbSnapshotStore({ disk, dir: '/snapshots' })
const finals = (disk: CrashableDisk): string[] => disk.paths().filter((path) => path.includes('/snap-'))

describe('snapshot files', () => {
  test('every single-bit flip is refused with file and reason', async () => {
    const disk = new CrashableDisk()
    const chunks = [...HARD_TEXT.slice(0, 4), 'tail']
    await take(open(disk), 5, chunks)
    const [path] = finals(disk) as [string]
    const bits = (disk.contents(path) as Buffer).length * 8
    for (let bit = 0; bit < bits; bit++) {
      const flipped = disk.copy()
      flipped.flipBit(path, bit)
      const store = open(flipped)
      const result = await store
        .latest()
        .then(async (meta) => (meta === null ? null : chunksOf(store, meta)))
        .catch((error: unknown) => error)
      if (result instanceof StorageDamaged && result.file === path && result.reason !== '' && result.remedy !== '')
        continue
      expect.fail(`bit ${bit}: ${JSON.stringify(result)}`)
    }
  })

  test('cut short anywhere: refused, since the name is given only to whole files', async () => {
    const disk = new CrashableDisk()
    await take(open(disk), 5, ['some', 'chunks'])
    const [path] = finals(disk) as [string]
    const bytes = disk.contents(path) as Buffer
    for (let end = 0; end < bytes.length; end++) {
      const cut = disk.copy()
      cut.put(path, bytes.subarray(0, end))
      await expect(open(cut).latest(), `cut at ${end}`).rejects.toBeInstanceOf(StorageDamaged)
    }
  })

  test('a chunk that is missing, doubled or moved is refused', async () => {
    const disk = new CrashableDisk()
    const meta = await take(open(disk), 5, ['0', '1', '2'])
    const [path] = finals(disk) as [string]
    const [head, a, b, c, manifest] = (disk.contents(path) as Buffer).toString('latin1').split('\n')
    for (const lines of [
      [head, a, c, manifest],
      [head, a, b, b, c, manifest],
      [head, b, a, c, manifest]
    ]) {
      disk.put(path, Buffer.from(`${lines.join('\n')}\n`, 'latin1'))
      await expect(chunksOf(open(disk), meta)).rejects.toBeInstanceOf(StorageDamaged)
      await expect(chunksOf(open(disk), meta, 1)).rejects.toBeInstanceOf(StorageDamaged)
    }
  })

  test('content that does not fit its SHA-256 is refused, whatever the checksums say', async () => {
    const disk = new CrashableDisk()
    const meta = await take(open(disk), 5, ['0', '1'])
    const [path] = finals(disk) as [string]
    const [head, a, , manifest] = (disk.contents(path) as Buffer).toString('latin1').split('\n')
    const other = sealLine(chunkDocument(1, '2')).line.toString('latin1').trimEnd()
    disk.put(path, Buffer.from(`${[head, a, other, manifest].join('\n')}\n`, 'latin1'))
    await expect(chunksOf(open(disk), meta)).rejects.toMatchObject({ reason: expect.stringContaining('SHA-256') })
  })

  test('a file that is being read is not removed under the reader', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    const meta = await take(store, 1, ['a'])
    const readers = [await store.open(meta), await store.open(meta)]
    const [path] = finals(disk) as [string]
    for (const index of [2, 3, 4]) await take(store, index, ['x'])
    expect(finals(disk)).toContain(path)
    await readers[0]?.close()
    expect(finals(disk)).toContain(path)
    await readers[1]?.close()
    expect(finals(disk).length).toBe(2)
    expect(disk.openFiles).toBe(0)
  })

  test('a later format and a wrong name are refused', async () => {
    const disk = new CrashableDisk()
    await take(open(disk), 5, ['x'])
    const [path] = finals(disk) as [string]
    const bytes = disk.contents(path) as Buffer
    const later = disk.copy()
    later.put(path, Buffer.from(bytes.toString('latin1').replace('snapshot/1', 'snapshot/2'), 'latin1'))
    await expect(open(later).latest()).rejects.toMatchObject({ reason: expect.stringContaining('raft3d-snapshot/2') })
    disk.put(path.replace('05-', '06-'), bytes)
    await expect(open(disk).latest()).rejects.toMatchObject({ reason: expect.stringContaining('name') })
  })

  test('what was being made when the process ended is removed, what was being received is kept, others are left', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    await (await store.create(metaAt(5, 2))).write('x')
    await (await store.receive({ ...metaAt(9, 2), bytes: 3, sha256: 'a'.repeat(64) }, 3)).write(0, 'x', 0x8cdc1683)
    disk.put('/snapshots/notes.txt', Buffer.from('mine'))
    disk.put('/snapshots/snap-1.db', Buffer.from('mine'))
    expect(disk.paths().filter((path) => path.includes('creating-')).length).toBe(1)
    disk.kill()
    expect(await open(disk).latest()).toBeNull()
    const names = disk.paths().map((path) => path.slice('/snapshots/'.length, '/snapshots/'.length + 9))
    expect(names).toEqual(['notes.txt', 'receiving', 'snap-1.db'])
  })

  test('a reception with a damaged middle keeps what stands before the damage', async () => {
    const disk = new CrashableDisk()
    const meta = { ...metaAt(9, 2), bytes: 3, sha256: 'a'.repeat(64) }
    const receiver = await open(disk).receive(meta, 3)
    for (let at = 0; at < 3; at++) await receiver.write(at, 'x', 0x8cdc1683)
    disk.kill()
    const [path] = disk.paths() as [string]
    const lines = (disk.contents(path) as Buffer).toString('latin1').split('\n')
    const offset = (lines[0] as string).length + 1 + (lines[1] as string).length + 1 + 20
    disk.flipBit(path, offset * 8)
    expect((await open(disk).receive(meta, 3)).chunksPresent).toBe(1)
    disk.flipBit(path, 5)
    disk.kill()
    expect((await open(disk).receive(meta, 3)).chunksPresent).toBe(0)
  })

  test('a reception that is older than a snapshot here is removed', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    const receiver = await store.receive({ ...metaAt(9, 2), bytes: 3, sha256: 'a'.repeat(64) }, 3)
    await receiver.abort()
    await store.close()
    const again = open(disk)
    await take(again, 10, ['x'])
    expect(disk.paths().some((path) => path.includes('receiving'))).toBe(false)
  })

  test('a name whose barrier failed is taken back; one that a restart finds gets its barrier first', async () => {
    const disk = new CrashableDisk()
    const store = open(disk)
    const older = await take(store, 5, ['older'])
    const failing = (): void => {
      disk.before = ({ kind }) => {
        if (kind === 'syncDirectory') throw diskError('EIO', kind)
      }
    }
    failing()
    await expect(take(store, 6, ['x'])).rejects.toBeInstanceOf(StoragePoisoned)
    expect(await store.latest()).toEqual(older)

    disk.before = ({ kind }) => {
      if (kind === 'syncDirectory' || kind === 'unlink') throw diskError('EIO', kind)
    }
    await expect(take(store, 7, ['y'])).rejects.toBeInstanceOf(StoragePoisoned)
    disk.before = () => undefined
    disk.kill()
    const found = await open(disk).latest()
    expect(found?.index).toBe(7)
    disk.crash(() => 0)
    expect(await open(disk).latest()).toEqual(found)
  })

  for (const kind of ['write', 'datasync'] as const) {
    test(`a failed ${kind} fails that snapshot for good, removes its file, and leaves the others`, async () => {
      const disk = new CrashableDisk()
      const store = open(disk)
      const meta = await take(store, 5, ['kept'])
      const writer = await store.create(metaAt(6, 2))
      await writer.write('x')
      disk.before = (operation) => {
        if (operation.kind === kind) throw diskError('ENOSPC', kind)
      }
      const failure = await writer.commit().catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(StoragePoisoned)
      expect(failure).toMatchObject({ code: 'disk_full' })
      disk.before = () => undefined
      await expect(writer.write('y')).rejects.toBe(failure)
      await expect(writer.commit()).rejects.toBe(failure)
      expect(disk.paths().length).toBe(1)
      expect(await store.latest()).toEqual(meta)
      expect((await take(store, 7, ['next'])).index).toBe(7)
    })
  }

  for (const failing of ['unlink', 'syncDirectory'] as const) {
    test(`a disk that fails at the ${failing} of what is not needed any more is said to be one that fails`, async () => {
      const disk = new CrashableDisk()
      const store = open(disk)
      await take(store, 5, ['a'])
      await take(store, 6, ['b'])
      let renamed = false
      let published = false
      disk.before = ({ kind }) => {
        if (published && kind === failing) throw diskError('ENOSPC', kind)
        renamed ||= kind === 'rename'
        published ||= renamed && kind === 'syncDirectory'
      }
      const failure = await take(store, 7, ['c']).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(StoragePoisoned)
      expect(failure).toMatchObject({ code: 'disk_full' })
      disk.before = () => undefined
      expect((await store.latest())?.index).toBe(7)
    })
  }
})

/** How log and snapshots make one state to start from. */
import { describe, expect, test } from 'vitest'
import { asIndex, asTerm, type Entry, type HardState } from '../../src-main/raft/types'
import { createMemoryLogMedium, createMemoryLogStore } from '../../src-main/storage/memory-log-store'
import { createMemorySnapshotMedium, createMemorySnapshotStore } from '../../src-main/storage/memory-snapshot-store'
import { StorageDamaged } from '../../src-main/storage/ports'
import { recoverState } from '../../src-main/storage/recovery'
import { entries, hardState, record } from './samples'
import { take } from './snapshot-store-conformance'

interface Stored {
  readonly hardState: HardState
  readonly entries?: readonly Entry[]
  readonly resetAfter?: number
  /** Index of a snapshot, of term 2. */
  readonly snapshot?: number
}

const stored = async ({ hardState: state, entries: log = [], resetAfter, snapshot }: Stored) => {
  const media = { log: createMemoryLogMedium(), snapshots: createMemorySnapshotMedium() }
  const store = createMemoryLogStore(media.log)
  await store.recover()
  if (resetAfter !== undefined) await store.reset({ index: asIndex(resetAfter), term: asTerm(2) }, hardState(2))
  await store.append(record(state, log))
  await store.close()
  if (snapshot !== undefined) await take(createMemorySnapshotStore(media.snapshots), snapshot, ['x'])
  return {
    recover: () => recoverState(createMemoryLogStore(media.log), createMemorySnapshotStore(media.snapshots)),
    media
  }
}

describe('recovery', () => {
  test('a new node starts from nothing', async () => {
    const { recover } = await stored({ hardState: hardState(0) })
    expect(await recover()).toEqual({ hardState: hardState(0), snapshot: null, entries: [] })
  })

  test('a log from its start needs no snapshot', async () => {
    const { recover } = await stored({ hardState: hardState(2, 'a', 3), entries: entries(1, 5, 2) })
    expect(await recover()).toEqual({ hardState: hardState(2, 'a', 3), snapshot: null, entries: entries(1, 5, 2) })
  })

  test('a log that holds the snapshot’s last entry is kept whole (§7)', async () => {
    const { recover } = await stored({ hardState: hardState(2, 'a', 3), entries: entries(1, 5, 2), snapshot: 4 })
    const state = await recover()
    expect(state.snapshot?.index).toBe(4)
    expect(state.entries).toEqual(entries(1, 5, 2))
    expect(state.hardState).toEqual(hardState(2, 'a', 4))
  })

  test('a log that begins right after the snapshot is kept', async () => {
    const { recover } = await stored({
      hardState: hardState(2, 'a', 11),
      resetAfter: 10,
      entries: entries(11, 12, 2),
      snapshot: 10
    })
    expect((await recover()).entries).toEqual(entries(11, 12, 2))
  })

  test('a log that ends before the snapshot goes on after it (crash before the reset)', async () => {
    const { recover, media } = await stored({
      hardState: hardState(2, 'a', 5),
      entries: entries(1, 5, 2),
      snapshot: 100
    })
    const state = await recover()
    expect(state.entries).toEqual([])
    expect(state.hardState).toEqual(hardState(2, 'a', 100))
    expect(media.log.extent.last).toBe(100)
    expect(await recover()).toEqual(state)
  })

  test('a log that conflicts with the snapshot is discarded (§7)', async () => {
    const { recover, media } = await stored({ hardState: hardState(3, 'a', 2), entries: entries(1, 9, 1), snapshot: 5 })
    const state = await recover()
    expect(state.entries).toEqual([])
    expect(state.hardState).toEqual(hardState(3, 'a', 5))
    expect(media.log.extent.last).toBe(5)
  })

  test('a snapshot of a later term than the hard state raises it, without a vote', async () => {
    const { recover } = await stored({ hardState: hardState(1, 'a', 2), entries: entries(1, 3, 1), snapshot: 8 })
    expect((await recover()).hardState).toEqual(hardState(2, null, 8))
  })

  const refused: Record<string, [Stored, string]> = {
    'a log that begins after 1 without a snapshot': [
      { hardState: hardState(2, null, 11), resetAfter: 10, entries: entries(11, 12, 2) },
      'there is no snapshot'
    ],
    'a log that begins after the snapshot’s end': [
      { hardState: hardState(2, null, 11), resetAfter: 10, entries: entries(11, 12, 2), snapshot: 9 },
      'the snapshot ends at 9'
    ],
    'an empty log that once was committed': [{ hardState: hardState(2, null, 10), resetAfter: 10 }, 'were committed'],
    'a snapshot without any log': [{ hardState: hardState(0), snapshot: 9 }, 'term and vote']
  }
  test.each(Object.entries(refused))('%s is refused', async (_, [what, reason]) => {
    const { recover } = await stored(what)
    const damage = await recover().catch((error: unknown) => error)
    expect(damage).toBeInstanceOf(StorageDamaged)
    expect((damage as StorageDamaged).reason).toContain(reason)
  })
})

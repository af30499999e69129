/**
 * Power loss at every single operation of a scripted life, with several outcomes for what was not durable yet:
 * everything acknowledged is there, and the operation under way happened or did not.
 */
import { describe, expect, test } from 'vitest'
import {
  asIndex,
  asTerm,
  type Entry,
  type HardState,
  type RecoveredState,
  type SnapshotMeta
} from '../../src-main/raft/types'
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { createNedbSnapshotStore } from '../../src-main/storage/nedb-snapshot-store'
import type { LogStore, SnapshotStore } from '../../src-main/storage/ports'
import { recoverState } from '../../src-main/storage/recovery'
import { chunkCrc32 } from '../../src-main/storage/snapshot-document'
import { CrashableDisk, seeded, type Decide } from './crashable-disk'
import { entries, entry, hardState, metaAt } from './samples'

const OUTCOMES_PER_POINT = 12

interface Sizes {
  readonly segmentBytes: number
  readonly reserveBytes: number
}
/** Each record makes its file longer, in many segments; and most records take the place of zeros, in a few. */
const GROWING: Sizes = { segmentBytes: 900, reserveBytes: 0 }
const RESERVED: Sizes = { segmentBytes: 9000, reserveBytes: 4096 }

const openLog = (disk: CrashableDisk, sizes = GROWING): LogStore =>
  createNedbLogStore({ disk, dir: '/raft', ...sizes, ballastBytes: 0 })
const openSnapshots = (disk: CrashableDisk): SnapshotStore => createNedbSnapshotStore({ disk, dir: '/snapshots' })

class PowerLost extends Error {}

/** From `step` on every operation fails; a write that is under way may be on the disk in part. */
const loseDuring = (disk: CrashableDisk, step: number): void => {
  const last = disk.steps + step
  disk.failedWriteBytes = (bytes) => bytes
  disk.before = () => {
    if (disk.steps >= last) throw new PowerLost()
  }
}

const restart = (disk: CrashableDisk, decide: Decide): void => {
  disk.crash(decide)
  disk.before = () => undefined
}

/** What must be found: `log` since `base`, of which everything from `needed` on; `commit` at least. */
interface Expected {
  readonly hardState: HardState
  readonly base: number
  readonly log: readonly Entry[]
  readonly needed: number
}

type Step = { readonly do: (log: LogStore) => Promise<void>; readonly then: (before: Expected) => Expected }

const append = (state: HardState, added: readonly Entry[]): Step => ({
  do: (log) => log.append({ hardState: state, entries: added, sync: true }),
  then: ({ base, log, needed }) => ({
    hardState: state,
    base,
    log: [...log.slice(0, (added[0]?.index ?? Infinity) - 1 - base), ...added],
    needed
  })
})
const compact = (firstIndex: number): Step => ({
  do: (log) => log.compact(asIndex(firstIndex)),
  then: (before) => ({ ...before, needed: firstIndex })
})
const reset = (index: number, term: number, vote: string | null): Step => ({
  do: (log) => log.reset({ index: asIndex(index), term: asTerm(term) }, hardState(term, vote, index)),
  then: () => ({ hardState: hardState(term, vote, index), base: index, log: [], needed: index + 1 })
})

const LIFE: readonly Step[] = [
  append(hardState(1, 'a'), []),
  append(hardState(1, 'a'), entries(1, 2, 1)),
  append(hardState(1, 'a', 2), [entry(3, 1, 'x'.repeat(1500))]),
  append(hardState(1, 'a', 3), entries(4, 9, 1)),
  append(hardState(2, 'b', 3), entries(6, 7, 2)),
  append(hardState(2, 'b', 7), [entry(8, 2, 'y'.repeat(700))]),
  compact(5),
  append(hardState(2, 'b', 8), entries(9, 20, 2)),
  append(hardState(3, null, 8), [entry(10, 3, 'z'.repeat(900))]),
  compact(9),
  append(hardState(3, null, 10), entries(11, 11, 3)),
  append(hardState(3, null, 11), [entry(12, 3, 'u'.repeat(900))]),
  append(hardState(3, null, 12), [entry(13, 3, 'v'.repeat(900))]),
  append(hardState(3, null, 13), entries(14, 15, 3)),
  compact(14),
  append(hardState(3, null, 15), [entry(16, 3, 'u'.repeat(900))]),
  append(hardState(3, null, 16), [entry(17, 3, 'v'.repeat(900))]),
  append(hardState(3, null, 17), entries(18, 18, 3)),
  reset(50, 4, null),
  append(hardState(4, 'c', 50), entries(51, 53, 4)),
  append(hardState(5, 'c', 52), [entry(54, 5, 'w'.repeat(1200)), ...entries(55, 56, 5)]),
  append(hardState(5, 'c', 54), entries(57, 58, 5)),
  reset(40, 5, 'c'),
  append(hardState(5, 'c', 40), entries(41, 42, 5))
]

const EMPTY: Expected = { hardState: hardState(0), base: 0, log: [], needed: 1 }

const fits = (found: RecoveredState, expected: Expected): boolean => {
  const from = found.entries[0]?.index ?? expected.base + expected.log.length + 1
  return (
    JSON.stringify(found.hardState) === JSON.stringify(expected.hardState) &&
    from <= Math.max(expected.needed, expected.base + 1) &&
    JSON.stringify(found.entries) === JSON.stringify(expected.log.slice(from - 1 - expected.base))
  )
}

/** Lives until the power is lost; how many steps were acknowledged. */
const live = async (disk: CrashableDisk, sizes = GROWING): Promise<number> => {
  let done = 0
  try {
    const log = openLog(disk, sizes)
    await log.recover()
    for (const step of LIFE) {
      await step.do(log)
      done++
    }
    await log.close()
  } catch (error) {
    if (!isPowerLoss(error)) throw error
  }
  return done
}

const isPowerLoss = (error: unknown): boolean =>
  error instanceof PowerLost || (error instanceof Error && isPowerLoss(error.cause))

const states = LIFE.reduce<Expected[]>((all, step) => [...all, step.then(all.at(-1) as Expected)], [EMPTY])

describe('power loss', () => {
  test.each([
    ['records that make the file longer', GROWING],
    ['records in the place of zeros', RESERVED]
  ])(
    'at every operation of %s: what is acknowledged is there, what is under way is whole or absent',
    async (_, sizes) => {
      const whole = new CrashableDisk()
      expect(await live(whole, sizes)).toBe(LIFE.length)
      const points = whole.steps
      expect(points).toBeGreaterThan(50)
      for (let point = 1; point <= points; point++) {
        for (let outcome = 0; outcome < OUTCOMES_PER_POINT; outcome++) {
          const disk = new CrashableDisk()
          loseDuring(disk, point)
          const done = await live(disk, sizes)
          const decide = seeded(point * 1000 + outcome)
          restart(disk, decide)
          // Power is lost once more while recovering, at any of its operations.
          loseDuring(disk, 1 + decide(6))
          await openLog(disk, sizes)
            .recover()
            .catch((error: unknown) => {
              if (!isPowerLoss(error)) throw error
            })
          restart(disk, decide)

          const log = openLog(disk, sizes)
          const found = await log.recover()
          const may = [states[done], states[done + 1]].filter((state) => state !== undefined)
          const label = `lost at ${point}, outcome ${outcome}, ${done} acknowledged: ${JSON.stringify(found)}`
          expect(
            may.some((state) => fits(found, state)),
            label
          ).toBe(true)

          // What recovery returned is durable by itself, and the log goes on.
          restart(disk, () => 0)
          const again = openLog(disk, sizes)
          expect(await again.recover(), label).toEqual(found)
          const state = may.find((one) => fits(found, one)) as Expected
          const last = state.base + state.log.length
          await again.append({ hardState: hardState(9), entries: entries(last + 1, last + 1, 9), sync: true })
          restart(disk, () => 0)
          const more = await openLog(disk, sizes).recover()
          expect(more.entries.at(-1), label).toEqual(entry(last + 1, 9))
          expect(more.hardState).toEqual(hardState(9))
        }
      }
    }
  )

  test('the sweep can fail: with a barrier that does nothing it finds lost records', async () => {
    let lost = 0
    for (let outcome = 0; outcome < 40; outcome++) {
      const disk = new CrashableDisk()
      const create = disk.create.bind(disk)
      disk.create = async (path) => {
        const file = await create(path)
        return { ...file, writeDurable: file.write, datasync: async () => undefined }
      }
      await live(disk)
      restart(disk, seeded(outcome))
      const found = await openLog(disk)
        .recover()
        .catch(() => null)
      if (found === null || !fits(found, states.at(-1) as Expected)) lost++
    }
    expect(lost).toBeGreaterThan(0)
  })
})

const CHUNKS = ['a'.repeat(700), '\u2028"é'.repeat(200), 'last']
const bytesOf = (chunks: readonly string[]): string => chunks.join('')

const take = async (snapshots: SnapshotStore, index: number, chunks: readonly string[]): Promise<SnapshotMeta> => {
  const writer = await snapshots.create(metaAt(index, 1))
  for (const chunk of chunks) await writer.write(chunk)
  return writer.commit()
}

const content = async (snapshots: SnapshotStore, meta: SnapshotMeta): Promise<string> => {
  const reader = await snapshots.open(meta)
  let text = ''
  for await (const { chunk } of reader.read()) text += chunk
  await reader.close()
  return text
}

describe('power loss around snapshots', () => {
  const remote = async (): Promise<SnapshotMeta> => take(openSnapshots(new CrashableDisk()), 100, CHUNKS)

  /** A node's life: entries, two own snapshots with compaction, then one from the leader and a reset. */
  const nodeLife = async (
    disk: CrashableDisk,
    received: SnapshotMeta,
    onDone: (what: string) => void
  ): Promise<void> => {
    const log = openLog(disk)
    const snapshots = openSnapshots(disk)
    await recoverState(log, snapshots)
    await log.append({ hardState: hardState(1, 'a'), entries: entries(1, 20, 1), sync: true })
    await log.append({ hardState: hardState(1, 'a', 20), entries: entries(21, 24, 1), sync: true })
    onDone('log')
    await take(snapshots, 10, CHUNKS.slice(0, 1))
    onDone('10')
    await take(snapshots, 20, CHUNKS.slice(1))
    onDone('20')
    await log.compact(asIndex(18))
    await log.append({ hardState: hardState(2, 'b', 22), entries: entries(24, 26, 2), sync: true })
    onDone('more')
    for (let attempt = 0; attempt < 2; attempt++) {
      const receiver = await snapshots.receive(received, CHUNKS.length)
      for (let at = receiver.chunksPresent; at < CHUNKS.length; at++) {
        await receiver.write(at, CHUNKS[at] as string, chunkCrc32(CHUNKS[at] as string))
        if (attempt === 0) break
      }
      if (attempt === 0) await receiver.abort()
      else await receiver.commit()
    }
    onDone('100')
    await log.reset({ index: asIndex(100), term: asTerm(1) }, hardState(2, 'b', 100))
    await log.append({ hardState: hardState(2, 'b', 101), entries: entries(101, 103, 2), sync: true })
    onDone('end')
    await log.close()
    await snapshots.close()
  }

  test('at every operation: log and snapshots meet, the newest acknowledged snapshot is whole, nothing is lost', async () => {
    const received = await remote()
    const whole = new CrashableDisk()
    await nodeLife(whole, received, () => undefined)
    for (let point = 1; point <= whole.steps; point++) {
      for (let outcome = 0; outcome < OUTCOMES_PER_POINT; outcome++) {
        const disk = new CrashableDisk()
        const done: string[] = []
        loseDuring(disk, point)
        await nodeLife(disk, received, (what) => done.push(what)).catch((error: unknown) => {
          if (!isPowerLoss(error)) throw error
        })
        const decide = seeded(point * 7919 + outcome)
        restart(disk, decide)
        loseDuring(disk, 1 + decide(8))
        await recoverState(openLog(disk), openSnapshots(disk)).catch((error: unknown) => {
          if (!isPowerLoss(error)) throw error
        })
        restart(disk, decide)

        const label = `lost at ${point}, outcome ${outcome}, after ${done.join()}`
        const snapshots = openSnapshots(disk)
        const log = openLog(disk)
        const state = await recoverState(log, snapshots)
        const index = state.snapshot?.index ?? 0
        const last = state.entries.at(-1)?.index ?? index
        const newest = ['100', '20', '10'].find((name) => done.includes(name))
        expect(index, label).toBeGreaterThanOrEqual(Number(newest ?? 0))
        expect(last, label).toBeGreaterThanOrEqual(done.includes('end') ? 103 : done.includes('log') ? 24 : 0)
        expect((state.entries[0]?.index ?? index + 1) <= index + 1, label).toBe(true)
        if (state.snapshot !== null) {
          const expected = index === 100 ? CHUNKS : index === 20 ? CHUNKS.slice(1) : CHUNKS.slice(0, 1)
          expect(await content(snapshots, state.snapshot), label).toBe(bytesOf(expected))
          expect(state.snapshot.configuration, label).toEqual(metaAt(1, 1).configuration)
        }
        // The log goes on where the state ends.
        await log.append({ hardState: hardState(9), entries: entries(last + 1, last + 1, 9), sync: true })
        restart(disk, () => 0)
        const next = await recoverState(openLog(disk), openSnapshots(disk))
        expect(next.entries.at(-1), label).toEqual(entry(last + 1, 9))
      }
    }
  })
})

/** Rules of the LogStore port; every implementation passes them. */
import { afterEach, describe, expect, test } from 'vitest'
import { asIndex, asTerm } from '../../src-main/raft/types'
import { StoragePoisoned, type LogStore } from '../../src-main/storage/ports'
import { entries, entry, HARD_TEXT, hardState, hint, record } from './samples'

export interface LogStoreHarness {
  /** A store over what the one before left. */
  open(): LogStore
  /** The next write or barrier fails. */
  failNext(code: 'EIO' | 'ENOSPC'): void
  dispose(): Promise<void>
}

export const logStoreConformance = (name: string, prepare: () => Promise<LogStoreHarness>): void => {
  describe(`LogStore on ${name}`, () => {
    let disposals: (() => Promise<void>)[] = []

    afterEach(async () => {
      for (const dispose of disposals.reverse()) await dispose()
      disposals = []
    })

    const harness = async (): Promise<LogStoreHarness> => {
      const made = await prepare()
      disposals.push(() => made.dispose())
      return made
    }
    const opened = async (from: LogStoreHarness): Promise<LogStore> => {
      const store = from.open()
      disposals.push(() => store.close())
      await store.recover()
      return store
    }
    const recovered = async (from: LogStoreHarness) => {
      const store = from.open()
      const state = await store.recover()
      await store.close()
      return state
    }

    test('a new log is empty, in term 0, without a vote', async () => {
      const at = await harness()
      expect(await recovered(at)).toEqual({ hardState: hardState(0), snapshot: null, entries: [] })
      expect(await recovered(at)).toEqual({ hardState: hardState(0), snapshot: null, entries: [] })
    })

    test('what append resolved is recovered: hard state and entries in order', async () => {
      const at = await harness()
      const store = await opened(at)
      await store.append(record(hardState(3, 'n1', 0), entries(1, 3, 3)))
      await store.append(record(hardState(3, 'n1', 2), entries(4, 5, 3)))
      await store.close()
      expect(await recovered(at)).toEqual({
        hardState: hardState(3, 'n1', 2),
        snapshot: null,
        entries: entries(1, 5, 3)
      })
    })

    test('a record without entries keeps the log and stores term and vote', async () => {
      const at = await harness()
      const store = await opened(at)
      await store.append(record(hardState(1), entries(1, 2, 1)))
      await store.append(record(hardState(2, 'n2', 1)))
      await store.close()
      expect(await recovered(at)).toEqual({
        hardState: hardState(2, 'n2', 1),
        snapshot: null,
        entries: entries(1, 2, 1)
      })
    })

    test('entries supersede those stored from their first index on (§5.3)', async () => {
      const at = await harness()
      const store = await opened(at)
      await store.append(record(hardState(1), entries(1, 9, 1)))
      await store.append(record(hardState(2), entries(4, 5, 2)))
      await store.append(record(hardState(3), entries(6, 6, 3)))
      await store.close()
      const log = [...entries(1, 3, 1), ...entries(4, 5, 2), ...entries(6, 6, 3)]
      expect((await recovered(at)).entries).toEqual(log)
    })

    test('every kind of entry and every string survives as it was', async () => {
      const at = await harness()
      const store = await opened(at)
      const all = [
        { ...entry(1, 1, ''), kind: 'noop' as const },
        { ...entry(2, 1, '{"voters":["a.b"]}'), kind: 'configuration' as const },
        ...HARD_TEXT.map((text, i) => entry(3 + i, 1, text))
      ]
      await store.append(record(hardState(1, 'n.1 "$x" \u2028'), all))
      for (const [i, text] of HARD_TEXT.entries()) {
        await store.append(record(hardState(1, 'n.1 "$x" \u2028'), [entry(all.length + 1 + i, 1, text)]))
      }
      await store.close()
      const state = await recovered(at)
      expect(state.entries.map((one) => one.data)).toEqual([...all.map((one) => one.data), ...HARD_TEXT])
      expect(state.entries.map((one) => one.kind).slice(0, 3)).toEqual(['noop', 'configuration', 'command'])
      expect(state.hardState.votedFor).toBe('n.1 "$x" \u2028')
    })

    test('indices and terms up to the largest safe integers survive', async () => {
      const at = await harness()
      const store = await opened(at)
      const large = Number.MAX_SAFE_INTEGER - 10
      await store.append(record(hardState(large)))
      await store.reset({ index: asIndex(large), term: asTerm(large) }, hardState(large, null, large))
      await store.append(record(hardState(large, null, large), entries(large + 1, large + 2, large)))
      await store.close()
      expect((await recovered(at)).entries).toEqual(entries(large + 1, large + 2, large))
    })

    test('a commit hint is there after close', async () => {
      const at = await harness()
      const store = await opened(at)
      await store.append(record(hardState(1), entries(1, 3, 1)))
      await store.append(hint(hardState(1, null, 2)))
      await store.append(hint(hardState(1, null, 3)))
      await store.close()
      expect(await recovered(at)).toEqual({
        hardState: hardState(1, null, 3),
        snapshot: null,
        entries: entries(1, 3, 1)
      })
    })

    test('a record that calls itself a hint but changes term or vote is stored like any other', async () => {
      const at = await harness()
      const store = await opened(at)
      await store.append(hint(hardState(4, 'n1')))
      await store.close()
      expect((await recovered(at)).hardState).toEqual(hardState(4, 'n1'))
    })

    test('reset discards the log, which then goes on after the snapshot', async () => {
      const at = await harness()
      const store = await opened(at)
      await store.append(record(hardState(1), entries(1, 20, 1)))
      await store.reset({ index: asIndex(100), term: asTerm(2) }, hardState(2, null, 100))
      await store.close()
      expect(await recovered(at)).toEqual({ hardState: hardState(2, null, 100), snapshot: null, entries: [] })

      const again = await opened(at)
      await again.append(record(hardState(3, null, 100), entries(101, 103, 3)))
      await again.close()
      expect(await recovered(at)).toEqual({
        hardState: hardState(3, null, 100),
        snapshot: null,
        entries: entries(101, 103, 3)
      })
    })

    test('reset may also go back, and be repeated', async () => {
      const at = await harness()
      const store = await opened(at)
      await store.append(record(hardState(1), entries(1, 20, 1)))
      await store.reset({ index: asIndex(10), term: asTerm(1) }, hardState(1, null, 10))
      await store.reset({ index: asIndex(10), term: asTerm(1) }, hardState(1, null, 10))
      await store.append(record(hardState(2, null, 10), entries(11, 12, 2)))
      await store.close()
      expect((await recovered(at)).entries).toEqual(entries(11, 12, 2))
    })

    test('compact keeps every entry from firstIndex on, and the hard state', async () => {
      const at = await harness()
      const store = await opened(at)
      for (let i = 1; i <= 40; i++) await store.append(record(hardState(2, 'n1', i - 1), entries(i, i, 2)))
      await store.compact(asIndex(31))
      await store.append(record(hardState(2, 'n1', 40), entries(41, 41, 2)))
      await store.close()
      const state = await recovered(at)
      expect(state.hardState).toEqual(hardState(2, 'n1', 40))
      expect(state.entries.slice(-11)).toEqual(entries(31, 41, 2))
      expect(state.entries).toEqual(entries(state.entries[0]?.index as number, 41, 2))
    })

    test('compact at any index keeps that entry', async () => {
      const at = await harness()
      const store = await opened(at)
      for (let i = 1; i <= 30; i++) await store.append(record(hardState(1), entries(i, i, 1)))
      await store.close()
      for (let first = 1; first <= 30; first++) {
        const again = at.open()
        await again.recover()
        await again.compact(asIndex(first))
        await again.close()
        const kept = (await recovered(at)).entries
        expect(kept.slice(first - 31), `compacted to ${first}`).toEqual(entries(first, 30, 1))
      }
    })

    test('compact beyond the end, at the start and of an empty log is harmless', async () => {
      const at = await harness()
      const store = await opened(at)
      await store.compact(asIndex(1))
      await store.append(record(hardState(1), entries(1, 3, 1)))
      await store.compact(asIndex(1))
      await store.compact(asIndex(4))
      await store.append(record(hardState(1), entries(4, 5, 1)))
      await store.close()
      expect((await recovered(at)).entries.slice(-2)).toEqual(entries(4, 5, 1))
    })

    test('after compaction and truncation the log goes on where it should', async () => {
      const at = await harness()
      const store = await opened(at)
      for (let i = 1; i <= 20; i++) await store.append(record(hardState(1), entries(i, i, 1)))
      await store.append(record(hardState(2), entries(15, 16, 2)))
      await store.compact(asIndex(12))
      for (let i = 17; i <= 30; i++) await store.append(record(hardState(2), entries(i, i, 2)))
      await store.append(record(hardState(3), entries(14, 14, 3)))
      await store.close()
      const state = await recovered(at)
      expect(state.entries.slice(-3)).toEqual([...entries(12, 13, 1), ...entries(14, 14, 3)])
    })

    test('many small and one large record', async () => {
      const at = await harness()
      const store = await opened(at)
      const large = entry(201, 1, 'x'.repeat(3_000_000))
      for (let i = 1; i <= 200; i++) await store.append(record(hardState(1), entries(i, i, 1)))
      await store.append(record(hardState(1), [large]))
      await store.append(record(hardState(1), entries(202, 202, 1)))
      expect(store.bytes).toBeGreaterThan(3_000_000)
      await store.close()
      expect((await recovered(at)).entries).toEqual([...entries(1, 200, 1), large, ...entries(202, 202, 1)])
    })

    test('calls that overlap take effect one after the other', async () => {
      const at = await harness()
      const store = await opened(at)
      const calls = Array.from({ length: 20 }, (_, i) => store.append(record(hardState(1), entries(i + 1, i + 1, 1))))
      calls.push(store.compact(asIndex(5)), store.append(record(hardState(2), entries(21, 22, 2))), store.close())
      await Promise.all(calls)
      expect((await recovered(at)).entries.slice(-4)).toEqual([...entries(19, 20, 1), ...entries(21, 22, 2)])
    })

    test('a gap, entries out of order, a falling term and a second vote are refused before anything is written', async () => {
      const at = await harness()
      const store = await opened(at)
      await store.append(record(hardState(5, 'n1'), entries(1, 3, 5)))
      await expect(store.append(record(hardState(5, 'n1'), entries(5, 5, 5)))).rejects.toThrow('does not fit')
      await expect(store.append(record(hardState(5, 'n1'), [entry(4, 5), entry(6, 5)]))).rejects.toThrow('out of order')
      await expect(store.append(record(hardState(4)))).rejects.toThrow('term 4 after 5')
      await expect(store.append(record(hardState(5, 'n2')))).rejects.toThrow('second vote in term 5')
      await expect(store.reset({ index: asIndex(9), term: asTerm(4) }, hardState(4))).rejects.toThrow('term 4 after 5')
      expect(store.failure).toBeNull()
      await store.append(record(hardState(5, 'n1'), entries(4, 4, 5)))
      await store.close()
      expect((await recovered(at)).entries).toEqual(entries(1, 4, 5))
    })

    test('nothing is accepted before recover or after close', async () => {
      const at = await harness()
      const store = at.open()
      await expect(store.append(record(hardState(1)))).rejects.toThrow('recover comes first')
      await store.recover()
      await expect(store.recover()).rejects.toThrow('once')
      await store.close()
      await store.close()
      await expect(store.append(record(hardState(1)))).rejects.toThrow('closed')
    })

    for (const [code, expected] of [
      ['EIO', 'storage_failed'],
      ['ENOSPC', 'disk_full']
    ] as const) {
      test(`a write that fails with ${code} poisons the store for good, and what was acknowledged stays`, async () => {
        const at = await harness()
        const store = await opened(at)
        await store.append(record(hardState(1), entries(1, 3, 1)))
        at.failNext(code)
        const failure = await store.append(record(hardState(1), entries(4, 4, 1))).catch((error: unknown) => error)
        expect(failure).toBeInstanceOf(StoragePoisoned)
        expect(store.failure).toBe(failure)
        expect(store.failure?.code).toBe(expected)
        await expect(store.append(record(hardState(1), entries(4, 4, 1)))).rejects.toBe(failure)
        await expect(store.append(hint(hardState(1, null, 1)))).rejects.toBe(failure)
        await expect(store.compact(asIndex(2))).rejects.toBe(failure)
        await expect(store.reset({ index: asIndex(9), term: asTerm(1) }, hardState(1))).rejects.toBe(failure)
        await store.close()
        expect((await recovered(at)).entries.slice(0, 3)).toEqual(entries(1, 3, 1))
      })
    }
  })
}

import { describe, expect, test } from 'vitest'
import { NO_BOUNDARY, RaftLog } from '../../src-main/raft/log'
import { asIndex, asTerm } from '../../src-main/raft/types'
import { entriesFrom, entry } from './network/messages'

const PACK_ENTRIES = 2
const logOf = (...terms: number[]) => new RaftLog(NO_BOUNDARY, entriesFrom(1, ...terms), asIndex(0), PACK_ENTRIES)
const after = (index: number, term: number, ...terms: number[]) =>
  new RaftLog(
    { index: asIndex(index), term: asTerm(term) },
    entriesFrom(index + 1, ...terms),
    asIndex(index),
    PACK_ENTRIES
  )
const all = (log: RaftLog) => log.slice(log.firstIndex, Infinity, Infinity).entries.map(({ term }) => Number(term))

describe('terms and bounds', () => {
  test('of an empty log', () => {
    const log = logOf()
    expect([log.firstIndex, log.lastIndex, log.lastTerm, log.termAt(asIndex(0))]).toEqual([1, 0, 0, 0])
    expect(log.termAt(asIndex(1))).toBe(undefined)
  })

  test('are known from the boundary to the end, and not beyond', () => {
    const log = after(100, 1, 1, 2, 3)
    expect([99, 100, 101, 102, 103, 104].map((index) => log.termAt(asIndex(index)))).toEqual([
      undefined,
      1,
      1,
      2,
      3,
      undefined
    ])
    expect([log.firstIndex, log.lastIndex, log.lastTerm]).toEqual([101, 103, 3])
  })

  test('outside of the log nothing can be read', () => {
    const log = after(100, 1, 1, 2)
    for (const index of [99, 100, 103]) expect(() => log.at(asIndex(index))).toThrow('entry is held')
    expect(() => log.slice(asIndex(100), 1, 1)).toThrow('begins in the log')
    expect(log.slice(asIndex(103), 1, 1).entries).toEqual([])
  })
})

describe('a log is up-to-date by its last term, then by its length (§5.4.1)', () => {
  // The last entry is 3 of term 3.
  test.each([
    [2, 4, true],
    [3, 4, true],
    [4, 4, true],
    [2, 2, false],
    [3, 2, false],
    [4, 2, false],
    [2, 3, false],
    [3, 3, true],
    [4, 3, true]
  ])('candidate ends at %i of term %i: %s', (index, term, upToDate) => {
    expect(logOf(1, 2, 3).isUpToDate(asIndex(index), asTerm(term))).toBe(upToDate)
  })
})

describe('the first conflict', () => {
  // A position among the entries; their number when there is none.
  test.each([
    [1, [], 0],
    [1, [1, 2, 3], 3],
    [2, [2, 3], 2],
    [3, [3], 1],
    [1, [1, 2, 3, 4, 4], 3],
    [2, [2, 3, 4, 5], 2],
    [3, [3, 4, 4], 1],
    [4, [4, 4], 0],
    [1, [4, 4], 0],
    [2, [1, 4, 4], 0],
    [3, [1, 2, 4], 0]
  ])('of entries from %i of terms %o: %i', (first, terms, expected) => {
    expect(logOf(1, 2, 3).firstConflict(entriesFrom(first, ...terms))).toBe(expected)
  })
})

describe('the last possible agreement with a term', () => {
  test.each([
    [[2, 2, 5, 5, 5], 103, 3, 101],
    [[2, 2, 5, 5, 5], 104, 2, 101],
    [[2, 2, 5, 5, 5], 104, 5, 104],
    [[2, 2, 5, 5, 5], 101, 2, 101],
    [[2, 2, 5, 5, 5], 999, 5, 104],
    [[3, 3, 3, 4], 103, 2, 99],
    [[3, 3, 3, 4], 98, 9, 98]
  ])('log of terms %o from 100, at or below %i with term ≤ %i: %i', (terms, index, term, expected) => {
    expect(after(99, 1, ...terms).findConflictByTerm(asIndex(index), asTerm(term))).toBe(expected)
  })
})

describe('append and truncate', () => {
  test('append takes what follows the end, and nothing else', () => {
    const log = logOf(1, 2)
    log.append(entriesFrom(3, 2, 3))
    expect(all(log)).toEqual([1, 2, 2, 3])
    expect(() => log.append([entry(7, 3)])).toThrow('contiguous')
    expect(() => log.append([entry(5, 2)])).toThrow('never decrease')
  })

  test('truncate takes back durability with the entries', () => {
    const log = logOf(1, 2, 2)
    log.truncateFrom(asIndex(2))
    expect([all(log), log.persistedIndex]).toEqual([[1], 1])
    log.append(entriesFrom(2, 3))
    expect(log.persistedIndex).toBe(1)
    expect(log.takeUnpersisted()).toMatchObject([{ index: 2, term: 3 }])
  })

  test('what is committed is never truncated', () => {
    const log = logOf(1, 2, 3)
    log.commitTo(asIndex(2))
    expect(() => log.truncateFrom(asIndex(2))).toThrow('never truncated')
    log.truncateFrom(asIndex(3))
    expect(log.lastIndex).toBe(2)
  })
})

describe('commitIndex', () => {
  test('grows up to the end of the log, and never falls', () => {
    const log = logOf(1, 2, 3)
    log.commitTo(asIndex(2))
    log.commitTo(asIndex(1))
    expect(log.commitIndex).toBe(2)
    expect(() => log.commitTo(asIndex(4))).toThrow('in the log')
  })
})

describe('handing out for the disk', () => {
  test('gives each entry once, in order', () => {
    const log = logOf(1)
    log.append(entriesFrom(2, 1, 1))
    expect(log.takeUnpersisted().map(({ index }) => Number(index))).toEqual([2, 3])
    expect(log.takeUnpersisted()).toEqual([])
    log.append(entriesFrom(4, 1))
    expect(log.takeUnpersisted().map(({ index }) => Number(index))).toEqual([4])
  })

  test('gives a replacement again from where it replaces', () => {
    const log = logOf(1)
    log.append(entriesFrom(2, 1, 1, 1))
    log.takeUnpersisted()
    log.truncateFrom(asIndex(3))
    log.append(entriesFrom(3, 2))
    expect(log.takeUnpersisted()).toMatchObject([{ index: 3, term: 2 }])
  })
})

describe('slices', () => {
  const log = after(10, 1, 1, 1, 1, 1)
  const size = log.slice(asIndex(11), 1, 1).bytes

  test.each([
    [11, Infinity, Infinity, [11, 12, 13, 14]],
    [13, Infinity, Infinity, [13, 14]],
    [11, 0, Infinity, [11]],
    [11, 2 * size, Infinity, [11, 12]],
    [11, 3 * size - 1, Infinity, [11, 12]],
    [11, Infinity, 3, [11, 12, 13]],
    [15, Infinity, Infinity, []]
  ])('from %i, at most %i bytes and %i entries: %o', (from, bytes, entries, expected) => {
    expect(log.slice(asIndex(from), bytes, entries).entries.map(({ index }) => Number(index))).toEqual(expected)
  })

  test('for the same place and bounds are one array, until the log changes', () => {
    const shared = logOf(1, 1, 1)
    const slice = () => shared.sharedSlice(asIndex(2), 1_000, 10)
    const first = slice()
    expect(slice()).toBe(first)
    shared.append(entriesFrom(4, 1))
    expect(slice().entries).toHaveLength(3)
    expect(first.entries).toHaveLength(2)
  })
})

describe('compaction', () => {
  test('keeps the term of the last entry it drops', () => {
    const log = logOf(1, 2, 2, 3)
    log.commitTo(asIndex(4))
    log.compact(asIndex(3))
    expect([log.firstIndex, log.boundaryIndex, log.boundaryTerm, all(log)]).toEqual([3, 2, 2, [2, 3]])
    log.compact(asIndex(2))
    expect(log.firstIndex).toBe(3)
    log.compact(asIndex(5))
    expect([log.lastIndex, log.lastTerm, all(log)]).toEqual([4, 3, []])
    log.append(entriesFrom(5, 4))
    expect(log.at(asIndex(5)).term).toBe(4)
  })

  test('spares what is not committed', () => {
    const log = logOf(1, 2, 2)
    log.commitTo(asIndex(1))
    expect(() => log.compact(asIndex(3))).toThrow('only committed entries')
  })

  test('in any number of steps leaves the same log', () => {
    const log = after(0, 0, ...Array<number>(1_000).fill(1))
    log.commitTo(asIndex(1_000))
    for (let first = 2; first <= 990; first += 7) {
      log.compact(asIndex(first))
      expect(log.at(asIndex(first)).index).toBe(first)
      expect(log.at(asIndex(1_000)).index).toBe(1_000)
      expect(log.slice(log.firstIndex, Infinity, Infinity).entries).toHaveLength(1_001 - first)
    }
  })
})

test('a reset begins anew after a snapshot, never before a commit', () => {
  const log = logOf(1, 1, 1)
  log.commitTo(asIndex(3))
  log.reset({ index: asIndex(1_000), term: asTerm(1_000) })
  expect([log.firstIndex, log.lastIndex, log.lastTerm, log.commitIndex, log.persistedIndex]).toEqual([
    1_001, 1_000, 1_000, 1_000, 1_000
  ])
  expect(log.takeUnpersisted()).toEqual([])
  expect(() => log.reset({ index: asIndex(9), term: asTerm(1) })).toThrow('never takes back commits')
})

test('a log from disk must be contiguous, with terms that never decrease', () => {
  const open = (...entries: ReturnType<typeof entry>[]) => new RaftLog(NO_BOUNDARY, entries, asIndex(0), PACK_ENTRIES)
  expect(() => open(entry(1, 1), entry(3, 1))).toThrow('contiguous')
  expect(() => open(entry(1, 2), entry(2, 1))).toThrow('never decrease')
  expect(() => open(entry(2, 1))).toThrow('contiguous')
})

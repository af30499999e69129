import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_BOUNDARY, RaftLog } from '../../src-main/raft/log'
import { PackedEntries } from '../../src-main/raft/packed-entries'
import { asIndex, asTerm, type Entry, type EntryKind } from '../../src-main/raft/types'
import { entry } from './network/messages'

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', '\ud800', '\udc00x', '\ufeff', '\ufeffx', 'Gehäuse.gcode', '🧵', 'x'.repeat(40_000))
)
const kind = fc.constantFrom<EntryKind>('noop', 'command', 'configuration')

describe('packed entries', () => {
  test('come out as they went in, whatever their text', () => {
    const drawn = fc.array(fc.record({ kind, data: text, newTerm: fc.boolean() }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(drawn, fc.nat(), fc.nat(), (given, from, length) => {
        let term = 1
        const entries = given.map<Entry>(({ kind, data, newTerm }, at) => {
          if (newTerm) term++
          return { index: asIndex(101 + at), term: asTerm(term), kind, data }
        })
        const packed = new PackedEntries()
        packed.append(entries.slice(0, 5))
        packed.append(entries.slice(5))
        const start = from % entries.length
        const end = start + (length % (entries.length - start))
        expect(packed.slice(entries[start]!.index, entries[end]!.index)).toEqual(entries.slice(start, end + 1))
        for (const { index, term, data } of entries)
          expect([packed.termAt(index), packed.lengthAt(index)]).toEqual([term, data.length])
      })
    )
  })

  test('are dropped by whole pages, and what is gone cannot be read', () => {
    const packed = new PackedEntries()
    packed.append([entry(1, 1), entry(2, 1)])
    packed.append([entry(3, 2), entry(4, 2)])
    packed.dropBefore(asIndex(3))
    expect(packed.slice(asIndex(3), asIndex(4))).toEqual([entry(3, 2), entry(4, 2)])
    expect(() => packed.termAt(asIndex(2))).toThrow('is held')
    expect(() => packed.termAt(asIndex(5))).toThrow('is held')
    packed.dropBefore(asIndex(5))
    expect(() => packed.termAt(asIndex(4))).toThrow('is held')
  })
})

/** One change of a log, made possible by what it holds: numbers are taken modulo what is allowed. */
type Change =
  | { readonly type: 'append'; readonly count: number; readonly newTerm: boolean }
  | { readonly type: 'truncate' | 'commit' | 'settle' | 'compact'; readonly at: number }
  | { readonly type: 'reset'; readonly ahead: number }

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('append'), count: fc.nat(9), newTerm: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constantFrom('truncate', 'commit', 'settle', 'settle', 'compact'), at: fc.nat() })
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reset'), ahead: fc.nat(3) }) }
)

function make(log: RaftLog, given: Change): void {
  /** Within [low, high], or null when there is nothing. */
  const within = (low: number, high: number, at: number) => (high < low ? null : asIndex(low + (at % (high - low + 1))))
  switch (given.type) {
    case 'append': {
      const term = log.lastTerm + (given.newTerm ? 1 : 0)
      log.append(Array.from({ length: given.count }, (_, at) => entry(log.lastIndex + 1 + at, term)))
      return void log.takeUnpersisted()
    }
    case 'truncate': {
      const from = within(log.commitIndex + 1, log.lastIndex, given.at)
      return from === null ? undefined : log.truncateFrom(from)
    }
    case 'commit':
      return log.commitTo(within(log.commitIndex, log.lastIndex, given.at)!)
    case 'settle':
      return log.settle(within(log.boundaryIndex, log.commitIndex, given.at)!)
    case 'compact':
      return log.compact(asIndex(within(log.boundaryIndex, log.commitIndex, given.at)! + 1))
    case 'reset':
      return log.reset({ index: asIndex(log.lastIndex + 1 + given.ahead), term: asTerm(log.lastTerm + 1) })
  }
}

/** All that can be asked of a log. */
function answers(log: RaftLog): unknown {
  const { boundaryIndex, firstIndex, lastIndex, lastTerm, commitIndex } = log
  const indices = Array.from({ length: lastIndex - boundaryIndex }, (_, at) => asIndex(firstIndex + at))
  return {
    bounds: [boundaryIndex, log.boundaryTerm, firstIndex, lastIndex, lastTerm, commitIndex],
    terms: [asIndex(boundaryIndex - 1), boundaryIndex, ...indices, asIndex(lastIndex + 1)].map((at) => log.termAt(at)),
    entries: indices.map((at) => log.at(at)),
    slices: indices.map((at) => log.slice(at, 200, 6)),
    rest: indices.map((at) => log.slice(at, Infinity, Infinity)),
    bytes: indices.map((at) => log.bytesBetween(boundaryIndex, at)),
    conflicts: indices.map((at) => log.findConflictByTerm(at, asTerm(lastTerm - 1)))
  }
}

test('a log answers the same, whether it packs or not', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 10, maxLength: 40 }), (changes) => {
      const packing = new RaftLog(NO_BOUNDARY, [], asIndex(0), 2)
      const plain = new RaftLog(NO_BOUNDARY, [], asIndex(0), Infinity)
      for (const given of changes) {
        make(packing, given)
        make(plain, given)
        expect(answers(packing)).toEqual(answers(plain))
      }
    })
  )
})

test('what was not handed out to be persisted is not packed', () => {
  const log = new RaftLog(NO_BOUNDARY, [], asIndex(0), 1)
  const entries = Array.from({ length: 10 }, (_, at) => entry(at + 1, 1))
  log.append(entries)
  log.coveredBySnapshot(asIndex(10))
  log.settle(asIndex(10))
  expect(log.takeUnpersisted()).toEqual(entries)
  log.settle(asIndex(10))
  expect(log.slice(asIndex(1), Infinity, Infinity).entries).toEqual(entries)
})

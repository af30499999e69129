import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SerialSet } from '../../src-main/farm/serial-set'
import { Table, type TableView } from '../../src-main/farm/table'

interface Thing {
  readonly id: string
  readonly version: number
}

/** What happens to many records at once, so that segments fill, thin out, and empty. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 1500 }), phase: fc.nat(0) }),
  fc.record({
    kind: fc.constantFrom('remove' as const, 'replace' as const, 'keep' as const),
    count: fc.integer({ min: 1, max: 60 }),
    phase: fc.nat(59)
  }),
  fc.record({ kind: fc.constant('view' as const), count: fc.nat(0), phase: fc.nat(0) })
)

function all(view: { next(from: number): number; at(serial: number): Thing | null }): readonly (Thing | null)[] {
  const things: (Thing | null)[] = []
  for (let serial = view.next(0); serial >= 0; serial = view.next(serial + 1)) things.push(view.at(serial))
  return things
}

describe('tables', () => {
  it('hold what a plain list holds, and their views what it held', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14, size: 'max' }), (steps) => {
        const table = new Table<Thing>()
        let list: Thing[] = []
        let ids = 0
        const views: { readonly view: TableView<Thing>; readonly held: readonly Thing[] }[] = []
        for (const { kind, count, phase } of steps) {
          const chosen = (i: number): boolean => i % count === phase % count
          if (kind === 'view') views.push({ view: table.view(), held: [...list] })
          if (kind === 'add') {
            for (let i = 0; i < count; i++) {
              const thing = { id: `t${ids++}`, version: 0 }
              table.add(thing)
              list.push(thing)
            }
          }
          if (kind === 'replace') {
            list = list.map((thing, i) => (chosen(i) ? { ...thing, version: thing.version + 1 } : thing))
            for (const thing of list) if (table.get(thing.id) !== thing) table.replace(table.serialOf(thing.id), thing)
          }
          if (kind === 'remove' || kind === 'keep') {
            const gone = list.filter((_, i) => chosen(i) === (kind === 'remove'))
            for (const { id } of gone) table.remove(table.serialOf(id))
            list = list.filter((_, i) => chosen(i) !== (kind === 'remove'))
          }
        }
        expect(table.size).toBe(list.length)
        expect([...table]).toEqual(list)
        for (const { view, held } of views) {
          expect(all(view)).toEqual(held)
          for (const thing of held) expect(view.at(view.serialOf(thing.id))).toBe(thing)
        }
      }),
      { numRuns: 60 }
    )
  })

  it('a record keeps its serial, and a serial is never given twice', () => {
    const table = new Table<Thing>()
    const first = table.add({ id: 'a', version: 0 })
    table.replace(first, { id: 'a', version: 1 })
    expect(table.serialOf('a')).toBe(first)
    table.remove(first)
    expect(table.add({ id: 'a', version: 2 })).toBe(first + 1)
    expect([table.at(first), table.serialOf('b'), table.get('b')]).toEqual([null, 0, null])
  })

  it('an id that is no string is in no table', () => {
    const table = new Table<Thing>()
    table.add({ id: '1', version: 0 })
    for (const id of [1, null, undefined, {}, ['1']]) expect(table.get(id as string)).toBeNull()
  })

  it('changing or removing what is not there does nothing', () => {
    const table = new Table<Thing>()
    table.remove(7)
    table.replace(7, { id: 'x', version: 0 })
    expect([...table]).toEqual([])
  })
})

describe('sets of serials', () => {
  it('agree with a plain set', () => {
    const serial = fc.oneof(fc.nat(100), fc.nat(30_000))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), serial), { maxLength: 300 }), fc.array(serial), (changes, probes) => {
        const set = new SerialSet()
        const plain = new Set<number>()
        for (const [add, member] of changes) {
          if (add) set.add(member)
          else set.delete(member)
          if (add) plain.add(member)
          else plain.delete(member)
        }
        expect(set.size).toBe(plain.size)
        const sorted = [...plain].toSorted((a, b) => a - b)
        for (const from of probes) expect(set.next(from)).toBe(sorted.find((member) => member >= from) ?? -1)
      })
    )
  })
})

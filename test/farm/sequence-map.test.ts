import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SequenceMap } from '../../src-main/farm/sequence-map'

/** Near each other, further apart than any window, and at the end of what numbers can say. */
const number = fc.oneof(
  fc.nat(40),
  fc.nat(400),
  fc.constantFrom(16_383, 16_384, 40_000, 2 ** 31, 2 ** 32 + 3),
  fc.nat(20).map((n) => Number.MAX_SAFE_INTEGER - 1 - n)
)
const step = fc.oneof(
  fc.record({ op: fc.constant('set' as const), n: number }),
  fc.record({ op: fc.constant('delete' as const), n: number }),
  fc.record({ op: fc.constant('deleteBelow' as const), n: number }),
  fc.record({ op: fc.constant('clear' as const), n: fc.constant(0) })
)

describe('the map of sequence numbers', () => {
  it('is a map in ascending order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new SequenceMap<string>()
        const model = new Map<number, string>()
        for (const [at, { op, n }] of steps.entries()) {
          if (op === 'set') map.set(n, `${n} ${at}`)
          if (op === 'set') model.set(n, `${n} ${at}`)
          if (op === 'delete') expect(map.delete(n)).toBe(model.delete(n))
          if (op === 'deleteBelow') map.deleteBelow(n)
          if (op === 'deleteBelow') for (const key of [...model.keys()]) if (key < n) model.delete(key)
          if (op === 'clear') map.clear()
          if (op === 'clear') model.clear()
          const entries = [...model].sort(([a], [b]) => a - b)
          expect(map.entries()).toEqual(entries)
          expect(map.keys()).toEqual(entries.map(([key]) => key))
          expect(map.values()).toEqual(entries.map(([, value]) => value))
          expect(map.lowest()).toBe(entries[0]?.[0])
          expect(map.size).toBe(model.size)
          for (const probe of [n - 1, n, n + 1, n + 64]) expect(map.get(probe)).toBe(model.get(probe))
        }
      })
    )
  })

  it('numbers that come and go in order stay in a window of fixed size', () => {
    const map = new SequenceMap<number>()
    for (let n = 1; n <= 100_000; n++) {
      map.set(n, n)
      if (n > 50) expect(map.delete(n - 50)).toBe(true)
    }
    expect(map.keys()).toEqual(Array.from({ length: 50 }, (_, at) => 99_951 + at))
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdIndex } from '../../src-main/farm/id-index'

/** An index over records that are their ids, by serials from 1. */
function indexed() {
  const ids = new Map<number, string>()
  const index = new IdIndex((serial) => ids.get(serial) as string)
  let last = 0
  return {
    index,
    add(id: string): number {
      ids.set(++last, id)
      index.set(id, last)
      return last
    },
    remove(id: string): void {
      const serial = index.get(id)
      index.delete(id)
      ids.delete(serial)
    }
  }
}

const few = fc.nat(60).map((n) => `id-${n}`)

describe('the index of ids', () => {
  it('is a map', () => {
    const step = fc.record({ add: fc.boolean(), id: few })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const { index, add, remove } = indexed()
        const model = new Map<string, number>()
        for (const { add: adds, id } of steps) {
          if (adds && !model.has(id)) model.set(id, add(id))
          else if (!adds) {
            remove(id)
            model.delete(id)
          }
          expect(index.size).toBe(model.size)
          for (let n = 0; n <= 60; n++) expect(index.get(`id-${n}`)).toBe(model.get(`id-${n}`) ?? 0)
        }
      }),
      { numRuns: 30 }
    )
  })

  it('tells apart so many ids that some of their hashes are the same, as they come and as they go', () => {
    const { index, add, remove } = indexed()
    const ids = Array.from({ length: 200_000 }, (_, n) => `job-${n}`)
    const serials = ids.map(add)
    expect(ids.map((id) => index.get(id))).toEqual(serials)
    expect(ids.map((id) => index.get(`${id}x`)).some((serial) => serial !== 0)).toBe(false)
    ids.forEach((id, n) => n % 16 !== 0 && remove(id))
    expect(index.size).toBe(ids.length / 16)
    expect(ids.map((id) => index.get(id))).toEqual(serials.map((serial, n) => (n % 16 === 0 ? serial : 0)))
  })

  it('the record of an id that is set again is the later one', () => {
    const { index, add } = indexed()
    add('a')
    const later = add('a')
    expect([index.get('a'), index.size]).toEqual([later, 1])
  })

  it('what is no string has no place in it', () => {
    const { index, add, remove } = indexed()
    add('1')
    for (const id of [1, null, undefined, {}, ['1']]) {
      expect(index.get(id as string)).toBe(0)
      remove(id as string)
    }
    expect(index.size).toBe(1)
  })
})

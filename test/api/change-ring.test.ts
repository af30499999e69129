import { describe, expect, test } from 'vitest'
import { ChangeRing } from '../../src-main/api/events/change-ring'
import type { Change } from '../../src-main/farm/types'

const change = (id: string, chars = 1): Change => ({ kind: 'printer', id, record: { text: 'x'.repeat(chars) } })
const indexes = (ring: ChangeRing, after: number) => ring.after(after)?.map(({ index }) => index) ?? null

describe('the ring of recent changes', () => {
  test('knows everything above the index it began at', () => {
    const ring = new ChangeRing(5)
    expect(indexes(ring, 5)).toEqual([])
    expect(indexes(ring, 4)).toBeNull()
    ring.push(7, [change('a')], true)
    ring.push(9, [change('b')], true)
    expect([5, 6, 7, 8, 9, 10].map((index) => indexes(ring, index))).toEqual([[7, 9], [7, 9], [9], [9], [], []])
  })

  test('an index without changes takes no room', () => {
    const ring = new ChangeRing(0)
    ring.push(1, [], true)
    expect(indexes(ring, 0)).toEqual([])
  })

  test('drops whole indexes, oldest first, when there are too many changes', () => {
    const ring = new ChangeRing(0, { changes: 4, unheard: 4, chars: 1e9 })
    for (let index = 1; index <= 5; index++) ring.push(index, [change('a'), change('b')], true)
    expect(ring.completeAfter).toBe(3)
    expect(indexes(ring, 2)).toBeNull()
    expect(indexes(ring, 3)).toEqual([4, 5])
  })

  test('drops when the text is too much', () => {
    const ring = new ChangeRing(0, { changes: 1e9, unheard: 1e9, chars: 1000 })
    ring.push(1, [change('a', 600)], true)
    ring.push(2, [change('a', 600)], true)
    expect(indexes(ring, 1)).toEqual([2])
    ring.push(3, [change('a', 5000)], true)
    expect(indexes(ring, 3)).toEqual([])
    expect(indexes(ring, 2)).toBeNull()
  })

  test('keeps little for nobody who listens', () => {
    const ring = new ChangeRing(0, { changes: 10, unheard: 2, chars: 1e9 })
    for (let index = 1; index <= 5; index++) ring.push(index, [change('a')], false)
    expect(ring.completeAfter).toBe(3)
    expect(indexes(ring, 3)).toEqual([4, 5])
  })

  test('whoever listened finds as many changes afterwards as before', () => {
    const ring = new ChangeRing(0, { changes: 10, unheard: 2, chars: 1e9 })
    for (let index = 1; index <= 3; index++) ring.push(index, [change('a')], true)
    for (let index = 4; index <= 13; index++) ring.push(index, [change('a')], false)
    expect(indexes(ring, 3)).toHaveLength(10)
    ring.push(14, [change('a')], false)
    expect(indexes(ring, 4)).toBeNull()
    expect(indexes(ring, 12)).toEqual([13, 14])
  })

  test('goes on for long without keeping what it dropped', () => {
    const ring = new ChangeRing(0, { changes: 10, unheard: 10, chars: 1e9 })
    for (let index = 1; index <= 10_000; index++) ring.push(index, [change('a')], true)
    expect(indexes(ring, 9990)).toEqual([9991, 9992, 9993, 9994, 9995, 9996, 9997, 9998, 9999, 10_000])
    expect(indexes(ring, 9989)).toBeNull()
  })

  test('starts over after a reset', () => {
    const ring = new ChangeRing(0)
    ring.push(1, [change('a')], true)
    ring.clear(50)
    expect([indexes(ring, 1), indexes(ring, 50)]).toEqual([null, []])
  })
})

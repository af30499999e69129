import { computed } from 'vue'
import { describe, expect, it } from 'vitest'
import { createCollection } from '@/stores/collection'

interface Item {
  readonly id: string
  readonly value: number
}
const put = (id: string, value: number, index: number) => ({ id, record: { id, value }, index })
const gone = (id: string, index: number) => ({ id, record: null, index })

describe('a collection keeps what was read at the newer log index', () => {
  it('replaces a record by one of a newer index, and not by one of an older', () => {
    const items = createCollection<Item>()
    items.apply([put('a', 1, 10), put('a', 2, 12), put('a', 3, 11)])
    expect(items.peek('a')?.value).toBe(2)
  })

  it('keeps a deletion against an older list that still has the record', () => {
    const items = createCollection<Item>()
    const load = items.beginLoad()
    items.apply([put('a', 1, 10), gone('a', 20)])
    load.add([{ id: 'a', value: 1 }], 15)
    expect(items.peek('a')).toBeUndefined()
  })

  it('takes a record that is created again after its deletion', () => {
    const items = createCollection<Item>()
    items.apply([put('a', 1, 10), gone('a', 20), put('a', 2, 21)])
    expect(items.peek('a')?.value).toBe(2)
  })

  it('changes its version once for a batch, and not at all when nothing changed', () => {
    const items = createCollection<Item>()
    items.apply([put('a', 1, 10), put('b', 1, 10), put('c', 1, 10)])
    expect(items.version.value).toBe(1)
    items.apply([put('a', 9, 5), gone('z', 5)])
    expect(items.version.value).toBe(1)
  })

  it('tells who asked for a record of that record only', () => {
    const items = createCollection<Item>()
    items.apply([put('a', 1, 10), put('b', 1, 10)])
    let asked = 0
    const value = computed(() => (asked++, items.get('a')?.value))
    expect(value.value).toBe(1)
    items.apply([put('b', 2, 11), put('c', 1, 11)])
    expect([value.value, asked]).toEqual([1, 1])
    items.apply([put('a', 3, 12)])
    expect([value.value, asked]).toEqual([3, 2])
    items.apply([gone('a', 13)])
    expect(value.value).toBeUndefined()
  })
})

describe('a load replaces the whole list', () => {
  it('drops what the list no longer has', () => {
    const items = createCollection<Item>()
    items.apply([put('old', 1, 10), put('kept', 1, 10)])
    const load = items.beginLoad()
    load.add([{ id: 'kept', value: 2 }], 30)
    load.finish()
    expect(items.all.value).toEqual([{ id: 'kept', value: 2 }])
  })

  it('keeps what was created while it was loading', () => {
    const items = createCollection<Item>()
    const load = items.beginLoad()
    load.add([{ id: 'a', value: 1 }], 30)
    items.apply([put('new', 1, 31)])
    load.finish()
    expect(items.peek('new')).toBeDefined()
  })

  it('judges by its oldest page', () => {
    const items = createCollection<Item>()
    const load = items.beginLoad()
    load.add([{ id: 'a', value: 1 }], 30)
    items.apply([put('between', 1, 35)])
    load.add([{ id: 'b', value: 1 }], 40)
    load.finish()
    expect(items.peek('between')).toBeDefined()
  })

  it('says nothing more once a newer load has begun', () => {
    const items = createCollection<Item>()
    items.apply([put('a', 1, 10)])
    const overtaken = items.beginLoad()
    items.beginLoad()
    overtaken.add([{ id: 'b', value: 1 }], 30)
    overtaken.finish()
    expect(items.all.value.map(({ id }) => id)).toEqual(['a'])
  })
})

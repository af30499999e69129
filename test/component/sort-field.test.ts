import { afterEach, describe, expect, it, vi } from 'vitest'
import SortField from '@/ui/SortField.vue'
import { mounted } from './support/mounted'

afterEach(() => document.body.replaceChildren())

const columns = [
  { key: 'name', label: 'Name', sortable: true },
  { key: 'bar', label: 'Stock' },
  { key: 'free', label: 'Free', sortable: true, numeric: true }
]
function field(sort: { key: string; down: boolean }) {
  const onSort = vi.fn()
  return { wrapper: mounted(SortField, { columns, sort, onSort }), onSort }
}

describe('the choice of an order for cards', () => {
  it('offers what the table can be sorted by', () => {
    const { wrapper } = field({ key: 'name', down: false })
    expect(wrapper.findAll('option').map((option) => option.text())).toEqual(['Name', 'Free'])
  })

  it('begins as the head of the table does: figures with the largest, names with A', async () => {
    const { wrapper, onSort } = field({ key: 'name', down: true })
    await wrapper.find('select').setValue('free')
    expect(onSort).toHaveBeenLastCalledWith({ key: 'free', down: true })
    await wrapper.find('select').setValue('name')
    expect(onSort).toHaveBeenLastCalledWith({ key: 'name', down: false })
  })

  it('turns the order around, and says which it is', async () => {
    const { wrapper, onSort } = field({ key: 'name', down: false })
    const button = wrapper.find('button')
    expect(button.attributes('aria-label')).toBe('Ascending')
    await button.trigger('click')
    expect(onSort).toHaveBeenCalledWith({ key: 'name', down: true })
  })
})

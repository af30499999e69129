import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JobFilter, Page, PageOf } from '../../src-main/farm/queries'
import { isCursor } from '../../src-main/farm/pages'
import { JOB_STATUSES } from '../../src-main/farm/types'
import { Log, smallFarm } from './entries'

const ids = (page: PageOf<{ readonly id: string }>): readonly string[] => page.items.map(({ id }) => id)

function allPages(list: (page: Page) => PageOf<{ readonly id: string }>, limit: number): readonly string[] {
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: PageOf<{ readonly id: string }> = list(cursor === null ? { limit } : { limit, cursor })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    seen.push(...ids(page))
    cursor = page.next
  } while (cursor !== null)
  return seen
}

describe('lists', () => {
  it('are empty at first', () => {
    const { farm } = new Log()
    expect(farm.printers()).toEqual({ items: [], next: null })
    expect(farm.filaments()).toEqual({ items: [], next: null })
    expect(farm.jobs({})).toEqual({ items: [], next: null })
    expect(farm.jobs({ printer_id: 'p1', status: 'Queued' })).toEqual({ items: [], next: null })
    expect([farm.printer('x'), farm.filament('x'), farm.job('x'), farm.token('x')]).toEqual([null, null, null, null])
    expect(farm.isEmpty()).toBe(true)
    expect(farm.counts()).toEqual({
      printers: 0,
      filaments: 0,
      jobs: { Queued: 0, Running: 0, Done: 0, Cancelled: 0 }
    })
  })

  it('are in creation order, and an update does not move a record', () => {
    const log = new Log()
    for (const id of ['c', 'a', 'b']) log.printer(id)
    log.ok({ type: 'printer.update', id: 'c', set: { model: 'XL' } })
    expect(ids(log.farm.printers())).toEqual(['c', 'a', 'b'])
    expect(log.farm.isEmpty()).toBe(false)
  })

  it('pages end exactly where the list ends', () => {
    const log = new Log()
    for (const id of ['a', 'b', 'c', 'd']) log.filament(id)
    const first = log.farm.filaments({ limit: 2 })
    expect(ids(first)).toEqual(['a', 'b'])
    const second = log.farm.filaments({ limit: 2, cursor: first.next ?? '' })
    expect([ids(second), second.next]).toEqual([['c', 'd'], null])
    expect(log.farm.filaments({ limit: 4 }).next).toBeNull()
  })

  it('a cursor stays valid while records come and go, its own included', () => {
    const log = new Log()
    for (const id of ['a', 'b', 'c', 'd']) log.printer(id)
    const { next } = log.farm.printers({ limit: 2 })
    for (const id of ['a', 'b', 'c']) log.ok({ type: 'printer.delete', id })
    log.printer('e')
    log.printer('b')
    expect(ids(log.farm.printers({ cursor: next ?? '' }))).toEqual(['d', 'e', 'b'])
  })

  it('a cursor stays valid while holes are closed', () => {
    const log = new Log()
    for (let i = 0; i < 5000; i++) log.printer(`p${i}`)
    const { next } = log.farm.printers({ limit: 2000 })
    for (let i = 0; i < 4000; i++) if (i !== 100) log.ok({ type: 'printer.delete', id: `p${i}` })
    const rest = log.farm.printers({ cursor: next ?? '' })
    expect(ids(rest).at(0)).toBe('p4000')
    expect(rest.items).toHaveLength(1000)
    expect(ids(log.farm.printers({ limit: 2 }))).toEqual(['p100', 'p4000'])
  })

  it('a page is followed by none when all that would follow is gone', () => {
    const log = smallFarm()
    for (let i = 0; i < 6; i++) log.job(`j${i}`)
    for (let i = 3; i < 6; i++) log.ok({ type: 'job.delete', id: `j${i}` })
    for (const filter of [{}, { printer_id: 'p1' }, { filament_id: 'f1' }, { status: 'Queued' }] as const) {
      expect(log.farm.jobs(filter, { limit: 3 }).next).toBeNull()
    }
  })

  it.each(['', 'x', 'c', 'c-1', 'c1.5', 'cA', '1', 'c123456789012'])(
    'the cursor %j leads to an empty page',
    (cursor) => {
      const log = smallFarm()
      expect(isCursor(cursor)).toBe(false)
      expect(log.farm.printers({ cursor })).toEqual({ items: [], next: null })
    }
  )

  it('jobs by any filter and any page size are those that a plain filter finds', () => {
    const log = new Log()
    for (let p = 0; p < 3; p++) log.printer(`p${p}`)
    for (let f = 0; f < 3; f++) log.filament(`f${f}`, 1e6)
    for (let i = 0; i < 400; i++) {
      log.job(`j${i}`, 1, `p${i % 3}`, `f${(i * 7) % 3 === 0 ? 0 : i % 2}`)
      if (i % 5 === 0) log.status(`j${i}`, 'Cancelled')
      if (i % 7 === 1) for (const status of i % 5 === 0 ? [] : ['Running', 'Done']) log.status(`j${i}`, status)
      if (i % 11 === 4) log.ok({ type: 'job.delete', id: `j${i}` })
    }
    log.status('j2', 'Running')
    const all = log.farm.jobs({}).items
    const filter = fc.record(
      {
        status: fc.constantFrom(...JOB_STATUSES),
        printer_id: fc.constantFrom('p0', 'p1', 'p2', 'none'),
        filament_id: fc.constantFrom('f0', 'f1', 'f2')
      },
      { requiredKeys: [] }
    )
    fc.assert(
      fc.property(filter, fc.integer({ min: 1, max: 50 }), (where: JobFilter, limit) => {
        const expected = all.filter((job) =>
          Object.entries(where).every(([field, value]) => job[field as keyof JobFilter] === value)
        )
        expect(log.farm.jobs(where).items).toEqual(expected)
        expect(allPages((page) => log.farm.jobs(where, page), limit)).toEqual(expected.map(({ id }) => id))
      })
    )
    expect(log.farm.audit()).toEqual([])
  })

  it('jobs keep their indexes while holes are closed', () => {
    const log = smallFarm()
    for (let i = 0; i < 3000; i++) log.job(`j${i}`, 0.1, i % 2 === 0 ? 'p1' : 'p2')
    log.status('j2999', 'Running')
    for (let i = 0; i < 2900; i++) log.ok({ type: 'job.delete', id: `j${i}` })
    expect(log.farm.jobs({ status: 'Running' }).items.map(({ id }) => id)).toEqual(['j2999'])
    expect(log.farm.jobs({ printer_id: 'p1' }).items).toHaveLength(50)
    expect(log.farm.filament('f1')?.reserved_weight_in_grams).toBe(10)
    expect(log.farm.audit()).toEqual([])
    log.status('j2999', 'Done')
    log.status('j2997', 'Running')
    expect(log.farm.audit()).toEqual([])
  })
})

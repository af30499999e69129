import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JOB_STATUSES, type PrintJob } from '@contract/print-jobs'
import { watchEffect } from 'vue'
import { createCollection } from '@/stores/collection'
import { firstOf } from '@/stores/first-of'
import { createJobIndex, isOpen } from '@/stores/job-index'
import { job } from './support/records'

const change = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  status: fc.option(fc.constantFrom(...JOB_STATUSES)),
  printer_id: fc.constantFrom('p1', 'p2'),
  filament_id: fc.constantFrom('f1', 'f2')
})
const ids = (jobs: Iterable<PrintJob>) => [...jobs].map(({ id }) => id).sort()

describe('the job index', () => {
  it('equals a recount after any changes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const index = createJobIndex()
        const jobs = createCollection<PrintJob>(index.changed)
        changes.forEach(({ id, status, printer_id, filament_id }, at) =>
          jobs.apply([{ id, record: status && job(id, status, { printer_id, filament_id }), index: at }])
        )
        const all = jobs.all.value
        for (const status of JOB_STATUSES) {
          const expected = all.filter((one) => one.status === status)
          expect(ids(index.ofStatus(status))).toEqual(ids(expected))
          expect(index.counts[status]).toBe(expected.length)
        }
        for (const printer of ['p1', 'p2'])
          expect(ids(index.openOnPrinter(printer))).toEqual(
            ids(all.filter((one) => one.printer_id === printer && isOpen(one.status)))
          )
        for (const filament of ['f1', 'f2'])
          expect(ids(index.openOnFilament(filament))).toEqual(
            ids(all.filter((one) => one.filament_id === filament && isOpen(one.status)))
          )
      })
    )
  })

  it('tells those who asked about one printer or status of that one only', async () => {
    const index = createJobIndex()
    const heard: string[] = []
    watchEffect(() => void (heard.push('p1'), index.openOnPrinter('p1')), { flush: 'sync' })
    watchEffect(() => void (heard.push('p2'), index.openOnPrinter('p2')), { flush: 'sync' })
    watchEffect(() => void (heard.push('Done'), index.ofStatus('Done')), { flush: 'sync' })
    heard.length = 0
    index.changed(undefined, job('a'))
    expect(heard).toEqual(['p1'])
    index.changed(job('a'), job('a', 'Cancelled'))
    expect(heard).toEqual(['p1', 'p1'])
    index.changed(undefined, job('b', 'Done', { printer_id: 'p2' }))
    expect(heard).toEqual(['p1', 'p1', 'Done'])
  })
})

describe('the first of many', () => {
  it('are those that sorting them all would put first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 0, max: 10 }), (numbers, n) => {
        const items = numbers.map((value, at) => ({ value, at }))
        const expected = items.toSorted((a, b) => a.value - b.value).slice(0, n)
        expect(firstOf(items, n, (a, b) => a.value - b.value)).toEqual(expected)
      })
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JOB_STATUSES, type PrintJob } from '@contract/print-jobs'
import { createCollection } from '@/stores/collection'
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

  it('touches only the statuses that a change enters or leaves', () => {
    const index = createJobIndex()
    const queued = job('a')
    index.changed(undefined, queued)
    const before = { ...index.versions }
    index.changed(queued, job('a', 'Running'))
    expect(index.versions.Queued).toBeGreaterThan(before.Queued)
    expect(index.versions.Running).toBeGreaterThan(before.Running)
    expect(index.versions.Done).toBe(before.Done)
    expect(index.versions.Cancelled).toBe(before.Cancelled)
  })
})

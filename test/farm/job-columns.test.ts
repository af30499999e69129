import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JOB_PACKING } from '../../src-main/farm/job-columns'
import { advanced, jobOf } from '../../src-main/farm/lifecycle'
import { Table } from '../../src-main/farm/table'
import type { PrintJob } from '../../src-main/farm/types'

const name = fc.oneof(fc.nat(5).map(String), fc.string())
const created = fc.record({
  printer: name,
  filament: name,
  filepath: fc.string(),
  weight: fc.double({ min: 1e-9, noNaN: true, noDefaultInfinity: true }),
  at: fc.nat(8.64e15),
  by: name,
  node: name
})

/** What happens to many jobs at once, so that segments begin, are completed, thin out and empty. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 1500 }), phase: fc.nat(0) }),
  fc.record({
    kind: fc.constantFrom('remove' as const, 'keep' as const, 'advance' as const),
    count: fc.integer({ min: 1, max: 60 }),
    phase: fc.nat(59)
  })
)

const held = (view: { next(from: number): number; at(serial: number): PrintJob | null }): (PrintJob | null)[] => {
  const jobs: (PrintJob | null)[] = []
  for (let serial = view.next(0); serial >= 0; serial = view.next(serial + 1)) jobs.push(view.at(serial))
  return jobs
}

describe('print jobs in columns', () => {
  it('come out as they went in, in a table and in its views', () => {
    const kinds = fc.array(created, { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10, size: 'max' }), kinds, (steps, variety) => {
        const table = new Table<PrintJob>(1, JOB_PACKING)
        const jobs = new Map<number, PrintJob>()
        let ids = 0
        const views: { readonly view: ReturnType<typeof table.view>; readonly before: readonly PrintJob[] }[] = []
        for (const { kind, count, phase } of steps) {
          views.push({ view: table.view(), before: [...jobs.values()] })
          if (kind === 'add') {
            for (let i = 0; i < count; i++) {
              const { printer, filament, filepath, weight, at, by, node } = variety[ids % variety.length]!
              const job = jobOf(`j${ids++}`, printer, filament, filepath, weight, [{ status: 'Queued', at, by, node }])
              jobs.set(table.add(job), job)
            }
            continue
          }
          for (const [place, [serial, job]] of [...jobs].entries()) {
            const chosen = place % count === phase % count
            if (kind === 'advance' && chosen) {
              const next = advanced(job, { status: 'Running', at: job.updated_at + phase, by: `p${place}`, node: 'n' })
              table.replace(serial, next)
              jobs.set(serial, next)
            }
            if (kind !== 'advance' && chosen === (kind === 'remove')) {
              table.remove(serial)
              jobs.delete(serial)
            }
          }
        }
        expect(held(table)).toEqual([...jobs.values()])
        for (const [serial, job] of jobs) expect(table.serialOf(job.id)).toBe(serial)
        for (const { view, before } of views) expect(held(view)).toEqual(before)
      }),
      { numRuns: 30 }
    )
  })
})

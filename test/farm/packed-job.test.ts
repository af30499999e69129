import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jobOf } from '../../src-main/farm/lifecycle'
import { packJob, unpackJob } from '../../src-main/farm/packed-job'
import { JOB_STATUSES } from '../../src-main/farm/types'

const TIME_MAX = 8.64e15

const event = fc.record({
  status: fc.constantFrom(...JOB_STATUSES),
  at: fc.nat(TIME_MAX),
  by: fc.string(),
  node: fc.string()
})

describe('packed print jobs', () => {
  it('are unpacked as they were, whatever their history', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.string(), fc.string(), fc.string(), fc.string(), fc.double({ min: 0, noNaN: true })),
        event,
        fc.array(event, { maxLength: 5 }),
        (fields, first, later) => {
          const job = jobOf(...fields, [{ ...first, status: 'Queued' }, ...later])
          expect(unpackJob(packJob(job))).toEqual(job)
        }
      )
    )
  })
})

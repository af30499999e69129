import { describe, expect, it } from 'vitest'
import { Idempotency } from '../../src-main/farm/idempotency'
import { jobCreate, smallFarm } from './entries'

const DAY = 24 * 60 * 60 * 1000
const RECORDS_MAX = 100_000
const k = (key: string, request = 'POST /print_jobs 1'): object => ({ k: { key, request } })

describe('idempotency keys', () => {
  it('the same key again has the first answer and applies nothing', () => {
    const log = smallFarm()
    const first = log.command(jobCreate('drawn-1', 30), k('a'))
    const again = log.command(jobCreate('drawn-2', 30), k('a'))
    expect(again).toEqual({ outcome: first.outcome, changes: [], reset: false })
    expect(log.farm.counts().jobs.Queued).toBe(1)
    expect(log.farm.filament('f1')?.reserved_weight_in_grams).toBe(30)
  })

  it('the first answer is kept as it was, through other changes of the record', () => {
    const log = smallFarm()
    log.command(jobCreate('j1'), k('a'))
    log.status('j1', 'Cancelled')
    log.ok({ type: 'job.delete', id: 'j1' })
    expect(log.outcome(jobCreate('j1'), k('a'))).toMatchObject({ ok: true, status: 201, body: { status: 'Queued' } })
    expect(log.farm.job('j1')).toBeNull()
  })

  it('a refusal is an answer too', () => {
    const log = smallFarm()
    expect(log.outcome(jobCreate('j1', 5000), k('a'))).toMatchObject({ code: 'not_enough_filament' })
    log.ok({ type: 'filament.update', id: 'f1', set: { total_weight_in_grams: 9000, remaining_weight_in_grams: 9000 } })
    expect(log.outcome(jobCreate('j1', 5000), k('a'))).toMatchObject({ code: 'not_enough_filament' })
    expect(log.outcome(jobCreate('j1', 5000), k('b'))).toMatchObject({ status: 201 })
  })

  it('session_expired is no answer: the key stays free', () => {
    const log = smallFarm()
    log.command(jobCreate('j1'), { ...k('a'), s: 'stranger' })
    expect(log.outcome(jobCreate('j1'), k('a'))).toMatchObject({ ok: true, status: 201 })
  })

  it('another request under the same key is refused as idempotency_mismatch, and the first answer stays', () => {
    const log = smallFarm()
    log.command(jobCreate('j1'), k('a'))
    expect(log.outcome(jobCreate('j2'), k('a', 'POST /print_jobs 2'))).toEqual({
      ok: false,
      code: 'idempotency_mismatch',
      detail: 'The key a came with another request before.'
    })
    expect(log.farm.job('j2')).toBeNull()
    expect(log.outcome(jobCreate('j3'), k('a'))).toMatchObject({ ok: true, body: { id: 'j1' } })
  })

  it("a key is forgotten after a day of the farm's clock", () => {
    const log = smallFarm()
    log.command(jobCreate('j1'), k('a'))
    const kept = (): boolean => log.outcome(jobCreate('j1'), k('a')).ok
    for (let hour = 1; hour < 24; hour++) {
      log.now += DAY / 24
      expect(kept()).toBe(true)
    }
    log.now += DAY / 24
    expect(log.outcome(jobCreate('j1'), k('a'))).toMatchObject({ code: 'duplicate_id' })
  })

  it('beyond 100,000 keys the oldest goes', () => {
    const records = new Idempotency()
    const outcome = { ok: true, status: 204, body: null } as const
    for (let i = 0; i <= RECORDS_MAX; i++) records.add({ key: `k${i}`, request: '', at: 0, outcome })
    expect(records.size).toBe(RECORDS_MAX)
    expect(records.find('k0', 0)).toBeNull()
    expect(records.find('k1', 0)).not.toBeNull()
    expect(records.copy()[0]?.key).toBe('k1')
  })

  it('a jump of the clock drops outdated keys little by little, and none of them answers', () => {
    const records = new Idempotency()
    const outcome = { ok: true, status: 204, body: null } as const
    for (let i = 0; i < 1000; i++) records.add({ key: `k${i}`, request: '', at: 0, outcome })
    records.sweep(DAY)
    expect(records.size).toBe(936)
    expect(records.find('k999', DAY)).toBeNull()
    records.add({ key: 'k999', request: 'new', at: DAY, outcome })
    for (let i = 0; i < 20; i++) records.sweep(DAY)
    expect(records.size).toBe(1)
    expect(records.find('k999', DAY)?.request).toBe('new')
  })

  it.each([
    [{ key: 7, request: '' }],
    [{ key: '', request: 'x' }],
    [{ key: 'x'.repeat(1001), request: 'x' }],
    ['a'],
    [null]
  ])('the key %j is refused as invalid_request', (key) => {
    const log = smallFarm()
    expect(log.outcome(jobCreate('j1'), { k: key as never })).toMatchObject({ code: 'invalid_request' })
    expect(log.farm.job('j1')).toBeNull()
  })
})

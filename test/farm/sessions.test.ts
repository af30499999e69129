import { describe, expect, it } from 'vitest'
import { Farm } from '../../src-main/farm/farm'
import type { Envelope } from '../../src-main/farm/types'
import { jobCreate, Log, smallFarm, START } from './entries'

const HOUR = 60 * 60 * 1000
const OUTCOMES_MAX = 8192
const SESSIONS_MAX = 256
const open = (session: string): object => ({ type: 'session.open', session })

describe('sessions (thesis §6.3)', () => {
  it('an entry of a session that was never opened is answered session_expired and changes nothing', () => {
    const log = smallFarm()
    const before = log.farm.hash()
    const applied = log.command(jobCreate('j1'), { s: 'stranger' })
    expect(applied).toMatchObject({ outcome: { ok: false, code: 'session_expired' }, changes: [], reset: false })
    expect(log.farm.hash()).toBe(before)
  })

  it('an entry that repeats an earlier one has its outcome and applies nothing', () => {
    const log = smallFarm()
    const entry = log.envelope(jobCreate('j1', 30))
    const first = log.apply(entry)
    const again = log.apply(entry)
    expect(again).toEqual({ outcome: first.outcome, changes: [], reset: false })
    expect(log.farm.filament('f1')?.reserved_weight_in_grams).toBe(30)
  })

  it('the outcome kept is the record as it was then', () => {
    const log = smallFarm()
    const entry = log.envelope(jobCreate('j1', 30))
    log.apply(entry)
    log.apply(log.envelope({ type: 'job.setStatus', id: 'j1', status: 'Running' }, { w: entry.q }))
    expect(log.apply(entry).outcome).toMatchObject({ ok: true, status: 201, body: { status: 'Queued' } })
  })

  it('a refusal is kept as well, even when it would succeed now', () => {
    const log = smallFarm()
    const entry = log.envelope(jobCreate('j1', 1001))
    log.apply(entry)
    log.apply(
      log.envelope(
        { type: 'filament.update', id: 'f1', set: { total_weight_in_grams: 2000, remaining_weight_in_grams: 2000 } },
        { w: entry.q }
      )
    )
    expect(log.apply(entry).outcome).toMatchObject({ ok: false, code: 'not_enough_filament' })
    expect(log.farm.job('j1')).toBeNull()
  })

  it('double Done of one request is deducted once', () => {
    const log = smallFarm()
    log.job('j1', 30)
    log.status('j1', 'Running')
    const done = log.envelope({ type: 'job.setStatus', id: 'j1', status: 'Done' })
    for (let i = 0; i < 3; i++) expect(log.apply(done).outcome).toMatchObject({ ok: true, body: { status: 'Done' } })
    expect(log.farm.filament('f1')?.remaining_weight_in_grams).toBe(970)
  })

  it('requests may be applied in another order than they were made', () => {
    const log = smallFarm()
    const [a, b] = [log.envelope(jobCreate('j1')), log.envelope(jobCreate('j2'))]
    log.apply({ ...b, w: a.q })
    expect(log.apply(a).outcome).toMatchObject({ ok: true, status: 201 })
    expect(log.apply({ ...b, w: a.q }).changes).toEqual([])
    expect(log.farm.jobs({}).items.map(({ id }) => id)).toEqual(['j2', 'j1'])
  })

  it('an entry below the low watermark is ignored with outcome_unknown', () => {
    const log = smallFarm()
    const late = log.envelope(jobCreate('late'))
    log.job('j1')
    expect(log.apply(late)).toMatchObject({ outcome: { ok: false, code: 'outcome_unknown' }, changes: [] })
    expect(log.farm.job('late')).toBeNull()
  })

  it('lookup finds what is kept, and only that', () => {
    const log = smallFarm()
    const entry = log.envelope(jobCreate('j1'))
    expect(log.farm.lookup(entry.s, entry.q)).toBeNull()
    const { outcome } = log.apply(entry)
    expect(log.farm.lookup(entry.s, entry.q)).toEqual(outcome)
    expect(log.farm.lookup('stranger', entry.q)).toBeNull()
    log.job('j2')
    expect(log.farm.lookup(entry.s, entry.q)).toBeNull()
  })

  it('no more than 8,192 outcomes are kept; the lowest are forgotten, yet never applied again', () => {
    const log = smallFarm()
    const first = log.envelope(jobCreate('first', 0.01))
    log.apply(first)
    for (let i = 0; i < OUTCOMES_MAX; i++) log.apply(log.envelope(jobCreate(`j${i}`, 0.01), { w: first.q }))
    expect(log.farm.lookup(first.s, first.q)).toBeNull()
    expect(log.farm.lookup(first.s, first.q + 1)).not.toBeNull()
    expect(log.apply(first).outcome).toMatchObject({ code: 'outcome_unknown' })
    expect(log.farm.audit()).toEqual([])
  })

  it('gaps between sequence numbers cost nothing', () => {
    const log = smallFarm()
    const far = Number.MAX_SAFE_INTEGER - 100_000
    for (let i = 0; i < OUTCOMES_MAX + 2; i++) log.apply(log.envelope({ type: 'noSuch' }, { q: far + i * 3, w: 1 }))
    expect(log.farm.lookup(log.session, far)).toBeNull()
    expect(log.farm.lookup(log.session, far + 3)).toBeNull()
    expect(log.farm.lookup(log.session, far + 6)).not.toBeNull()
    expect(log.farm.audit()).toEqual([])
  })

  it('opening twice is harmless, and keeps what the session knows', () => {
    const log = smallFarm()
    const entry = log.envelope(jobCreate('j1'))
    log.apply(entry)
    expect(log.apply(log.envelope(open(log.session), { w: entry.q })).outcome).toEqual({
      ok: true,
      status: 200,
      body: null
    })
    expect(log.apply(entry).changes).toEqual([])
    expect(log.farm.lookup(entry.s, entry.q)).toMatchObject({ status: 201 })
  })

  it('the outcome of opening can be looked up like any other', () => {
    const log = new Log('s1')
    expect(log.farm.lookup('s1', 1)).toEqual({ ok: true, status: 201, body: null })
  })

  it("a session expires after an hour of the farm's clock without use", () => {
    const log = smallFarm()
    const other = new Log('session-b', log.farm)
    const update = { type: 'printer.update', id: 'p1', set: { model: 'XL' } }
    log.now += HOUR
    expect(log.outcome(update)).toMatchObject({ ok: true })
    other.now = START + HOUR + 1
    expect(other.outcome(update)).toMatchObject({ code: 'session_expired' })
    log.now += HOUR
    expect(log.outcome(update)).toMatchObject({ ok: true })
  })

  it("the clock of one node that lags does not turn the farm's clock back", () => {
    const log = smallFarm()
    log.now += HOUR
    log.job('j1')
    log.now = START
    log.job('j2')
    log.now = START + HOUR + 1
    log.job('j3')
    expect(log.farm.job('j2')?.created_at).toBe(START)
    expect(log.farm.job('j3')).not.toBeNull()
  })

  it('a late duplicate of session.open does not revive an expired session', () => {
    const log = new Log('s1')
    const farm = log.farm
    const create = log.envelope({ type: 'printer.create', id: 'p1', company: 'Prusa', model: 'MK4' })
    log.apply(create)
    log.ok({ type: 'printer.delete', id: 'p1' })
    let index = farm.appliedIndex
    const later = { t: START + 2 * HOUR, w: 1 }
    farm.apply(++index, { ...create, ...later, s: 's2', q: 1, c: { type: 'session.open', session: 's2' } })
    const reopen: Envelope = { ...create, q: 1, w: 1, c: { type: 'session.open', session: 's1' } }
    expect(farm.apply(++index, reopen).outcome).toMatchObject({ code: 'session_expired' })
    expect(farm.apply(++index, create).outcome).toMatchObject({ code: 'session_expired' })
    expect(farm.printer('p1')).toBeNull()
  })

  it('beyond 256 sessions the one that was unused for longest goes', () => {
    const farm = new Farm()
    let index = 0
    const send = (s: string, q: number, c: unknown, t: number): string => {
      const { outcome } = farm.apply(++index, { s, q, w: q, t, a: 'local', n: 'n', c } as Envelope)
      return outcome.ok ? 'ok' : outcome.code
    }
    for (let i = 0; i < SESSIONS_MAX; i++) send(`s${i}`, 1, open(`s${i}`), START + i)
    expect(send('s0', 2, { type: 'printer.create', id: 'p', company: 'c', model: 'm' }, START + SESSIONS_MAX)).toBe(
      'ok'
    )
    send('new', 1, open('new'), START + SESSIONS_MAX)
    expect(send('s1', 2, { type: 'printer.delete', id: 'p' }, START + SESSIONS_MAX)).toBe('session_expired')
    expect(send('s0', 3, { type: 'printer.delete', id: 'p' }, START + SESSIONS_MAX)).toBe('ok')
    expect(farm.audit()).toEqual([])
  })

  it.each([[''], [7], [null], ['x'.repeat(201)]])('the session %j cannot be opened', (session) => {
    const log = new Log()
    expect(log.code({ type: 'session.open', session })).toBe('invalid_request')
  })
})

import { describe, expect, it } from 'vitest'
import { Log, sha256, START } from './entries'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const token = (more: object = {}): object => ({
  type: 'token.create',
  id: 't1',
  name: 'printer shelf',
  role: 'operator',
  hash: sha256('a'),
  expires_at: null,
  ...more
})
const invite = (more: object = {}): object => ({
  type: 'invite.create',
  id: 'i1',
  hash: sha256('b'),
  expires_at: START + 10 * MINUTE,
  ...more
})
const redeem = (more: object = {}): object => ({ type: 'invite.redeem', id: 'i1', hash: sha256('b'), ...more })

describe('tokens', () => {
  it('a token is found by its id and by its hash until it is deleted', () => {
    const log = new Log()
    const record = {
      id: 't1',
      name: 'printer shelf',
      role: 'operator',
      hash: sha256('a'),
      created_at: START,
      expires_at: null
    }
    expect(log.command(token())).toEqual({
      outcome: { ok: true, status: 201, body: record },
      changes: [{ kind: 'token', id: 't1', record }],
      reset: false
    })
    expect(log.farm.token('t1')).toEqual(record)
    expect(log.farm.tokenByHash(sha256('a'))).toEqual(record)
    expect(log.farm.tokens()).toEqual([record])
    expect(log.command({ type: 'token.delete', id: 't1' }).changes).toEqual([{ kind: 'token', id: 't1', record: null }])
    expect(log.farm.tokenByHash(sha256('a'))).toBeNull()
    expect(log.code({ type: 'token.delete', id: 't1' })).toBe('not_found')
  })

  it('the same id or the same secret again is refused as duplicate_id', () => {
    const log = new Log()
    log.ok(token())
    expect(log.code(token({ hash: sha256('c') }))).toBe('duplicate_id')
    expect(log.refusal(token({ id: 't2' }))).toMatchObject({
      code: 'duplicate_id',
      detail: 'Token t1 has the same secret.'
    })
  })

  it.each([
    [{ name: '' }, '/name'],
    [{ role: 'root' }, '/role'],
    [{ hash: 'secret' }, '/hash'],
    [{ hash: sha256('A') }, '/hash'],
    [{ expires_at: 1.5 }, '/expires_at'],
    [{ expires_at: undefined }, '/expires_at'],
    [{ id: null }, '/id']
  ])('%j is refused as invalid_request', (more, path) => {
    const log = new Log()
    expect(log.refusal(token(more))).toMatchObject({ code: 'invalid_request', errors: [{ path }] })
  })
})

describe('invites', () => {
  it('an invite is redeemed exactly once', () => {
    const log = new Log()
    log.ok(invite())
    expect(log.farm.invites()).toHaveLength(1)
    expect(log.command(redeem()).changes).toEqual([{ kind: 'invite', id: 'i1', record: null }])
    expect(log.farm.invites()).toEqual([])
    expect(log.refusal(redeem())).toMatchObject({
      code: 'invalid_invite',
      detail: 'Invite i1 is unknown here or was used already.'
    })
  })

  it('a wrong secret is refused and does not use the invite up', () => {
    const log = new Log()
    log.ok(invite())
    expect(log.code(redeem({ hash: sha256('c') }))).toBe('invalid_invite')
    expect(log.code(redeem({ hash: undefined }))).toBe('invalid_invite')
    expect(log.outcome(redeem())).toMatchObject({ ok: true, status: 200 })
  })

  it('a withdrawn invite lets nobody in, and is withdrawn once', () => {
    const log = new Log()
    log.ok(invite())
    const withdraw = { type: 'invite.delete', id: 'i1' }
    expect(log.command(withdraw)).toEqual({
      outcome: { ok: true, status: 204, body: null },
      changes: [{ kind: 'invite', id: 'i1', record: null }],
      reset: false
    })
    expect(log.code(redeem())).toBe('invalid_invite')
    expect(log.code(withdraw)).toBe('not_found')
  })

  it('an expired invite is refused and says since when', () => {
    const log = new Log()
    log.ok(invite())
    log.now = START + 10 * MINUTE
    expect(log.refusal(redeem())).toMatchObject({
      code: 'invalid_invite',
      detail: 'Invite i1 expired at 2026-01-01T00:10:00.000Z.'
    })
    log.now -= 1
    expect(log.outcome(redeem())).toMatchObject({ ok: true })
  })

  it('invites that expired a day ago go when a new one is made', () => {
    const log = new Log()
    log.ok(invite())
    log.now += DAY + 10 * MINUTE
    const applied = log.apply({ ...log.envelope({ type: 'session.open', session: 'b' }), s: 'b', q: 1, w: 1 })
    expect(applied.outcome.ok).toBe(true)
    const made = log.apply({
      ...log.envelope(invite({ id: 'i2', expires_at: log.now + MINUTE })),
      s: 'b',
      q: 2,
      w: 2
    })
    expect(made.changes.map(({ id, record }) => [id, record === null])).toEqual([
      ['i1', true],
      ['i2', false]
    ])
  })

  it('there are at most 1,000; the oldest goes', () => {
    const log = new Log()
    for (let i = 0; i < 1001; i++) log.ok(invite({ id: `i${i}` }))
    expect(log.farm.invites()).toHaveLength(1000)
    expect(log.code(redeem({ id: 'i0' }))).toBe('invalid_invite')
    expect(log.outcome(redeem({ id: 'i1000' }))).toMatchObject({ ok: true })
  })

  it.each([
    [{ id: '' }, '/id'],
    [{ hash: 7 }, '/hash'],
    [{ expires_at: null }, '/expires_at'],
    [{ expires_at: -1 }, '/expires_at'],
    [{ expires_at: 1e300 }, '/expires_at']
  ])('%j is refused as invalid_request', (more, path) => {
    const log = new Log()
    expect(log.refusal(invite(more))).toMatchObject({ code: 'invalid_request', errors: [{ path }] })
  })

  it('the same id again is refused as duplicate_id', () => {
    const log = new Log()
    log.ok(invite())
    expect(log.code(invite())).toBe('duplicate_id')
  })
})

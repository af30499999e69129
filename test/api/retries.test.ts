import { describe, expect, test } from 'vitest'
import { IDEMPOTENCY_KEY_CHARS_MAX } from '../../src-main/contract/limits'
import { Failure } from '../../src-main/runtime/replica'
import { member } from './farm-replica'
import { startApi } from './harness'

const PRINTER = { company: 'Prusa', model: 'MK4' }
const key = (value: string) => ({ headers: { 'idempotency-key': value } })

describe('Idempotency-Key', () => {
  test('the same key again gives the first answer and applies nothing', async () => {
    const { call } = await startApi()
    const first = await call('POST', '/printers', PRINTER, key('k1'))
    const second = await call('POST', '/printers', PRINTER, key('k1'))
    expect(second.status).toBe(201)
    expect(second.body).toEqual(first.body)
    expect(second.headers.location).toBe(first.headers.location)
    expect((await call('GET', '/printers')).body).toHaveLength(1)
  })

  test('a refusal is an answer too', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', ...PRINTER })
    const first = await call('POST', '/printers', { id: 'p1', ...PRINTER }, key('k1'))
    expect(first.body.code).toBe('duplicate_id')
    await call('DELETE', '/printers/p1')
    expect((await call('POST', '/printers', { id: 'p1', ...PRINTER }, key('k1'))).body).toEqual(first.body)
  })

  test('the order of keys in the body makes no other request', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', company: 'a', model: 'b' }, key('k1'))
    const { status } = await call('POST', '/printers', { model: 'b', company: 'a', id: 'p1' }, key('k1'))
    expect(status).toBe(201)
  })

  test('keys that are ignored make no other request, however deep they nest', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', company: 'a', model: 'b' }, key('k1'))
    const deep = `{"id":"p1","company":"a","model":"b","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const options = { headers: { 'idempotency-key': 'k1', 'content-type': 'application/json' } }
    expect((await call('POST', '/printers', deep, options)).status).toBe(201)
  })

  test('another body, path or method under the same key is refused', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', ...PRINTER })
    await call('PATCH', '/printers/p1', { model: 'XL' }, key('k1'))
    const others = [
      await call('PATCH', '/printers/p1', { model: 'MINI' }, key('k1')),
      await call('PATCH', '/printers/p2', { model: 'XL' }, key('k1')),
      await call('DELETE', '/printers/p1', undefined, key('k1'))
    ]
    for (const { body } of others) expect(body).toMatchObject({ status: 409, code: 'idempotency_mismatch' })
    expect((await call('GET', '/printers/p1')).body.model).toBe('XL')
  })

  test('a status in the query is part of the request', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p', ...PRINTER })
    await call('POST', '/filaments', { id: 'f', type: 'PLA', color: 'red', total_weight_in_grams: 100 })
    const job = { id: 'j', printer_id: 'p', filament_id: 'f', filepath: 'a', print_weight_in_grams: 1 }
    await call('POST', '/print_jobs', job)
    expect((await call('POST', '/print_jobs/j/status?status=running', undefined, key('k1'))).status).toBe(200)
    const again = await call('POST', '/print_jobs/j/status', { status: 'RUNNING' }, key('k1'))
    expect([again.status, again.body.status]).toEqual([200, 'Running'])
    const other = await call('POST', '/print_jobs/j/status?status=done', undefined, key('k1'))
    expect(other.body.code).toBe('idempotency_mismatch')
  })

  test.each(['', 'x'.repeat(IDEMPOTENCY_KEY_CHARS_MAX + 1)])(
    'a key of no or too many characters is refused',
    async (value) => {
      const { call } = await startApi()
      const { status, body } = await call('POST', '/printers', PRINTER, key(value))
      expect([status, body.code]).toEqual([400, 'invalid_request'])
      expect((await call('GET', '/printers')).body).toEqual([])
    }
  )

  test('the secret of a token is shown once, not to a repeated request', async () => {
    const { call } = await startApi()
    const first = await call('POST', '/tokens', { name: 'ci', role: 'viewer' }, key('k1'))
    const second = await call('POST', '/tokens', { name: 'ci', role: 'viewer' }, key('k1'))
    expect(first.body.token).toMatch(/^r3d_/)
    expect(second.body).toEqual({ ...first.body, token: null })
    expect((await call('GET', '/tokens')).body).toHaveLength(1)
  })
})

describe('Idempotency-Key of the node’s own writes', () => {
  test('the same key again gives the first answer, even while it is under way', async () => {
    const { call, admin, replica } = await startApi()
    const [first, second] = await Promise.all([1, 2].map(() => call('POST', '/cluster/invites', {}, key('i'))))
    expect(second!.body).toEqual(first!.body)
    expect((await call('POST', '/cluster/invites', {}, key('i'))).status).toBe(201)
    expect(admin.asked).toHaveLength(1)
    replica.members = [member('n1'), member('n2')]
    for (let attempt = 0; attempt < 2; attempt++) {
      expect((await call('DELETE', '/cluster/members/n2', undefined, key('d'))).status).toBe(204)
    }
    expect((await call('DELETE', '/cluster/members/n2')).status).toBe(404)
  })

  test('a failure may be tried again under its key', async () => {
    const { call, admin } = await startApi()
    admin.failure = new Failure('no_quorum', 'Later.')
    expect((await call('POST', '/cluster/join', { invite: 'x' }, key('j'))).status).toBe(503)
    admin.failure = null
    expect((await call('POST', '/cluster/join', { invite: 'x' }, key('j'))).status).toBe(200)
    expect(admin.asked).toHaveLength(2)
  })

  test('what a request says besides what is asked for makes it no other request', async () => {
    const { call, admin } = await startApi()
    const deep = `{"ttl_seconds": 60, "later": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const headers = { 'content-type': 'application/json', ...key('i').headers }
    expect((await call('POST', '/cluster/invites', deep, { headers })).status).toBe(201)
    expect((await call('POST', '/cluster/invites', { ttl_seconds: 60 }, key('i'))).status).toBe(201)
    expect((await call('POST', '/cluster/invites', { ttl_seconds: 61 }, key('i'))).status).toBe(409)
    expect(admin.asked).toHaveLength(1)
  })

  test('another request under the same key is refused', async () => {
    const { call } = await startApi()
    await call('PATCH', '/settings', { name: 'a' }, key('s'))
    expect((await call('PATCH', '/settings', { name: 'b' }, key('s'))).body.code).toBe('idempotency_mismatch')
    expect((await call('GET', '/settings')).body.name).toBe('a')
  })
})

describe('X-Request-Timeout-Ms', () => {
  test.each([
    [undefined, 10_000],
    ['2500', 2500],
    ['1', 100],
    ['0', 100],
    ['999999', 60_000]
  ])('%s waits %d ms', async (value, timeoutMs) => {
    const { call, replica } = await startApi()
    const options = value === undefined ? {} : { headers: { 'x-request-timeout-ms': value } }
    await call('POST', '/printers', PRINTER, options)
    await call('GET', '/printers', undefined, options)
    expect(replica.proposed.at(-1)?.options.timeoutMs).toBe(timeoutMs)
    expect(replica.linearized).toEqual([timeoutMs])
  })

  test.each(['soon', '-1', '1.5', ''])('%j is refused', async (value) => {
    const { call } = await startApi()
    const options = { headers: { 'x-request-timeout-ms': value } }
    expect((await call('POST', '/printers', PRINTER, options)).body).toMatchObject({ code: 'invalid_request' })
    expect((await call('GET', '/printers', undefined, options)).body).toMatchObject({ code: 'invalid_request' })
  })
})

import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { BODY_BYTES_MAX } from '../../src-main/contract/limits'
import { PROBLEMS, type ProblemCode } from '../../src-main/contract/problems'
import type { Outcome } from '../../src-main/farm/types'
import { silent } from '../../src-main/runtime/log'
import { Failure } from '../../src-main/runtime/replica'
import type { Api } from '../../src-main/api/api'
import { startApi } from './harness'

const PRINTER = { company: 'Prusa', model: 'MK4' }
const JSON_BODY = { headers: { 'content-type': 'application/json' } }

describe('problem documents', () => {
  test.each(Object.keys(PROBLEMS) as ProblemCode[])('%s has its status, title and code', async (code) => {
    const { call, replica } = await startApi()
    replica.failure = new Failure(code, 'What happened.', { errors: [{ path: '/id', message: 'is odd' }] })
    for (const [method, path, body] of [
      ['POST', '/printers', PRINTER],
      ['GET', '/printers', undefined]
    ] as const) {
      const answer = await call(method, path, body)
      expect(answer.status).toBe(PROBLEMS[code].status)
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(answer.body).toEqual({
        type: `urn:raft3d:problem:${code}`,
        title: PROBLEMS[code].title,
        status: PROBLEMS[code].status,
        detail: 'What happened.',
        instance: '/api/v1/printers',
        code,
        errors: [{ path: '/id', message: 'is odd' }]
      })
    }
  })

  test.each(['no_quorum', 'storage_failed', 'stopping', 'removed'] as const)(
    '%s says when to try again',
    async (code) => {
      const { call, replica } = await startApi()
      replica.failure = new Failure(code, 'Wait.')
      expect((await call('POST', '/printers', PRINTER)).headers['retry-after']).toBe('1')
      replica.failure = new Failure(code, 'Wait.', { retryAfterSeconds: 7 })
      expect((await call('POST', '/printers', PRINTER)).headers['retry-after']).toBe('7')
    }
  )

  test('an outcome that cannot be known is 504', async () => {
    const { call, replica } = await startApi()
    replica.failure = new Failure('outcome_unknown', 'Too late.')
    expect((await call('POST', '/printers', PRINTER)).body).toMatchObject({ status: 504, code: 'outcome_unknown' })
  })

  test('a session that expired is 503: nothing was done', async () => {
    const { call, replica } = await startApi()
    const expired: Outcome = { ok: false, code: 'session_expired', detail: 'Gone.' }
    replica.propose = () => Promise.resolve(expired)
    expect((await call('POST', '/printers', PRINTER)).body).toMatchObject({ status: 503, code: 'no_quorum' })
  })

  test('a defect is 500 without message or stack; the log has both', async () => {
    const logged: object[] = []
    const { call, replica } = await startApi({ log: { ...silent, error: (fields) => void logged.push(fields) } })
    replica.failure = new TypeError('secret detail of the inside')
    for (const method of ['POST', 'GET']) {
      const { status, text } = await call(method, '/printers', method === 'POST' ? PRINTER : undefined)
      expect(status).toBe(500)
      expect(text).not.toMatch(/secret|TypeError|\.ts|at /)
    }
    expect(logged).toHaveLength(2)
    expect(logged[0]).toMatchObject({ event: 'api_defect', method: 'POST', err: replica.failure })
  })

  test('a defect within a read is 500 too', async () => {
    const { call, replica } = await startApi()
    replica.farm.printers = () => {
      throw new Error('broken')
    }
    expect((await call('GET', '/printers')).body.code).toBe('internal')
    expect((await call('GET', '/printers?consistency=stale')).body.code).toBe('internal')
  })
})

describe('what is no request of this API', () => {
  test.each(['{', '{"a":}', 'undefined', "{'a': 1}", '[1,]', '\u0000'])('malformed JSON: %s', async (text) => {
    const { call } = await startApi()
    expect((await call('POST', '/printers', text, JSON_BODY)).body).toMatchObject({
      status: 400,
      code: 'malformed_json'
    })
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'nonsense'
  ])('a body of type %s is 415', async (type) => {
    const { call } = await startApi()
    const answer = await call('POST', '/printers', 'company=a', { headers: { 'content-type': type } })
    expect(answer.body).toMatchObject({ status: 415, code: 'unsupported_media_type' })
  })

  test.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;charset="utf-8"'])(
    'a body of type %s is read',
    async (type) => {
      const { call } = await startApi()
      const answer = await call('POST', '/printers', JSON.stringify(PRINTER), { headers: { 'content-type': type } })
      expect(answer.status).toBe(201)
    }
  )

  test('a byte order mark before the body is passed over', async () => {
    const { call } = await startApi()
    expect((await call('POST', '/printers', `\ufeff${JSON.stringify(PRINTER)}`, JSON_BODY)).status).toBe(201)
  })

  test('a body over 1 MiB is 413, one of 1 MiB is read', async () => {
    const { call } = await startApi()
    const body = (bytes: number) => {
      const text = JSON.stringify({ ...PRINTER, padding: '' })
      return text.replace('"padding":""', `"padding":"${'x'.repeat(bytes - text.length)}"`)
    }
    expect((await call('POST', '/printers', body(BODY_BYTES_MAX + 1), JSON_BODY)).body).toMatchObject({
      status: 413,
      code: 'payload_too_large'
    })
    expect((await call('POST', '/printers', body(BODY_BYTES_MAX), JSON_BODY)).status).toBe(201)
  })

  test.each([
    '/nothing',
    '/printers/p1/jobs',
    '/cluster/members',
    '/api/v2/printers',
    '/api',
    '/api/v1',
    '/api/v1//printers',
    '/api/v1/print_jobs//status'
  ])('%s is 404', async (path) => {
    const { call } = await startApi()
    expect((await call('GET', path)).body).toMatchObject({ status: 404, code: 'not_found' })
  })

  test.each([
    ['PUT', '/printers', 'GET, HEAD, POST'],
    ['DELETE', '/printers', 'GET, HEAD, POST'],
    ['POST', '/printers/p1', 'DELETE, GET, HEAD, PATCH'],
    ['GET', '/print_jobs/j1/status', 'PATCH, POST, PUT'],
    ['GET', '/restore', 'POST'],
    ['POST', '/events', 'GET'],
    ['OPTIONS', '/printers', 'GET, HEAD, POST'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['TRACE', '/printers', 'GET, HEAD, POST'],
    ['QUERY', '/printers', 'GET, HEAD, POST'],
    ['PROPFIND', '/printers', 'GET, HEAD, POST']
  ])('%s %s is 405 and says what is allowed', async (method, path, allow) => {
    const { call } = await startApi()
    const answer = await call(method, path)
    expect([answer.status, answer.body.code, answer.headers.allow]).toEqual([405, 'method_not_allowed', allow])
  })

  test.each([
    ['POST', '/nothing', 404],
    ['PUT', '/printers', 405]
  ])('%s %s is %i before its body is looked at', async (method, path, status) => {
    const { call } = await startApi()
    for (const [body, type] of [
      ['a=b', 'text/plain'],
      ['{', 'application/json'],
      ['x'.repeat(BODY_BYTES_MAX + 1), 'application/json']
    ])
      expect((await call(method, path, body, { headers: { 'content-type': type! } })).status).toBe(status)
  })

  test.each([
    ['idempotency-key', '', '/Idempotency-Key'],
    ['idempotency-key', 'k'.repeat(201), '/Idempotency-Key'],
    ['x-request-timeout-ms', 'soon', '/X-Request-Timeout-Ms']
  ])('a header %s of "%s" is named among the errors', async (name, value, path) => {
    const { call } = await startApi()
    const { body } = await call('POST', '/printers', PRINTER, { headers: { [name]: value } })
    expect(body).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path }] })
  })

  test.each(['/printers/%', '/printers/%zz', '/printers/%ff'])('%s is 400', async (path) => {
    const { call } = await startApi()
    expect((await call('GET', path)).body).toMatchObject({ status: 400, code: 'invalid_request' })
  })

  test('an id longer than any can be is 404', async () => {
    const { call } = await startApi()
    expect((await call('GET', `/printers/${'x'.repeat(5000)}`)).status).toBe(404)
  })

  test('a trailing slash is the same path', async () => {
    const { call } = await startApi()
    expect((await call('GET', '/printers/')).body).toEqual([])
  })

  test.each([
    'NONSENSE\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n',
    `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'
  ])('what is not HTTP is answered with a problem and a closed connection', async (bytes) => {
    const { api } = await startApi()
    const [head, body] = (await exchange(api, bytes)).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(head).toMatch(/^x-raft3d-applied-index: \d+$/im)
    expect(JSON.parse(body!).code).toBe('invalid_request')
  })

  test('an expectation that nobody knows is passed over', async () => {
    const { api } = await startApi()
    const { port } = await api.listen()
    const request = `GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\nExpect: more\r\nConnection: close\r\n\r\n`
    expect(await exchange(api, request, port)).toMatch(/^HTTP\/1\.1 200 .*{"status":"ok"}$/s)
  })
})

/** All that comes back before the connection is closed. */
async function exchange(api: Api, bytes: string, known?: number): Promise<string> {
  const port = known ?? (await api.listen()).port
  return new Promise<string>((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => (received += chunk.toString()))
    socket.on('close', () => resolve(received))
    socket.on('error', reject)
  })
}

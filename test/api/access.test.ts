import { describe, expect, test } from 'vitest'
import { INTERNAL_HEADER } from '../../src-main/api/access'
import { newTokenSecret } from '../../src-main/security/secrets'
import { silent } from '../../src-main/runtime/log'
import type { Clock } from '../../src-main/runtime/clock'
import { systemClock } from '../../src-main/runtime/clock'
import { INTERNAL_TOKEN, startApi, type TestApi } from './harness'

const LAN = '192.168.1.20'
const PRINTER = { company: 'Prusa', model: 'MK4' }

async function tokenOf({ call }: TestApi, role: string, more: object = {}): Promise<string> {
  const { body } = await call('POST', '/tokens', { name: `the ${role}`, role, ...more })
  return `Bearer ${body.token}`
}

class HandClock implements Clock {
  nowMs = 1_700_000_000_000
  monotonicMs = () => this.nowMs
  wallMs = () => this.nowMs
  after = systemClock.after
  soon = systemClock.soon
}

describe('without a token', () => {
  test.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('from %s everything is allowed', async (from) => {
    const { call } = await startApi()
    expect((await call('POST', '/printers', PRINTER, { from })).status).toBe(201)
    expect((await call('GET', '/tokens', undefined, { from })).status).toBe(200)
    expect((await call('GET', '/whoami', undefined, { from })).body).toEqual({
      name: 'local',
      role: 'admin',
      token_id: null
    })
  })

  test.each([LAN, '10.0.0.1', '::ffff:192.168.1.20', 'fe80::1', '2001:db8::1', '128.0.0.1'])(
    'from %s it is 401',
    async (from) => {
      const { call } = await startApi()
      for (const path of ['/printers', '/cluster', '/events', '/tokens', '/metrics']) {
        const { body, headers } = await call('GET', path, undefined, { from })
        expect(body).toMatchObject({ status: 401, code: 'unauthorized' })
        expect(headers['www-authenticate']).toMatch(/^Bearer/)
      }
    }
  )

  test('what a proxy on this machine passes on comes from elsewhere', async () => {
    const { call } = await startApi()
    const proxied: Record<string, string>[] = [{ 'x-forwarded-for': LAN }, { forwarded: `for=${LAN}` }]
    for (const headers of proxied) {
      expect((await call('GET', '/printers', undefined, { headers })).status).toBe(401)
    }
  })

  test('the interface, its documentation and health are open: they hold no data', async () => {
    const { call } = await startApi()
    for (const path of ['/api/v1/docs', '/api/v1/openapi.json', '/healthz', '/readyz']) {
      expect((await call('GET', path, undefined, { from: LAN })).status).toBe(200)
    }
  })

  test('with requireToken loopback takes one too', async () => {
    const api = await startApi({ requireToken: true })
    expect((await api.call('GET', '/printers')).status).toBe(401)
    expect((await api.call('GET', '/healthz')).status).toBe(200)
  })
})

describe('Host and Origin', () => {
  test.each(['evil.example', 'evil.example:80', 'localhost:81', '127.0.0.1.evil.example', 'localhost.', '[::1]:8'])(
    'a Host of %j is 421, whatever the path',
    async (host) => {
      const { call } = await startApi()
      for (const path of ['/printers', '/api/v1/docs', '/healthz', '/nothing']) {
        expect((await call('GET', path, undefined, { headers: { host } })).body).toMatchObject({
          status: 421,
          code: 'misdirected'
        })
      }
    }
  )

  test('every name of the node is its own, with the port it listens on', async () => {
    const { api, call } = await startApi({ ownNames: () => ['192.168.1.5', 'fd00::5', 'Lab-PC.local'] })
    const { port } = await api.listen()
    const hosts = ['localhost', '127.0.0.1', '[::1]', 'LOCALHOST', '192.168.1.5', '[fd00::5]', 'lab-pc.local']
    for (const host of hosts) {
      expect((await call('GET', '/printers', undefined, { headers: { host: `${host}:${port}` } })).status).toBe(200)
      expect((await call('GET', '/printers', undefined, { headers: { host } })).status).toBe(421)
      expect((await call('GET', '/printers', undefined, { headers: { host: `${host}:${port + 1}` } })).status).toBe(421)
    }
  })

  test('an address that this machine gets later is its own within a second', async () => {
    const names: string[] = []
    const clock = new HandClock()
    const { call } = await startApi({ ownNames: () => names, clock })
    const headers = { host: '192.168.1.5' }
    expect((await call('GET', '/printers', undefined, { headers })).status).toBe(421)
    names.push('192.168.1.5')
    expect((await call('GET', '/printers', undefined, { headers })).status).toBe(421)
    clock.nowMs += 1000
    expect((await call('GET', '/printers', undefined, { headers })).status).toBe(200)
  })

  test.each(['http://evil.example', 'https://localhost', 'http://localhost:5173', 'null', 'app://ui'])(
    'an Origin of %s is 403',
    async (origin) => {
      const { call } = await startApi()
      for (const [method, path] of [
        ['POST', '/printers'],
        ['GET', '/printers'],
        ['GET', '/events'],
        ['GET', '/metrics']
      ] as const) {
        const body = method === 'POST' ? PRINTER : undefined
        expect((await call(method, path, body, { headers: { origin } })).body).toMatchObject({
          status: 403,
          code: 'forbidden'
        })
      }
      expect((await call('GET', '/printers')).body).toEqual([])
    }
  )

  test('a foreign Origin is 403 with a token too', async () => {
    const api = await startApi()
    const headers = { authorization: await tokenOf(api, 'admin'), origin: 'http://evil.example' }
    expect((await api.call('GET', '/printers', undefined, { headers })).status).toBe(403)
  })

  test.each(['cross-site', 'same-site'])('Sec-Fetch-Site: %s is 403 for the API, not for pages', async (site) => {
    const { call } = await startApi()
    const headers = { 'sec-fetch-site': site }
    expect((await call('GET', '/printers', undefined, { headers })).status).toBe(403)
    expect((await call('GET', '/api/v1/docs', undefined, { headers })).status).toBe(200)
  })

  test.each<Record<string, string>>([
    { origin: 'http://localhost' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { origin: 'http://127.0.0.1', host: '127.0.0.1' }
  ])('the node’s own pages may call: %j', async (headers) => {
    const { call } = await startApi()
    expect((await call('POST', '/printers', PRINTER, { headers })).status).toBe(201)
  })

  test('a rebound name is refused although its page is of the same origin', async () => {
    const { call } = await startApi()
    const headers = { host: 'evil.example', origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' }
    expect((await call('POST', '/printers', PRINTER, { headers })).status).toBe(421)
    expect((await call('GET', '/printers')).body).toEqual([])
  })

  test('no answer invites other origins', async () => {
    const { call } = await startApi()
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
    for (const method of ['OPTIONS', 'GET']) {
      const answer = await call(method, '/printers', undefined, { headers })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })
})

describe('tokens', () => {
  const READS = [
    '/printers',
    '/filaments',
    '/print_jobs',
    '/cluster',
    '/overview',
    '/whoami',
    '/settings',
    '/about',
    '/metrics'
  ]
  const FARM_WRITES: readonly (readonly [string, string, object?])[] = [
    ['POST', '/printers', PRINTER],
    ['PATCH', '/printers/x', {}],
    ['DELETE', '/printers/x'],
    ['POST', '/filaments', { type: 'PLA', color: 'red', total_weight_in_grams: 1 }],
    ['PATCH', '/filaments/x', {}],
    ['DELETE', '/filaments/x'],
    ['POST', '/print_jobs', {}],
    ['POST', '/print_jobs/x/status', {}],
    ['PUT', '/print_jobs/x/status', {}],
    ['PATCH', '/print_jobs/x/status', {}],
    ['DELETE', '/print_jobs/x']
  ]
  const ADMIN_ONLY: readonly (readonly [string, string, object?])[] = [
    ['GET', '/tokens'],
    ['GET', '/tokens/x'],
    ['POST', '/tokens', { name: 'a', role: 'viewer' }],
    ['DELETE', '/tokens/x'],
    ['GET', '/cluster/invites'],
    ['POST', '/cluster/invites', {}],
    ['DELETE', '/cluster/invites/i1'],
    ['POST', '/cluster/join', { invite: 'x' }],
    ['DELETE', '/cluster/members/x'],
    ['PATCH', '/cluster/members/x', { suffrage: 'voter' }],
    ['POST', '/cluster/transfer_leadership', {}],
    ['POST', '/cluster/snapshot', {}],
    ['GET', '/backup'],
    ['POST', '/restore', {}],
    ['PATCH', '/settings', {}],
    ['GET', '/logs']
  ]
  const may = (status: number): boolean => status !== 401 && status !== 403

  test.each([
    ['viewer', true, false, false],
    ['operator', true, true, false],
    ['admin', true, true, true]
  ])('a %s may do what the role says, from anywhere', async (role, reads, farmWrites, adminOnly) => {
    const api = await startApi({ requireToken: false })
    const headers = { authorization: await tokenOf(api, role) }
    for (const from of [LAN, '127.0.0.1']) {
      for (const path of READS) {
        expect([path, may((await api.call('GET', path, undefined, { headers, from })).status)]).toEqual([path, reads])
      }
      for (const [method, path, body] of FARM_WRITES) {
        const { status } = await api.call(method, path, body, { headers, from })
        expect([method, path, may(status)]).toEqual([method, path, farmWrites])
      }
      for (const [method, path, body] of ADMIN_ONLY) {
        const { status } = await api.call(method, path, body, { headers, from })
        expect([method, path, may(status)]).toEqual([method, path, adminOnly])
      }
    }
  })

  test('refused before the body is read', async () => {
    const api = await startApi()
    const headers = { authorization: await tokenOf(api, 'viewer'), 'content-type': 'application/json' }
    expect((await api.call('POST', '/printers', '{', { headers })).body.code).toBe('forbidden')
  })

  test('whoami names the token', async () => {
    const api = await startApi()
    const { body } = await api.call('POST', '/tokens', { name: 'dashboard', role: 'viewer' })
    const headers = { authorization: `Bearer ${body.token}` }
    expect((await api.call('GET', '/whoami', undefined, { headers, from: LAN })).body).toEqual({
      name: 'dashboard',
      role: 'viewer',
      token_id: body.id
    })
  })

  test('the scheme is read in any case; other schemes are refused', async () => {
    const api = await startApi()
    const secret = (await tokenOf(api, 'viewer')).slice('Bearer '.length)
    const status = async (authorization: string) =>
      (await api.call('GET', '/printers', undefined, { headers: { authorization }, from: LAN })).status
    expect(await status(`bearer ${secret}`)).toBe(200)
    expect(await status(`BEARER  ${secret} `)).toBe(200)
    for (const wrong of [secret, `Basic ${secret}`, 'Bearer', `Bearer ${secret} x`, `Bearer ${secret}x`]) {
      expect(await status(wrong)).toBe(401)
    }
  })

  test('with a token any Host will do', async () => {
    const api = await startApi()
    const headers = { authorization: await tokenOf(api, 'viewer'), host: 'lab.example:8443' }
    expect((await api.call('GET', '/printers', undefined, { headers, from: LAN })).status).toBe(200)
  })

  test('a wrong token is refused on loopback too', async () => {
    const { call } = await startApi()
    const headers = { authorization: `Bearer ${newTokenSecret()}` }
    expect((await call('GET', '/printers', undefined, { headers })).status).toBe(401)
  })

  test('a removed token is refused at once', async () => {
    const api = await startApi()
    const { body } = await api.call('POST', '/tokens', { name: 'a', role: 'viewer' })
    const headers = { authorization: `Bearer ${body.token}` }
    expect((await api.call('GET', '/printers', undefined, { headers, from: LAN })).status).toBe(200)
    expect((await api.call('DELETE', `/tokens/${body.id}`)).status).toBe(204)
    expect((await api.call('GET', '/printers', undefined, { headers, from: LAN })).status).toBe(401)
  })

  test('a token that has expired is refused', async () => {
    const clock = new HandClock()
    const api = await startApi({ clock })
    const headers = { authorization: await tokenOf(api, 'viewer', { ttl_seconds: 60 }) }
    clock.nowMs += 59_999
    expect((await api.call('GET', '/printers', undefined, { headers, from: LAN })).status).toBe(200)
    clock.nowMs += 1
    expect((await api.call('GET', '/printers', undefined, { headers, from: LAN })).status).toBe(401)
  })

  test('neither secret nor hash is ever listed', async () => {
    const { call, replica } = await startApi()
    const { headers, body } = await call('POST', '/tokens', { name: 'a', role: 'operator', ttl_seconds: 60 })
    const hash = replica.farm.tokens()[0]!.hash
    const { token: secret, ...shown } = body
    expect((await call('GET', String(headers.location))).body).toEqual(shown)
    expect((await call('GET', '/tokens')).body).toEqual([shown])
    for (const path of ['/tokens', String(headers.location)]) {
      const { text } = await call('GET', path)
      expect(text).not.toContain(secret)
      expect(text).not.toContain(hash)
    }
  })

  test.each([
    [{}, '/name'],
    [{ name: 'a' }, '/role'],
    [{ name: 'a', role: 'root' }, '/role'],
    [{ name: '', role: 'viewer' }, '/name'],
    [{ name: ' Local', role: 'viewer' }, '/name'],
    [{ name: 'a', role: 'viewer', ttl_seconds: 0 }, '/ttl_seconds'],
    [{ name: 'a', role: 'viewer', expires_at: 1_800_000_000_000 }, '/expires_at']
  ])('refused: %j', async (body, path) => {
    const { call } = await startApi()
    const answer = await call('POST', '/tokens', body)
    expect([answer.status, answer.body.errors[0].path]).toEqual([400, path])
  })

  test('wrong tokens from one address are slowed down, others go on', async () => {
    const clock = new HandClock()
    const api = await startApi({ clock })
    const right = { authorization: await tokenOf(api, 'viewer') }
    const guess = (from: string) =>
      api.call('GET', '/printers', undefined, { headers: { authorization: `Bearer ${newTokenSecret()}` }, from })
    const answers = []
    for (let n = 0; n < 25; n++) answers.push(await guess(LAN))
    expect(answers.slice(0, 20).every(({ status }) => status === 401)).toBe(true)
    expect(answers.slice(20).every(({ body }) => body.code === 'too_many_requests')).toBe(true)
    expect(answers.at(-1)!.headers['retry-after']).toBe('60')
    expect((await guess('192.168.1.21')).status).toBe(401)
    expect((await api.call('GET', '/printers', undefined, { headers: right, from: '192.168.1.21' })).status).toBe(200)
    expect((await api.call('GET', '/printers')).status).toBe(200)
    clock.nowMs += 60_000
    expect((await guess(LAN)).status).toBe(401)
    expect((await api.call('GET', '/printers', undefined, { headers: right, from: LAN })).status).toBe(200)
  })
})

test('who is refused is logged, a flood in a few lines', async () => {
  const lines: object[] = []
  const clock = new HandClock()
  const { call } = await startApi({ clock, log: { ...silent, warn: (fields) => void lines.push(fields) } })
  const headers = { host: 'evil.example', origin: 'http://evil.example' }
  for (let n = 0; n < 100; n++) await call('GET', '/printers?secret=1', undefined, { headers })
  expect(lines).toHaveLength(10)
  expect(lines[0]).toEqual({
    event: 'request_refused',
    code: 'misdirected',
    from: '127.0.0.1',
    host: 'evil.example',
    origin: 'http://evil.example',
    method: 'GET',
    path: '/api/v1/printers'
  })
  clock.nowMs += 10_000
  await call('GET', '/printers', undefined, { from: LAN })
  expect(lines.slice(10)).toMatchObject([
    { event: 'requests_refused', count: 90 },
    { code: 'unauthorized', from: LAN }
  ])
})

describe('requests of the shell', () => {
  test('the secret of this process stands for a token, whatever Host and Origin say', async () => {
    const { call } = await startApi({ requireToken: true })
    const headers = { [INTERNAL_HEADER]: INTERNAL_TOKEN, host: 'ui', origin: 'app://ui' }
    expect((await call('POST', '/printers', PRINTER, { headers })).status).toBe(201)
    expect((await call('GET', '/whoami', undefined, { headers })).body.role).toBe('admin')
  })

  test.each(['', 'guess', `${INTERNAL_TOKEN} `])('a wrong one is refused: %j', async (guess) => {
    const { call } = await startApi()
    expect((await call('GET', '/printers', undefined, { headers: { [INTERNAL_HEADER]: guess } })).status).toBe(401)
  })

  test('the right one is refused from elsewhere', async () => {
    const { call } = await startApi()
    const headers = { [INTERNAL_HEADER]: INTERNAL_TOKEN }
    expect((await call('GET', '/printers', undefined, { headers, from: LAN })).status).toBe(401)
  })

  test('without a shell no value is right', async () => {
    const { call } = await startApi({ internalToken: undefined })
    for (const guess of ['', 'undefined', 'null']) {
      expect((await call('GET', '/printers', undefined, { headers: { [INTERNAL_HEADER]: guess } })).status).toBe(401)
    }
  })
})

test('beyond loopback the API does not start without a certificate', async () => {
  await expect(startApi({ listen: { host: '0.0.0.0', port: 0 } })).rejects.toThrow(/certificate/)
})

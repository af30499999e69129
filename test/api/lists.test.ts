import { describe, expect, test } from 'vitest'
import { LONG_LIST_ITEMS } from '../../src-main/api/list-text'
import { PAGE_ITEMS_MAX } from '../../src-main/contract/limits'
import { startApi, type TestApi } from './harness'

async function addPrinters(call: TestApi['call'], count: number, prefix = 'p'): Promise<void> {
  for (let n = 0; n < count; n++) await call('POST', '/printers', { id: `${prefix}${n}`, company: 'a', model: 'b' })
}

const ids = (records: readonly { id: string }[]): string[] => records.map(({ id }) => id)

/** The path of the next page. */
function nextOf(link: unknown): string | null {
  return /^<([^>]+)>; rel="next"$/.exec(String(link ?? ''))?.[1] ?? null
}

describe('lists', () => {
  test.each(['/printers', '/filaments', '/print_jobs', '/tokens', '/cluster/invites'])(
    '%s is [] when empty',
    async (path) => {
      const { call } = await startApi()
      const { status, body, headers } = await call('GET', path)
      expect([status, body]).toEqual([200, []])
      expect(headers.link).toBeUndefined()
    }
  )

  test('records come in the order of their creation, whatever their ids', async () => {
    const { call } = await startApi()
    for (const id of ['z', 'a', 'm']) await call('POST', '/printers', { id, company: 'a', model: 'b' })
    await call('PATCH', '/printers/a', { model: 'c' })
    expect(ids((await call('GET', '/printers')).body)).toEqual(['z', 'a', 'm'])
  })

  test('a whole list follows every change', async () => {
    const { call } = await startApi()
    await addPrinters(call, 2)
    expect(ids((await call('GET', '/printers')).body)).toEqual(['p0', 'p1'])
    await call('PATCH', '/printers/p1', { model: 'new' })
    expect((await call('GET', '/printers')).body[1].model).toBe('new')
    await call('DELETE', '/printers/p0')
    expect(ids((await call('GET', '/printers')).body)).toEqual(['p1'])
  })

  test('pages follow the Link header to the end, keeping the filter', async () => {
    const { call, replica } = await startApi()
    await addPrinters(call, 2)
    const by = { by: 'local', timeoutMs: 0 }
    replica.commit({ type: 'filament.create', id: 'f', material: 'PLA', color: 'r', total_weight_in_grams: 1e6 }, by)
    for (let n = 0; n < 10; n++) {
      const job = { printer_id: `p${n % 2}`, filament_id: 'f', filepath: 'a', print_weight_in_grams: 1 }
      replica.commit({ type: 'job.create', id: `j${n}`, ...job }, by)
    }
    const seen: string[] = []
    let path: string | null = '/api/v1/print_jobs?printer_id=p1&limit=2&consistency=stale'
    let pages = 0
    while (path !== null) {
      const { status, body, headers }: Awaited<ReturnType<TestApi['call']>> = await call('GET', path)
      expect(status).toBe(200)
      expect(body.length).toBeLessThanOrEqual(2)
      seen.push(...ids(body))
      path = nextOf(headers.link)
      pages++
    }
    expect(seen).toEqual(['j1', 'j3', 'j5', 'j7', 'j9'])
    expect(pages).toBe(3)
  })

  test('records that come and go between two pages neither repeat nor hide others', async () => {
    const { call } = await startApi()
    await addPrinters(call, 4)
    const first = await call('GET', '/printers?limit=2')
    await call('DELETE', '/printers/p0')
    await call('DELETE', '/printers/p1')
    await addPrinters(call, 1, 'new')
    const second = await call('GET', nextOf(first.headers.link)!)
    expect(ids(second.body)).toEqual(['p2', 'p3'])
    expect(ids((await call('GET', nextOf(second.headers.link)!)).body)).toEqual(['new0'])
  })

  test.each([
    'limit=0',
    'limit=-1',
    'limit=abc',
    `limit=${PAGE_ITEMS_MAX + 1}`,
    'limit=1.5',
    'limit=1&limit=2',
    'cursor=zz'
  ])('?%s is refused', async (query) => {
    const { call } = await startApi()
    const { status, body } = await call('GET', `/printers?${query}`)
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    expect(body.errors[0].path).toMatch(/^\/(limit|cursor)/)
  })

  test('a long list is written in slices, as of one moment', async () => {
    const { api, call, replica } = await startApi()
    const count = LONG_LIST_ITEMS * 2 + 1
    for (let n = 0; n < count; n++) {
      replica.commit({ type: 'printer.create', id: `p${n}`, company: 'a', model: 'b' }, { by: 'local', timeoutMs: 0 })
    }
    const listed = api.inject({ url: '/api/v1/printers?consistency=stale', headers: { host: 'localhost' } })
    replica.commit({ type: 'printer.delete', id: 'p0' }, { by: 'local', timeoutMs: 0 })
    expect([count, count - 1]).toContain(JSON.parse((await listed).payload).length)
    expect((await call('GET', '/printers')).body).toHaveLength(count - 1)
    expect((await call('GET', `/printers?limit=${PAGE_ITEMS_MAX}`)).body).toHaveLength(count - 1)
  })
})

describe('freshness', () => {
  test('reads are linearizable unless the local copy is asked for', async () => {
    const { call, replica } = await startApi()
    for (const query of ['', '?consistency=linearizable', '?consistency=stale']) await call('GET', `/printers${query}`)
    expect(replica.linearized).toHaveLength(2)
    expect((await call('GET', '/printers?consistency=eventual')).status).toBe(400)
  })

  test('without a quorum only stale reads are answered', async () => {
    const { call, replica } = await startApi()
    await addPrinters(call, 1)
    const { Failure } = await import('../../src-main/runtime/replica')
    replica.failure = new Failure('no_quorum', 'No leader.')
    for (const path of ['/printers', '/printers/p0', '/print_jobs', '/filaments', '/tokens', '/overview', '/backup']) {
      expect((await call('GET', path)).body).toMatchObject({ status: 503, code: 'no_quorum' })
    }
    expect(ids((await call('GET', '/printers?consistency=stale')).body)).toEqual(['p0'])
    expect((await call('GET', '/printers/p0?consistency=stale')).status).toBe(200)
    expect((await call('GET', '/print_jobs?consistency=stale')).status).toBe(200)
    expect((await call('GET', '/cluster')).status).toBe(200)
  })

  test('every answer says which index it shows', async () => {
    const { call, replica } = await startApi()
    const before = replica.appliedIndex
    const { headers } = await call('POST', '/printers', { company: 'a', model: 'b' })
    expect(Number(headers['x-raft3d-applied-index'])).toBe(before + 1)
    for (const path of ['/printers', '/nothing', '/healthz', '/docs', '/metrics', '/cluster']) {
      expect(Number((await call('GET', path)).headers['x-raft3d-applied-index'])).toBe(before + 1)
    }
  })
})

import { describe, expect, test } from 'vitest'
import { BODY_BYTES_MAX } from '../../src-main/contract/limits'
import { startApi, type TestApi } from './harness'

const JSON_BODY = { headers: { 'content-type': 'application/json' } }

async function fill({ call }: TestApi): Promise<void> {
  await call('POST', '/printers', { id: 'p', company: 'Prusa', model: 'MK4' })
  await call('POST', '/filaments', { id: 'f', type: 'PLA', color: 'a\u2028b', total_weight_in_grams: 100 })
  const job = { id: 'j', printer_id: 'p', filament_id: 'f', filepath: 'a', print_weight_in_grams: 10 }
  await call('POST', '/print_jobs', job)
  await call('POST', '/print_jobs/j/status?status=running')
}

const lists = async ({ call }: TestApi) =>
  Promise.all(['/printers', '/filaments', '/print_jobs'].map(async (path) => (await call('GET', path)).body))

describe('backup and restore', () => {
  test('a backup is one file, named after its index', async () => {
    const api = await startApi()
    await fill(api)
    const { status, headers, body } = await api.call('GET', '/backup')
    expect(status).toBe(200)
    expect(headers['content-disposition']).toBe(`attachment; filename="raft3d-backup-${api.replica.appliedIndex}.json"`)
    expect(body).toMatchObject({ printers: [{ id: 'p' }], filaments: [{ id: 'f' }], print_jobs: [{ id: 'j' }] })
  })

  test('what was backed up comes back, whatever happened since', async () => {
    const api = await startApi()
    await fill(api)
    const before = await lists(api)
    const { text } = await api.call('GET', '/backup')
    await api.call('POST', '/print_jobs/j/status?status=done')
    await api.call('DELETE', '/print_jobs/j')
    await api.call('DELETE', '/printers/p')
    const restored = await api.call('POST', '/restore', text, JSON_BODY)
    expect(restored.body).toEqual({ printers: 1, filaments: 1, print_jobs: 1, tokens: 0 })
    expect(await lists(api)).toEqual(before)
    expect(api.replica.proposed.at(-1)).toMatchObject({ command: { type: 'restore' }, options: { by: 'local' } })
    expect(api.replica.proposed.at(-1)!.options.timeoutMs).toBeGreaterThan(50_000)
  })

  test('a backup may be larger than other bodies', async () => {
    const api = await startApi()
    for (let n = 0; n < 1500; n++) {
      const command = { type: 'printer.create', id: `p${n}`, company: 'x'.repeat(900), model: 'b' } as const
      api.replica.commit(command, { by: 'local', timeoutMs: 0 })
    }
    const { text } = await api.call('GET', '/backup')
    expect(text.length).toBeGreaterThan(BODY_BYTES_MAX)
    const before = await lists(api)
    expect((await api.call('POST', '/restore', text, JSON_BODY)).body.printers).toBe(1500)
    expect(await lists(api)).toEqual(before)
    const entries = api.replica.proposed.map(({ command }) => JSON.stringify(command).length)
    expect(entries.length).toBeGreaterThan(4)
    expect(Math.max(...entries)).toBeLessThan(300_000)
  })

  test.each([{}, { format: 'other' }, { format: 'raft3d-backup', version: 99 }])('refused: %j', async (body) => {
    const api = await startApi()
    await fill(api)
    expect((await api.call('POST', '/restore', body)).body).toMatchObject({ status: 400, code: 'invalid_request' })
    expect((await api.call('GET', '/printers')).body).toHaveLength(1)
  })

  test('what nests deeper than a backup is refused, not written down', async () => {
    const api = await startApi()
    const deep = `{"format":"raft3d-backup","printers":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect((await api.call('POST', '/restore', deep, JSON_BODY)).body).toMatchObject({ code: 'invalid_request' })
    expect(api.replica.proposed).toEqual([])
  })

  test('a large file whose last record is broken replaces nothing', async () => {
    const api = await startApi()
    await fill(api)
    const record = (n: number) => ({ id: `p${n}`, company: 'x'.repeat(900), model: 'b', created_at: 1, updated_at: 1 })
    const file = (last: object) => ({
      format: 'raft3d-backup',
      version: 1,
      printers: [...Array.from({ length: 1000 }, (_, n) => record(n)), last],
      filaments: [],
      print_jobs: [],
      tokens: []
    })
    expect((await api.call('POST', '/restore', file({ id: 'p' }))).body).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: '/printers/1000/company' }]
    })
    const torn = JSON.stringify(file(record(1000))).slice(0, -1)
    expect((await api.call('POST', '/restore', torn, JSON_BODY)).body).toMatchObject({ code: 'malformed_json' })
    expect((await api.call('GET', '/printers')).body).toMatchObject([{ id: 'p' }])
    expect((await api.call('POST', '/restore', file(record(1000)))).body.printers).toBe(1001)
  })

  test('a file of something else is refused before it is written down', async () => {
    const api = await startApi()
    const noise = JSON.stringify({ format: 'raft3d-backup', version: 1, noise: 'x'.repeat(BODY_BYTES_MAX) })
    expect((await api.call('POST', '/restore', noise, JSON_BODY)).status).toBe(413)
    expect(api.replica.proposed).toEqual([])
  })

  test('text that is not JSON is refused as such', async () => {
    const api = await startApi()
    for (const text of ['{', '{"printers": [1,,2]}', '{"printers": [1 2]}', '{"printers": [{]}}', 'x']) {
      const { body } = await api.call('POST', '/restore', text, JSON_BODY)
      expect([text, body.code]).toEqual([text, 'malformed_json'])
    }
    expect(api.replica.proposed).toEqual([])
  })

  test('one restore at a time', async () => {
    const api = await startApi()
    const { body } = await api.call('GET', '/backup')
    const answers = await Promise.all([1, 2].map(() => api.call('POST', '/restore', body)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 429])
    expect((await api.call('POST', '/restore', body)).status).toBe(200)
  })

  test('the same restore again, under the same key, does nothing', async () => {
    const api = await startApi()
    const { body } = await api.call('GET', '/backup')
    const options = { headers: { 'idempotency-key': 'k' } }
    await api.call('POST', '/restore', body, options)
    await fill(api)
    expect((await api.call('POST', '/restore', body, options)).status).toBe(200)
    expect((await api.call('GET', '/printers')).body).toHaveLength(1)
  })
})

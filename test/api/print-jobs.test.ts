import { describe, expect, test } from 'vitest'
import { JOB_STATUSES, NEXT_STATUSES, type JobStatus } from '../../src-main/contract/print-jobs'
import { startApi, type TestApi } from './harness'

const JOB = { id: 'j1', printer_id: 'p1', filament_id: 'f1', filepath: 'prints/a.gcode', print_weight_in_grams: 10 }

async function startFarm(total_weight_in_grams = 100): Promise<TestApi> {
  const api = await startApi()
  await api.call('POST', '/printers', { id: 'p1', company: 'Prusa', model: 'MK4' })
  await api.call('POST', '/printers', { id: 'p2', company: 'Prusa', model: 'XL' })
  await api.call('POST', '/filaments', { id: 'f1', type: 'PLA', color: 'red', total_weight_in_grams })
  return api
}

const move = (call: TestApi['call'], id: string, status: string) =>
  call('POST', `/print_jobs/${id}/status?status=${status}`)

const weights = async (call: TestApi['call']) => {
  const { remaining_weight_in_grams, reserved_weight_in_grams } = (await call('GET', '/filaments/f1')).body
  return { remaining: remaining_weight_in_grams, reserved: reserved_weight_in_grams }
}

describe('creating print jobs', () => {
  test('a job starts as Queued, with who and where in its history', async () => {
    const { call } = await startFarm()
    const { status, headers, body } = await call('POST', '/print_jobs', JOB)
    expect(status).toBe(201)
    expect(headers.location).toBe('/api/v1/print_jobs/j1')
    expect(body).toMatchObject({ ...JOB, status: 'Queued' })
    expect(body.history).toMatchObject([{ status: 'Queued', by: 'local', node: 'test node' }])
    expect((await call('GET', '/print_jobs/j1')).body).toEqual(body)
  })

  test('printer and filament may be named by integers', async () => {
    const { call } = await startFarm()
    await call('POST', '/printers', { id: 5, company: 'a', model: 'b' })
    const { status, body } = await call('POST', '/print_jobs', { ...JOB, printer_id: 5 })
    expect([status, body.printer_id]).toEqual([201, '5'])
  })

  test.each(['Queued', 'queued', '"QUEUED"', null])('a status of %j is ignored', async (status) => {
    const { call } = await startFarm()
    expect((await call('POST', '/print_jobs', { ...JOB, status })).body.status).toBe('Queued')
  })

  test.each(['Running', 'Done', 'canceled', 'printing', '', 5, {}])('a status of %j is refused', async (status) => {
    const { call } = await startFarm()
    const answer = await call('POST', '/print_jobs', { ...JOB, status })
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
    expect(answer.body.errors[0].path).toBe('/status')
    expect((await call('GET', '/print_jobs')).body).toEqual([])
  })

  test('an unknown printer or filament is 400', async () => {
    const { call } = await startFarm()
    const printer = await call('POST', '/print_jobs', { ...JOB, printer_id: 'none' })
    expect([printer.status, printer.body.code]).toEqual([400, 'unknown_printer'])
    const filament = await call('POST', '/print_jobs', { ...JOB, filament_id: 'none' })
    expect([filament.status, filament.body.code]).toEqual([400, 'unknown_filament'])
  })

  test.each([0, -1, '10', null])('a print weight of %j is refused', async (print_weight_in_grams) => {
    const { call } = await startFarm()
    const { status, body } = await call('POST', '/print_jobs', { ...JOB, print_weight_in_grams })
    expect([status, body.errors[0].path]).toEqual([400, '/print_weight_in_grams'])
  })

  test('a job may use up what is left, and not more', async () => {
    const { call } = await startFarm(100)
    expect((await call('POST', '/print_jobs', { ...JOB, id: 'a', print_weight_in_grams: 60 })).status).toBe(201)
    const refused = await call('POST', '/print_jobs', { ...JOB, id: 'b', print_weight_in_grams: 40.1 })
    expect([refused.status, refused.body.code]).toEqual([409, 'not_enough_filament'])
    expect((await call('POST', '/print_jobs', { ...JOB, id: 'c', print_weight_in_grams: 40 })).status).toBe(201)
  })

  test('of 1,000 parallel jobs on a roll that fits 100, exactly 100 are created', async () => {
    const { call } = await startFarm(1000)
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => call('POST', '/print_jobs', { ...JOB, id: `j${n}` }))
    )
    const codes = answers.map(({ status, body }) => (status === 201 ? 'created' : body.code))
    expect(codes.filter((code) => code === 'created')).toHaveLength(100)
    expect(codes.filter((code) => code === 'not_enough_filament')).toHaveLength(900)
    expect(await weights(call)).toEqual({ remaining: 1000, reserved: 1000 })
    expect((await call('GET', '/print_jobs')).body).toHaveLength(100)
  })

  test('the same id again is 409 and reserves nothing', async () => {
    const { call } = await startFarm()
    await call('POST', '/print_jobs', JOB)
    expect((await call('POST', '/print_jobs', JOB)).body).toMatchObject({ status: 409, code: 'duplicate_id' })
    expect((await weights(call)).reserved).toBe(10)
  })
})

describe('moving print jobs', () => {
  const PATHS: Record<JobStatus, readonly string[]> = {
    Queued: [],
    Running: ['Running'],
    Done: ['Running', 'Done'],
    Cancelled: ['Cancelled']
  }

  for (const from of JOB_STATUSES) {
    for (const to of JOB_STATUSES) {
      const legal = NEXT_STATUSES[from].includes(to)
      test(`${from} → ${to} is ${legal ? 'done' : 'refused'}`, async () => {
        const { call } = await startFarm()
        await call('POST', '/print_jobs', JOB)
        for (const step of PATHS[from]) await move(call, 'j1', step)
        const { status, body } = await move(call, 'j1', to)
        expect([status, legal ? body.status : body.code]).toEqual(legal ? [200, to] : [409, 'illegal_transition'])
        expect((await call('GET', '/print_jobs/j1')).body.status).toBe(legal ? to : from)
      })
    }
  }

  test.each([
    ['POST', '?status=running', undefined],
    ['PUT', '?status=RUNNING', undefined],
    ['PATCH', '?status=%22Running%22', undefined],
    ['POST', "?status='Running'", undefined],
    ['POST', '', { status: 'Running' }],
    ['PUT', '', { status: 'rUnNiNg' }],
    ['PATCH', '', { status: '"running"' }],
    ['POST', '', '"Running"'],
    ['POST', '?status=Running', { status: 'running' }]
  ])('%s %s %j', async (method, query, body) => {
    const { call } = await startFarm()
    await call('POST', '/print_jobs', JOB)
    const options = { headers: { 'content-type': 'application/json' } }
    const answer = await call(method, `/print_jobs/j1/status${query}`, body, body === undefined ? {} : options)
    expect([answer.status, answer.body.status]).toEqual([200, 'Running'])
  })

  test.each(['cancelled', 'canceled', 'CANCELED', '"Canceled"'])('%s means Cancelled', async (text) => {
    const { call } = await startFarm()
    await call('POST', '/print_jobs', JOB)
    expect((await move(call, 'j1', encodeURIComponent(text))).body.status).toBe('Cancelled')
  })

  test.each([
    ['', undefined],
    ['?status=paused', undefined],
    ['', { status: '' }],
    ['', { status: 5 }],
    ['', {}],
    ['?status=Running', { status: 'Done' }]
  ])('no status: %s %j', async (query, body) => {
    const { call } = await startFarm()
    await call('POST', '/print_jobs', JOB)
    const answer = await call('POST', `/print_jobs/j1/status${query}`, body)
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
    expect((await call('GET', '/print_jobs/j1')).body.status).toBe('Queued')
  })

  test('an empty body of any type is no body', async () => {
    const { call } = await startFarm()
    await call('POST', '/print_jobs', JOB)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await call('POST', '/print_jobs/j1/status?status=running', '', { headers })).status).toBe(200)
  })

  test('an unknown job is 404', async () => {
    const { call } = await startFarm()
    expect((await move(call, 'none', 'Running')).body).toMatchObject({ status: 404, code: 'not_found' })
  })

  test('Done takes the weight off the filament exactly once', async () => {
    const { call } = await startFarm(100)
    await call('POST', '/print_jobs', JOB)
    await move(call, 'j1', 'Running')
    expect(await weights(call)).toEqual({ remaining: 100, reserved: 10 })
    const answers = await Promise.all([move(call, 'j1', 'Done'), move(call, 'j1', 'Done'), move(call, 'j1', 'done')])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    expect(await weights(call)).toEqual({ remaining: 90, reserved: 0 })
  })

  test('Cancelled gives back what was reserved', async () => {
    const { call } = await startFarm(100)
    await call('POST', '/print_jobs', JOB)
    await move(call, 'j1', 'Cancelled')
    expect(await weights(call)).toEqual({ remaining: 100, reserved: 0 })
  })

  test('a printer runs one job at a time', async () => {
    const { call } = await startFarm()
    await call('POST', '/print_jobs', { ...JOB, id: 'a' })
    await call('POST', '/print_jobs', { ...JOB, id: 'b' })
    await call('POST', '/print_jobs', { ...JOB, id: 'c', printer_id: 'p2' })
    expect((await move(call, 'a', 'Running')).status).toBe(200)
    expect((await move(call, 'b', 'Running')).body).toMatchObject({ status: 409, code: 'printer_busy' })
    expect((await move(call, 'c', 'Running')).status).toBe(200)
    await move(call, 'a', 'Done')
    expect((await move(call, 'b', 'Running')).status).toBe(200)
  })

  test('history says who moved it', async () => {
    const { call } = await startFarm()
    await call('POST', '/print_jobs', JOB)
    const { token } = (await call('POST', '/tokens', { name: 'night shift', role: 'operator' })).body
    const headers = { authorization: `Bearer ${token}` }
    const { body } = await call('POST', '/print_jobs/j1/status?status=running', undefined, { headers })
    expect(body.history.map((event: { by: string }) => event.by)).toEqual(['local', 'night shift'])
  })
})

describe('removing and listing print jobs', () => {
  test('DELETE answers 204, then 404', async () => {
    const { call } = await startFarm()
    await call('POST', '/print_jobs', JOB)
    expect((await call('DELETE', '/print_jobs/j1')).status).toBe(204)
    expect((await call('DELETE', '/print_jobs/j1')).body.code).toBe('not_found')
    expect((await call('GET', '/print_jobs/j1')).body.code).toBe('not_found')
    expect((await weights(call)).reserved).toBe(0)
  })

  test('lists can be filtered by status, printer and filament, together', async () => {
    const { call } = await startFarm()
    await call('POST', '/filaments', { id: 'f2', type: 'PLA', color: 'blue', total_weight_in_grams: 100 })
    await call('POST', '/print_jobs', { ...JOB, id: 'a' })
    await call('POST', '/print_jobs', { ...JOB, id: 'b', printer_id: 'p2' })
    await call('POST', '/print_jobs', { ...JOB, id: 'c', printer_id: 'p2', filament_id: 'f2' })
    await move(call, 'b', 'Running')
    const ids = async (query: string) =>
      (await call('GET', `/print_jobs${query}`)).body.map(({ id }: { id: string }) => id)
    expect(await ids('')).toEqual(['a', 'b', 'c'])
    expect(await ids('?status=queued')).toEqual(['a', 'c'])
    expect(await ids('?status=%22RUNNING%22')).toEqual(['b'])
    expect(await ids('?printer_id=p2')).toEqual(['b', 'c'])
    expect(await ids('?filament_id=f2')).toEqual(['c'])
    expect(await ids('?status=Queued&printer_id=p2')).toEqual(['c'])
    expect(await ids('?status=canceled')).toEqual([])
    expect(await ids('?printer_id=none')).toEqual([])
    expect((await call('GET', '/print_jobs?status=paused')).body).toMatchObject({
      status: 400,
      code: 'invalid_request'
    })
  })
})

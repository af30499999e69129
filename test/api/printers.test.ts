import { describe, expect, test } from 'vitest'
import { startApi } from './harness'

const MK4 = { company: 'Prusa', model: 'MK4' }

describe('printers', () => {
  test('a created printer is answered with 201, its Location and the whole record', async () => {
    const { call } = await startApi()
    const { status, headers, body } = await call('POST', '/printers', { id: 'p1', ...MK4, name: 'Left' })
    expect(status).toBe(201)
    expect(headers.location).toBe('/api/v1/printers/p1')
    expect(body).toMatchObject({ id: 'p1', ...MK4, name: 'Left' })
    expect((await call('GET', String(headers.location))).body).toEqual(body)
  })

  test('an integer id is kept as a string', async () => {
    const { call } = await startApi()
    expect((await call('POST', '/printers', { id: 7, ...MK4 })).body.id).toBe('7')
    expect((await call('GET', '/printers/7')).status).toBe(200)
    expect((await call('POST', '/printers', { id: '7', ...MK4 })).body.code).toBe('duplicate_id')
  })

  test('an integer that JSON cannot carry exactly is refused', async () => {
    const { call } = await startApi()
    const { status, body } = await call(
      'POST',
      '/printers',
      '{"id": 12345678901234567890, "company":"a", "model":"b"}',
      {
        headers: { 'content-type': 'application/json' }
      }
    )
    expect([status, body.errors[0].path]).toEqual([400, '/id'])
  })

  test('an id that is left out is drawn, short and sorting by creation', async () => {
    const { call } = await startApi()
    const first = (await call('POST', '/printers', MK4)).body.id
    const second = (await call('POST', '/printers', MK4)).body.id
    expect(first).toMatch(/^[0-9a-z]{16}$/)
    expect(second).not.toBe(first)
    expect(first.slice(0, 9) <= second.slice(0, 9)).toBe(true)
  })

  test.each(['a/b', 'ü 1', '100%', '?x=1', '#', '*', ':id'])('an id with special characters works: %s', async (id) => {
    const { call } = await startApi()
    const { status, headers } = await call('POST', '/printers', { id, ...MK4 })
    expect(status).toBe(201)
    expect((await call('GET', String(headers.location))).body.id).toBe(id)
    expect((await call('DELETE', String(headers.location))).status).toBe(204)
  })

  test.each(['', '..', 'a\nb', 'x'.repeat(201), true, 1.5, null, []])('this is no id: %j', async (id) => {
    const { call } = await startApi()
    const { status, body } = await call('POST', '/printers', { id, ...MK4 })
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    expect(body.errors[0].path).toBe('/id')
  })

  test('the same id again is 409 and changes nothing', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', ...MK4 })
    const { status, body } = await call('POST', '/printers', { id: 'p1', company: 'Bambu', model: 'X1' })
    expect([status, body.code]).toEqual([409, 'duplicate_id'])
    expect((await call('GET', '/printers/p1')).body).toMatchObject(MK4)
  })

  test('every field that is missing or wrong is named by a JSON pointer', async () => {
    const { call } = await startApi()
    const { body } = await call('POST', '/printers', { company: 5 })
    expect(body.errors).toEqual([
      { path: '/model', message: 'is required' },
      { path: '/company', message: 'must be a string' }
    ])
  })

  test.each([
    ['{"id":"","company":"a","model":"b"}', '/id', 'must not be empty'],
    ['{"id":true,"company":"a","model":"b"}', '/id', 'must be a string or an integer'],
    ['{"id":9007199254740993,"company":"a","model":"b"}', '/id', 'must be <= 9007199254740991'],
    [`{"id":"${'x'.repeat(201)}","company":"a","model":"b"}`, '/id', 'must not have more than 200 characters'],
    ['{"company":"","model":"b"}', '/company', 'must not be empty']
  ])('%s is refused, for its %s %s', async (text, path, message) => {
    const { call } = await startApi()
    const { body } = await call('POST', '/printers', text, { headers: { 'content-type': 'application/json' } })
    expect(body.errors).toEqual([{ path, message }])
  })

  test.each([undefined, null, [], 'text', 5])('a body that is no object is refused: %j', async (body) => {
    const { call } = await startApi()
    const headers = { 'content-type': 'application/json' }
    const text = body === undefined ? '' : JSON.stringify(body)
    const answer = await call('POST', '/printers', text, { headers })
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
  })

  test('unknown keys are ignored, __proto__ among them', async () => {
    const { call } = await startApi()
    const text = '{"__proto__": {"model": "x"}, "constructor": {"prototype": {}}, "$set": {"a.b": 1}, "company":"a"}'
    const headers = { 'content-type': 'application/json' }
    expect((await call('POST', '/printers', text, { headers })).body.errors).toEqual([
      { path: '/model', message: 'is required' }
    ])
    const { status, body } = await call('POST', '/printers', { ...MK4, colour: 'red', status: 'x' })
    expect(status).toBe(201)
    expect(body).not.toHaveProperty('colour')
  })

  test('PATCH changes what it names and leaves the rest', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', ...MK4, name: 'Left' })
    const { status, body } = await call('PATCH', '/printers/p1', { model: 'MK4S', id: 'other' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: 'p1', company: 'Prusa', model: 'MK4S', name: 'Left' })
    expect((await call('PATCH', '/printers/p1', { name: '' })).body).not.toHaveProperty('name')
    expect((await call('PATCH', '/printers/p1', {})).status).toBe(200)
    expect((await call('PATCH', '/printers/p1', { model: '' })).body.errors[0].path).toBe('/model')
  })

  test('PATCH takes application/merge-patch+json', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', ...MK4 })
    const headers = { 'content-type': 'application/merge-patch+json' }
    expect((await call('PATCH', '/printers/p1', '{"model":"XL"}', { headers })).body.model).toBe('XL')
  })

  test('DELETE answers 204, then 404', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', ...MK4 })
    const { status, text } = await call('DELETE', '/printers/p1')
    expect([status, text]).toEqual([204, ''])
    expect((await call('DELETE', '/printers/p1')).body.code).toBe('not_found')
    expect((await call('GET', '/printers')).body).toEqual([])
  })

  test.each(['GET', 'PATCH', 'DELETE'])('%s of an unknown printer is 404', async (method) => {
    const { call } = await startApi()
    const { status, body } = await call(method, '/printers/none', method === 'PATCH' ? {} : undefined)
    expect([status, body.code]).toEqual([404, 'not_found'])
  })

  test('a printer with open jobs cannot be removed', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', ...MK4 })
    await call('POST', '/filaments', { id: 'f1', type: 'PLA', color: 'red', total_weight_in_grams: 100 })
    const job = { id: 'j1', printer_id: 'p1', filament_id: 'f1', filepath: 'a.gcode', print_weight_in_grams: 1 }
    await call('POST', '/print_jobs', job)
    expect((await call('DELETE', '/printers/p1')).body).toMatchObject({ status: 409, code: 'in_use' })
    await call('POST', '/print_jobs/j1/status?status=Cancelled')
    expect((await call('DELETE', '/printers/p1')).status).toBe(204)
  })

  test('HEAD answers like GET, without the body', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { id: 'p1', ...MK4 })
    const { status, text, headers } = await call('HEAD', '/printers/p1')
    expect([status, text]).toEqual([200, ''])
    expect(Number(headers['content-length'])).toBeGreaterThan(0)
  })
})

import { describe, expect, test } from 'vitest'
import { startApi, type TestApi } from './harness'

const PLA = { id: 'f1', type: 'PLA', color: 'red', total_weight_in_grams: 1000 }

async function reserve(call: TestApi['call'], grams: number): Promise<void> {
  await call('POST', '/printers', { id: 'p1', company: 'a', model: 'b' })
  const job = { printer_id: 'p1', filament_id: 'f1', filepath: 'a.gcode', print_weight_in_grams: grams }
  expect((await call('POST', '/print_jobs', job)).status).toBe(201)
}

describe('filaments', () => {
  test('the remaining weight is the total where it is left out', async () => {
    const { call } = await startApi()
    const { status, headers, body } = await call('POST', '/filaments', PLA)
    expect(status).toBe(201)
    expect(headers.location).toBe('/api/v1/filaments/f1')
    expect(body).toMatchObject({ ...PLA, remaining_weight_in_grams: 1000, reserved_weight_in_grams: 0 })
  })

  test.each([
    [{ total_weight_in_grams: 0 }, '/total_weight_in_grams'],
    [{ total_weight_in_grams: -1 }, '/total_weight_in_grams'],
    [{ total_weight_in_grams: '1000' }, '/total_weight_in_grams'],
    [{ total_weight_in_grams: null }, '/total_weight_in_grams'],
    [{ remaining_weight_in_grams: -1 }, '/remaining_weight_in_grams'],
    [{ remaining_weight_in_grams: 1001 }, '/remaining_weight_in_grams'],
    [{ type: '' }, '/type'],
    [{ color: 5 }, '/color']
  ])('refused: %j', async (fields, path) => {
    const { call } = await startApi()
    const { status, body } = await call('POST', '/filaments', { ...PLA, ...fields })
    expect([status, body.code, body.errors[0].path]).toEqual([400, 'invalid_request', path])
  })

  test('a weight beyond what JSON can carry is refused', async () => {
    const { call } = await startApi()
    const text = '{"type":"PLA","color":"red","total_weight_in_grams":1e999}'
    const { status } = await call('POST', '/filaments', text, { headers: { 'content-type': 'application/json' } })
    expect(status).toBe(400)
  })

  test('open jobs are shown as reserved', async () => {
    const { call } = await startApi()
    await call('POST', '/filaments', PLA)
    await reserve(call, 300)
    expect((await call('GET', '/filaments/f1')).body.reserved_weight_in_grams).toBe(300)
    expect((await call('GET', '/filaments')).body[0].reserved_weight_in_grams).toBe(300)
  })

  test('lowering the remaining weight below what is reserved is refused', async () => {
    const { call } = await startApi()
    await call('POST', '/filaments', PLA)
    await reserve(call, 300)
    const refused = await call('PATCH', '/filaments/f1', { remaining_weight_in_grams: 299 })
    expect([refused.status, refused.body.code]).toEqual([409, 'below_reserved'])
    const allowed = await call('PATCH', '/filaments/f1', { remaining_weight_in_grams: 300 })
    expect([allowed.status, allowed.body.remaining_weight_in_grams]).toEqual([200, 300])
  })

  test('PATCH changes what it names, and keeps remaining ≤ total', async () => {
    const { call } = await startApi()
    await call('POST', '/filaments', PLA)
    const { body } = await call('PATCH', '/filaments/f1', { type: 'PETG', color: '#ff0000', name: 'Spool 1' })
    expect(body).toMatchObject({ ...PLA, type: 'PETG', color: '#ff0000', name: 'Spool 1' })
    const refused = await call('PATCH', '/filaments/f1', { total_weight_in_grams: 999 })
    expect(refused.body.errors[0].path).toBe('/total_weight_in_grams')
  })

  test('a filament with open jobs cannot be removed', async () => {
    const { call } = await startApi()
    await call('POST', '/filaments', PLA)
    await reserve(call, 300)
    expect((await call('DELETE', '/filaments/f1')).body).toMatchObject({ status: 409, code: 'in_use' })
    expect((await call('GET', '/filaments/f1')).status).toBe(200)
  })

  test('DELETE answers 204, then 404; so do GET and PATCH', async () => {
    const { call } = await startApi()
    await call('POST', '/filaments', PLA)
    expect((await call('DELETE', '/filaments/f1')).status).toBe(204)
    expect((await call('DELETE', '/filaments/f1')).body.code).toBe('not_found')
    expect((await call('GET', '/filaments/f1')).body.code).toBe('not_found')
    expect((await call('PATCH', '/filaments/f1', {})).body.code).toBe('not_found')
  })

  test('the same id again is 409', async () => {
    const { call } = await startApi()
    await call('POST', '/filaments', PLA)
    expect((await call('POST', '/filaments', PLA)).body).toMatchObject({ status: 409, code: 'duplicate_id' })
  })

  test('texts survive as they were sent', async () => {
    const { call } = await startApi()
    const color = 'a.b $c "q" \u2028\u0085 😀 \ud800 </script>'
    const { body } = await call('POST', '/filaments', { ...PLA, color })
    expect(body.color).toBe(color)
    expect((await call('GET', '/filaments')).body[0].color).toBe(color)
  })
})

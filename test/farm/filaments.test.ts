import { describe, expect, it } from 'vitest'
import { jobCreate, Log, smallFarm, START } from './entries'

const create = (more: object): object => ({
  type: 'filament.create',
  id: 'f1',
  material: 'PETG',
  color: 'black',
  total_weight_in_grams: 1000,
  ...more
})
const update = (set: object): object => ({ type: 'filament.update', id: 'f1', set })

describe('filaments', () => {
  it('what remains is the total unless said otherwise', () => {
    const log = new Log()
    const filament = {
      id: 'f1',
      type: 'PETG',
      color: 'black',
      total_weight_in_grams: 1000,
      remaining_weight_in_grams: 1000,
      created_at: START,
      updated_at: START
    }
    const view = { ...filament, reserved_weight_in_grams: 0 }
    expect(log.command(create({}))).toEqual({
      outcome: { ok: true, status: 201, body: view },
      changes: [{ kind: 'filament', id: 'f1', record: view }],
      reset: false
    })
    expect(log.farm.filament('f1')).toEqual(view)
    expect(log.ok(create({ id: 'f2', remaining_weight_in_grams: 0 }))).toMatchObject({ remaining_weight_in_grams: 0 })
  })

  it.each([
    [{ total_weight_in_grams: 0 }, '/total_weight_in_grams', 'must be greater than 0'],
    [{ total_weight_in_grams: -1 }, '/total_weight_in_grams', 'must be greater than 0'],
    [{ total_weight_in_grams: null }, '/total_weight_in_grams', 'must be a finite number of grams'],
    [{ total_weight_in_grams: Infinity }, '/total_weight_in_grams', 'must be a finite number of grams'],
    [{ total_weight_in_grams: NaN }, '/total_weight_in_grams', 'must be a finite number of grams'],
    [{ total_weight_in_grams: '5' }, '/total_weight_in_grams', 'must be a finite number of grams'],
    [{ remaining_weight_in_grams: -0.001 }, '/remaining_weight_in_grams', 'must not be less than 0'],
    [
      { remaining_weight_in_grams: 1000.1 },
      '/remaining_weight_in_grams',
      'must not be more than the total weight, 1000 g'
    ],
    [{ remaining_weight_in_grams: null }, '/remaining_weight_in_grams', 'must be a finite number of grams'],
    [{ material: '' }, '/type', 'must not be empty'],
    [{ color: 3 }, '/color', 'must be a string']
  ])('%j is refused as invalid_request', (more, path, message) => {
    const log = new Log()
    expect(log.refusal(create(more))).toMatchObject({ code: 'invalid_request', errors: [{ path, message }] })
    expect(log.farm.filament('f1')).toBeNull()
  })

  it('a zero has no sign', () => {
    const log = new Log()
    const body = log.ok<{ remaining_weight_in_grams: number }>(create({ remaining_weight_in_grams: -0 }))
    expect(Object.is(body.remaining_weight_in_grams, 0)).toBe(true)
  })

  it('the same id again is refused as duplicate_id', () => {
    const log = smallFarm()
    expect(log.code(create({}))).toBe('duplicate_id')
  })

  it('an update answers with what is reserved', () => {
    const log = smallFarm()
    log.job('j1', 25)
    log.now += 1
    expect(log.ok(update({ color: 'blue', type: 'ABS' }))).toMatchObject({
      type: 'ABS',
      color: 'blue',
      reserved_weight_in_grams: 25,
      updated_at: START + 1
    })
  })

  it('remaining cannot be lowered below what is reserved', () => {
    const log = smallFarm()
    log.job('j1', 100)
    log.job('j2', 0.5)
    log.status('j1', 'Running')
    expect(log.refusal(update({ remaining_weight_in_grams: 100.4 }))).toMatchObject({
      code: 'below_reserved',
      detail: 'Open print jobs have reserved 100.5 g of filament f1; 100.4 g would not be enough.'
    })
    expect(log.ok(update({ remaining_weight_in_grams: 100.5 }))).toMatchObject({ remaining_weight_in_grams: 100.5 })
  })

  it('the total cannot go below what remains, unless both are lowered', () => {
    const log = smallFarm()
    expect(log.refusal(update({ total_weight_in_grams: 999 }))).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: '/total_weight_in_grams', message: 'must not be less than the remaining weight, 1000 g' }]
    })
    log.ok(update({ total_weight_in_grams: 999, remaining_weight_in_grams: 999 }))
    log.ok(update({ total_weight_in_grams: 1500 }))
    expect(log.code(update({ remaining_weight_in_grams: 1501 }))).toBe('invalid_request')
    expect(log.ok(update({ remaining_weight_in_grams: 1500 }))).toMatchObject({ total_weight_in_grams: 1500 })
  })

  it('an update that changes nothing has no changes', () => {
    const log = smallFarm()
    expect(log.command(update({ remaining_weight_in_grams: 1000 })).changes).toEqual([])
  })

  it('an unknown id is not_found', () => {
    const log = new Log()
    expect(log.code(update({ color: 'blue' }))).toBe('not_found')
    expect(log.code({ type: 'filament.delete', id: 'f1' })).toBe('not_found')
  })

  it('a filament with open jobs cannot be deleted', () => {
    const log = smallFarm()
    log.job('j1')
    expect(log.refusal({ type: 'filament.delete', id: 'f1' })).toMatchObject({
      code: 'in_use',
      detail: 'Filament f1 has 1 open print job (j1); finish or cancel them first.'
    })
    log.status('j1', 'Cancelled')
    log.ok({ type: 'filament.delete', id: 'f1' })
    expect(log.farm.filament('f1')).toBeNull()
    expect(log.code(jobCreate('j2'))).toBe('unknown_filament')
  })
})

import { describe, expect, it } from 'vitest'
import { Log, smallFarm, START } from './entries'

describe('printers', () => {
  it('a created printer is the answer, the record and the change', () => {
    const log = new Log()
    const applied = log.command({ type: 'printer.create', id: 'p1', company: 'Prusa', model: 'MK4', name: 'Left' })
    const printer = { id: 'p1', company: 'Prusa', model: 'MK4', name: 'Left', created_at: START, updated_at: START }
    expect(applied).toEqual({
      outcome: { ok: true, status: 201, body: printer },
      changes: [{ kind: 'printer', id: 'p1', record: printer }],
      reset: false
    })
    expect(log.farm.printer('p1')).toEqual(printer)
  })

  it('the same id again is refused as duplicate_id and changes nothing', () => {
    const log = smallFarm()
    const before = log.farm.printer('p1')
    const again = log.refusal({ type: 'printer.create', id: 'p1', company: 'Other', model: 'Other' })
    expect(again).toMatchObject({ code: 'duplicate_id', detail: 'Printer p1 exists already.' })
    expect(log.farm.printer('p1')).toBe(before)
  })

  it('an id may be used again once its printer is deleted', () => {
    const log = smallFarm()
    log.ok({ type: 'printer.delete', id: 'p1' })
    log.printer('p1')
    expect(log.farm.printers().items.map(({ id }) => id)).toEqual(['p2', 'p1'])
  })

  it('an update changes what it names and the time', () => {
    const log = smallFarm()
    log.now += 5000
    const { outcome } = log.command({ type: 'printer.update', id: 'p1', set: { model: 'XL', name: 'Right' } })
    expect(outcome).toEqual({
      ok: true,
      status: 200,
      body: { id: 'p1', company: 'Prusa', model: 'XL', name: 'Right', created_at: START, updated_at: START + 5000 }
    })
  })

  it('an empty name takes the name away', () => {
    const log = smallFarm()
    log.ok({ type: 'printer.update', id: 'p1', set: { name: 'Right' } })
    log.ok({ type: 'printer.update', id: 'p1', set: { name: '' } })
    expect(log.farm.printer('p1')).not.toHaveProperty('name')
  })

  it('an update that changes nothing says so by having no changes', () => {
    const log = smallFarm()
    log.now += 5000
    const { outcome, changes } = log.command({ type: 'printer.update', id: 'p1', set: { model: 'MK4', name: '' } })
    expect(outcome).toMatchObject({ ok: true, status: 200, body: { updated_at: START } })
    expect(changes).toEqual([])
  })

  it('an unknown id is not_found', () => {
    const log = new Log()
    expect(log.refusal({ type: 'printer.update', id: 'p9', set: {} })).toMatchObject({
      code: 'not_found',
      detail: 'There is no printer p9.'
    })
    expect(log.code({ type: 'printer.delete', id: 'p9' })).toBe('not_found')
  })

  it('a printer with open jobs cannot be deleted, and says which', () => {
    const log = smallFarm()
    for (const id of ['j1', 'j2', 'j3', 'j4']) log.job(id)
    log.status('j1', 'Running')
    expect(log.refusal({ type: 'printer.delete', id: 'p1' })).toMatchObject({
      code: 'in_use',
      detail: 'Printer p1 has 4 open print jobs (j1, j2, j3, …); finish or cancel them first.'
    })
    log.status('j1', 'Done')
    for (const id of ['j2', 'j3']) log.status(id, 'Cancelled')
    expect(log.refusal({ type: 'printer.delete', id: 'p1' }).detail).toContain('1 open print job (j4);')
  })

  it('a printer whose jobs are all over can be deleted; its jobs stay', () => {
    const log = smallFarm()
    log.job('j1')
    log.status('j1', 'Cancelled')
    expect(log.command({ type: 'printer.delete', id: 'p1' })).toEqual({
      outcome: { ok: true, status: 204, body: null },
      changes: [{ kind: 'printer', id: 'p1', record: null }],
      reset: false
    })
    expect(log.farm.printer('p1')).toBeNull()
    expect(log.farm.jobs({ printer_id: 'p1' }).items.map(({ id }) => id)).toEqual(['j1'])
  })
})

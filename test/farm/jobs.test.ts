import { describe, expect, it } from 'vitest'
import { jobCreate, Log, smallFarm, START } from './entries'

const setStatus = (id: string, status: unknown): object => ({ type: 'job.setStatus', id, status })

describe('creating print jobs', () => {
  it('a new job is Queued, reserves its weight, and the filament change comes with it', () => {
    const log = smallFarm()
    const { outcome, changes } = log.command(jobCreate('j1', 30), { a: 'anna', n: 'lab-2' })
    const job = {
      id: 'j1',
      printer_id: 'p1',
      filament_id: 'f1',
      filepath: '/prints/j1.gcode',
      print_weight_in_grams: 30,
      status: 'Queued',
      created_at: START,
      updated_at: START,
      history: [{ status: 'Queued', at: START, by: 'anna', node: 'lab-2' }]
    }
    expect(outcome).toEqual({ ok: true, status: 201, body: job })
    expect(changes).toEqual([
      { kind: 'print_job', id: 'j1', record: job },
      { kind: 'filament', id: 'f1', record: log.farm.filament('f1') }
    ])
    expect(log.farm.filament('f1')).toMatchObject({ remaining_weight_in_grams: 1000, reserved_weight_in_grams: 30 })
  })

  it.each([
    ['printer_id', 'unknown_printer', 'There is no printer x.'],
    ['filament_id', 'unknown_filament', 'There is no filament x.']
  ])('an unknown %s is refused as %s', (field, code, detail) => {
    const log = smallFarm()
    expect(log.refusal({ ...jobCreate('j1'), [field]: 'x' })).toMatchObject({
      code,
      detail,
      errors: [{ path: `/${field}` }]
    })
  })

  it.each([
    [{ print_weight_in_grams: 0 }, '/print_weight_in_grams'],
    [{ print_weight_in_grams: -1 }, '/print_weight_in_grams'],
    [{ print_weight_in_grams: NaN }, '/print_weight_in_grams'],
    [{ print_weight_in_grams: Infinity }, '/print_weight_in_grams'],
    [{ print_weight_in_grams: '10' }, '/print_weight_in_grams'],
    [{ print_weight_in_grams: undefined }, '/print_weight_in_grams'],
    [{ filepath: '' }, '/filepath'],
    [{ filepath: '  ' }, '/filepath'],
    [{ filepath: 'x'.repeat(4097) }, '/filepath'],
    [{ printer_id: 7 }, '/printer_id'],
    [{ filament_id: null }, '/filament_id'],
    [{ id: '' }, '/id'],
    [{ id: 'x'.repeat(201) }, '/id'],
    [{ id: 'a\nb' }, '/id'],
    [{ id: 'a\ud800' }, '/id'],
    [{ id: '..' }, '/id']
  ])('%j is refused as invalid_request', (more, path) => {
    const log = smallFarm()
    expect(log.refusal({ ...jobCreate('j1'), ...more })).toMatchObject({ code: 'invalid_request', errors: [{ path }] })
  })

  it('the same id again is refused as duplicate_id and reserves nothing', () => {
    const log = smallFarm()
    log.job('j1', 10)
    expect(log.code(jobCreate('j1', 20))).toBe('duplicate_id')
    expect(log.farm.filament('f1')?.reserved_weight_in_grams).toBe(10)
  })

  it('a job that needs more than what is left and not reserved is refused with the figures', () => {
    const log = smallFarm()
    log.ok({ type: 'filament.update', id: 'f1', set: { remaining_weight_in_grams: 120 } })
    log.job('j1', 100)
    expect(log.refusal(jobCreate('j2', 30))).toMatchObject({
      code: 'not_enough_filament',
      detail: 'Filament f1 has 120 g left, of which 100 g are reserved; this job needs 30 g.'
    })
    log.job('j2', 20)
    expect(log.code(jobCreate('j3', 0.000001))).toBe('not_enough_filament')
  })

  it('a thousand jobs on a roll that fits a hundred: exactly a hundred are created', () => {
    const log = new Log()
    log.printer('p1')
    log.filament('f1', 10)
    const codes = Array.from({ length: 1000 }, (_, i) => log.outcome(jobCreate(`j${i}`, 0.1)))
    expect(codes.filter(({ ok }) => ok)).toHaveLength(100)
    expect(codes.filter((outcome) => !outcome.ok && outcome.code === 'not_enough_filament')).toHaveLength(900)
    expect(log.farm.filament('f1')?.reserved_weight_in_grams).toBe(10)
    expect(log.farm.audit()).toEqual([])
  })

  it('a roll of 0.3 g takes jobs of 0.1 g and 0.2 g', () => {
    const log = new Log()
    log.printer('p1')
    log.filament('f1', 0.3)
    log.job('j1', 0.1)
    log.job('j2', 0.2)
    expect(log.farm.filament('f1')?.reserved_weight_in_grams).toBe(0.3)
  })

  it('the largest and the smallest weights there are keep to the rules', () => {
    const log = new Log()
    log.printer('p1')
    log.filament('f1', Number.MAX_VALUE)
    log.job('small', Number.MIN_VALUE)
    expect(log.code(jobCreate('all', Number.MAX_VALUE))).toBe('not_enough_filament')
    log.job('large', 1e308)
    for (const status of ['Running', 'Done']) log.status('large', status)
    expect(log.farm.filament('f1')?.remaining_weight_in_grams).toBe(Number.MAX_VALUE - 1e308)
    log.status('small', 'Cancelled')
    expect(log.farm.filament('f1')?.reserved_weight_in_grams).toBe(0)
    expect(log.farm.audit()).toEqual([])
  })

  it('strings that JSON can hold come back as they were', () => {
    const log = smallFarm()
    const filepath = '/ \u2028\u2029\u0085 😀 \ud800 .$"\\\u0000'
    expect(log.ok({ ...jobCreate('a/b c?#%'), filepath })).toMatchObject({ id: 'a/b c?#%', filepath })
  })
})

describe('the life of a print job', () => {
  const statuses = ['Queued', 'Running', 'Done', 'Cancelled'] as const
  const legal = ['Queued Running', 'Queued Cancelled', 'Running Done', 'Running Cancelled']
  const paths = { Queued: [], Running: ['Running'], Done: ['Running', 'Done'], Cancelled: ['Cancelled'] } as const

  for (const from of statuses) {
    for (const to of statuses) {
      const allowed = legal.includes(`${from} ${to}`)
      it(`${from} → ${to} is ${allowed ? 'allowed' : 'refused as illegal_transition'}`, () => {
        const log = smallFarm()
        log.job('j1')
        for (const step of paths[from]) log.status('j1', step)
        const before = log.farm.job('j1')
        if (allowed) expect(log.ok(setStatus('j1', to))).toMatchObject({ status: to })
        else {
          expect(log.code(setStatus('j1', to))).toBe('illegal_transition')
          expect(log.farm.job('j1')).toEqual(before)
        }
      })
    }
  }

  it('a refused step says what the job can become', () => {
    const log = smallFarm()
    log.job('j1')
    expect(log.refusal(setStatus('j1', 'Done')).detail).toBe(
      'Print job j1 is Queued and can become Running or Cancelled; it cannot become Done.'
    )
    log.status('j1', 'Cancelled')
    expect(log.refusal(setStatus('j1', 'Running')).detail).toContain('is Cancelled and stays as it is')
  })

  it.each(['queued', 'Paused', '', null, 3, undefined, ['Done']])('the status %j is invalid_request', (status) => {
    const log = smallFarm()
    log.job('j1')
    expect(log.refusal(setStatus('j1', status))).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: '/status' }]
    })
  })

  it('an unknown job is not_found', () => {
    const log = smallFarm()
    expect(log.code(setStatus('j1', 'Running'))).toBe('not_found')
    expect(log.code({ type: 'job.delete', id: 'j1' })).toBe('not_found')
  })

  it('each step is remembered with who, where and when', () => {
    const log = smallFarm()
    log.job('j1')
    log.now += 1000
    log.command(setStatus('j1', 'Running'), { a: 'anna', n: 'lab-2' })
    log.now += 1000
    log.command(setStatus('j1', 'Done'), { a: 'ben', n: 'lab-3' })
    expect(log.farm.job('j1')).toMatchObject({ status: 'Done', created_at: START, updated_at: START + 2000 })
    expect(log.farm.job('j1')?.history).toEqual([
      { status: 'Queued', at: START, by: 'local', node: 'node-1' },
      { status: 'Running', at: START + 1000, by: 'anna', node: 'lab-2' },
      { status: 'Done', at: START + 2000, by: 'ben', node: 'lab-3' }
    ])
  })

  it('a printer runs one job at a time', () => {
    const log = smallFarm()
    log.job('j1')
    log.job('j2')
    log.job('j3', 10, 'p2')
    log.status('j1', 'Running')
    expect(log.refusal(setStatus('j2', 'Running'))).toMatchObject({
      code: 'printer_busy',
      detail: 'Printer p1 is running print job j1; print job j2 can start once that is Done or Cancelled.'
    })
    log.status('j3', 'Running')
    log.status('j1', 'Done')
    log.status('j2', 'Running')
    expect(log.farm.counts().jobs).toEqual({ Queued: 0, Running: 2, Done: 1, Cancelled: 0 })
  })

  it('Done takes the weight off the filament, exactly once', () => {
    const log = smallFarm()
    log.job('j1', 30)
    log.status('j1', 'Running')
    expect(log.farm.filament('f1')).toMatchObject({ remaining_weight_in_grams: 1000, reserved_weight_in_grams: 30 })
    log.now += 7
    const { changes } = log.command(setStatus('j1', 'Done'))
    const filament = log.farm.filament('f1')
    expect(filament).toMatchObject({
      remaining_weight_in_grams: 970,
      reserved_weight_in_grams: 0,
      updated_at: START + 7
    })
    expect(changes.map(({ kind }) => kind)).toEqual(['print_job', 'filament'])
    expect(changes[1]?.record).toEqual(filament)
    expect(log.code(setStatus('j1', 'Done'))).toBe('illegal_transition')
    expect(log.farm.filament('f1')).toEqual(filament)
  })

  it.each([['Queued'], ['Running']])('cancelling a %s job gives its weight free and takes none off', (from) => {
    const log = smallFarm()
    log.job('j1', 30)
    if (from === 'Running') log.status('j1', 'Running')
    const { changes } = log.command(setStatus('j1', 'Cancelled'))
    expect(log.farm.filament('f1')).toMatchObject({ remaining_weight_in_grams: 1000, reserved_weight_in_grams: 0 })
    expect(changes[1]).toEqual({ kind: 'filament', id: 'f1', record: log.farm.filament('f1') })
  })

  it('starting a job changes the job only', () => {
    const log = smallFarm()
    log.job('j1')
    expect(log.command(setStatus('j1', 'Running')).changes.map(({ kind }) => kind)).toEqual(['print_job'])
  })

  it('a roll printed to the last tenth is empty', () => {
    const log = new Log()
    log.printer('p1')
    log.filament('f1', 1)
    for (let i = 0; i < 10; i++) log.job(`j${i}`, 0.1)
    for (let i = 0; i < 10; i++) for (const status of ['Running', 'Done']) log.status(`j${i}`, status)
    expect(log.farm.filament('f1')).toMatchObject({ remaining_weight_in_grams: 0, reserved_weight_in_grams: 0 })
  })

  it('weights of many digits never leave more reserved than remains', () => {
    const log = new Log()
    log.printer('p1')
    log.filament('f1', 100)
    for (let i = 0; i < 6; i++) log.job(`j${i}`, 100 / 7)
    for (let i = 0; i < 6; i++) {
      for (const status of ['Running', 'Done']) log.status(`j${i}`, status)
      expect(log.farm.audit()).toEqual([])
    }
    expect(log.farm.filament('f1')?.remaining_weight_in_grams).toBeCloseTo(100 / 7, 10)
  })
})

describe('deleting print jobs', () => {
  it('a Running job stays until it is over', () => {
    const log = smallFarm()
    log.job('j1')
    log.status('j1', 'Running')
    expect(log.refusal({ type: 'job.delete', id: 'j1' })).toMatchObject({
      code: 'in_use',
      detail: 'Print job j1 is running on printer p1; cancel or finish it first.'
    })
  })

  it('a Queued job goes and gives its weight free', () => {
    const log = smallFarm()
    log.job('j1', 30)
    expect(log.command({ type: 'job.delete', id: 'j1' })).toEqual({
      outcome: { ok: true, status: 204, body: null },
      changes: [
        { kind: 'print_job', id: 'j1', record: null },
        { kind: 'filament', id: 'f1', record: log.farm.filament('f1') }
      ],
      reset: false
    })
    expect(log.farm.filament('f1')?.reserved_weight_in_grams).toBe(0)
  })

  it('a Done job goes, and its weight stays used', () => {
    const log = smallFarm()
    log.job('j1', 30)
    for (const status of ['Running', 'Done']) log.status('j1', status)
    expect(log.command({ type: 'job.delete', id: 'j1' }).changes).toEqual([
      { kind: 'print_job', id: 'j1', record: null }
    ])
    expect(log.farm.filament('f1')?.remaining_weight_in_grams).toBe(970)
    expect(log.farm.jobs({}).items).toEqual([])
  })
})

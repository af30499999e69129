import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Farm } from '../../src-main/farm/farm'
import type { Envelope } from '../../src-main/farm/types'
import { KINDS } from './commands'
import { jobCreate, Log, smallFarm } from './entries'

const COMMANDS = [...KINDS, 'restore', 'restore.part', 'session.open']
const FIELDS = [
  'id',
  'set',
  'company',
  'material',
  'total_weight_in_grams',
  'status',
  'hash',
  'backup',
  'session',
  'part',
  'kind',
  'records',
  'staged'
]

describe('apply is total', () => {
  it('whatever JSON stands in the log gets an outcome, and leaves a sound farm', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.record({ type: fc.constantFrom(...COMMANDS) }, { requiredKeys: ['type'] }),
      fc
        .tuple(fc.constantFrom(...COMMANDS), fc.dictionary(fc.constantFrom(...FIELDS), fc.jsonValue()))
        .map(([type, fields]) => ({ ...fields, type }))
    )
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 20 }), (commands) => {
        const log = smallFarm()
        for (const command of commands) expect(log.command(command).outcome).toHaveProperty('ok')
        expect(log.farm.audit()).toEqual([])
      }),
      { numRuns: 300 }
    )
  })

  it('whatever JSON stands in the place of an envelope gets an outcome', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record({ s: fc.jsonValue(), q: fc.jsonValue(), w: fc.jsonValue(), t: fc.jsonValue(), c: fc.jsonValue() })
        ),
        (envelope) => {
          const farm = new Farm()
          expect(farm.apply(1, envelope as unknown as Envelope).outcome.ok).toBe(false)
          expect(farm.hash()).toBe(new Farm().hash())
        }
      )
    )
  })

  it.each([
    [{ q: -1 }],
    [{ q: 1.5 }],
    [{ w: '1' }],
    [{ t: -1 }],
    [{ t: 1e300 }],
    [{ a: 7 }],
    [{ n: 'x'.repeat(1001) }],
    [{ s: null }]
  ])('an envelope with %j is invalid_request and changes nothing', (more) => {
    const log = smallFarm()
    const before = log.farm.hash()
    expect(log.outcome(jobCreate('j1'), more as never)).toMatchObject({ ok: false, code: 'invalid_request' })
    expect(log.farm.hash()).toBe(before)
  })

  it('an unknown command is invalid_request and names it', () => {
    const log = new Log()
    expect(log.refusal({ type: 'printer.explode' })).toMatchObject({
      code: 'invalid_request',
      detail: 'This version does not know the command "printer.explode".'.replaceAll('"', '')
    })
  })

  it('a command keeps nothing of the entry but the fields it knows', () => {
    const log = new Log()
    const body = log.ok({ type: 'printer.create', id: 'p1', company: 'c', model: 'm', status: 'Done', x: {} })
    expect(Object.keys(body)).toEqual(['id', 'company', 'model', 'created_at', 'updated_at'])
  })

  it('foreign values in a refusal are cut short', () => {
    const log = new Log()
    expect(log.refusal({ type: 'printer.delete', id: 'x'.repeat(5000) }).detail.length).toBeLessThan(300)
  })

  it("an index that does not ascend is the caller's error", () => {
    const log = smallFarm()
    const entry = log.envelope(jobCreate('j1'))
    expect(() => log.farm.apply(log.farm.appliedIndex, entry)).toThrow('applied after')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Farm } from '../../src-main/farm/farm'
import type { Change, Outcome } from '../../src-main/farm/types'
import { commandFrom, KINDS, randomCommands } from './commands'
import { Log } from './entries'
import { Model, shownJob, type Verdict } from './model'

/** The farm's answer in the model's words: no times, of events only who. */
function verdictOf(outcome: Outcome): Verdict {
  return outcome.ok ? { status: outcome.status, body: plain(outcome.body) } : { code: outcome.code }
}

function plain(record: object | null): object | null {
  if (record === null) return null
  const fields = Object.entries(record).filter(([field]) => !['created_at', 'updated_at'].includes(field))
  return Object.fromEntries(
    fields.map(([field, value]) =>
      field === 'history'
        ? [field, (value as readonly { by: string }[]).map(({ by }) => by)]
        : [field, value as unknown]
    )
  )
}

function plainState(farm: Farm): object {
  return {
    printers: farm.printers().items.map(plain),
    filaments: farm.filaments().items.map(plain),
    jobs: farm.jobs({}).items.map(plain),
    tokens: farm.tokens().map(({ id, hash }) => ({ id, hash })),
    invites: farm.invites().map(({ id, hash, expires_at }) => ({ id, hash, expires_at }))
  }
}

function modelState(model: Model): object {
  return {
    printers: model.printers,
    filaments: model.filaments.map((filament) => model.shownFilament(filament)),
    jobs: model.jobs.map(shownJob),
    tokens: model.tokens,
    invites: model.invites
  }
}

/** What a listener of changes knows: the last record of each. */
class Listener {
  private readonly records = new Map<string, object>()

  hear(changes: readonly Change[]): void {
    for (const { kind, id, record } of changes) {
      if (record === null) this.records.delete(`${kind} ${id}`)
      else this.records.set(`${kind} ${id}`, record)
    }
  }

  of(kind: string): readonly object[] {
    return [...this.records].filter(([key]) => key.startsWith(`${kind} `)).map(([, record]) => record)
  }
}

const byId = (records: readonly object[]): readonly object[] =>
  records.toSorted((a, b) => String((a as { id: string }).id).localeCompare(String((b as { id: string }).id)))

describe('the farm against its model', () => {
  it('agrees in every outcome, every record and every sum', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(randomCommands({ min: 10, max: 150 }), (drafts) => {
        const log = new Log()
        const model = new Model()
        const listener = new Listener()
        for (const draft of drafts) {
          log.now += 1
          const envelope = log.envelope(commandFrom(draft), draft.more)
          const { outcome, changes } = log.apply(envelope)
          const verdict = verdictOf(outcome)
          expect(verdict).toEqual(model.apply(envelope))
          listener.hear(changes)
          const label = outcome.ok ? draft.kind : outcome.code
          seen.set(label, (seen.get(label) ?? 0) + 1)
        }
        expect(plainState(log.farm)).toEqual(modelState(model))
        expect(log.farm.audit()).toEqual([])
        expect(byId(listener.of('printer'))).toEqual(byId(log.farm.printers().items))
        expect(byId(listener.of('filament'))).toEqual(byId(log.farm.filaments().items))
        expect(byId(listener.of('print_job'))).toEqual(byId(log.farm.jobs({}).items))
        expect(byId(listener.of('token'))).toEqual(byId(log.farm.tokens()))
        expect(byId(listener.of('invite'))).toEqual(byId(log.farm.invites()))
      }),
      { numRuns: 400 }
    )
    const rare = [...seen].filter(([, times]) => times < 3)
    expect(rare, 'every kind of answer must come up').toEqual([])
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining([
        ...KINDS,
        'duplicate_id',
        'not_found',
        'invalid_request',
        'unknown_printer',
        'unknown_filament',
        'not_enough_filament',
        'illegal_transition',
        'printer_busy',
        'in_use',
        'below_reserved',
        'invalid_invite',
        'idempotency_mismatch',
        'outcome_unknown'
      ])
    )
  })

  it('the comparison can fail: a model that forgets reservations is found out', () => {
    class Forgetful extends Model {
      override reserved(): number {
        return 0
      }
    }
    const disagrees = (drafts: Parameters<typeof commandFrom>[0][]): boolean => {
      const log = new Log()
      const model = new Forgetful()
      return drafts.some((draft) => {
        const envelope = log.envelope(commandFrom(draft))
        return JSON.stringify(verdictOf(log.apply(envelope).outcome)) !== JSON.stringify(model.apply(envelope))
      })
    }
    const runs = fc.sample(randomCommands({ min: 60, max: 150 }), { numRuns: 50, seed: 1 })
    expect(runs.some((drafts) => disagrees([...drafts]))).toBe(true)
  })
})

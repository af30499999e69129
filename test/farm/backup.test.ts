import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Farm } from '../../src-main/farm/farm'
import { commandFrom, randomCommands } from './commands'
import { jobCreate, Log, sha256, smallFarm } from './entries'

interface Backup {
  format: string
  version: number
  printers: Record<string, unknown>[]
  filaments: Record<string, unknown>[]
  print_jobs: Record<string, unknown>[]
  tokens: Record<string, unknown>[]
  [other: string]: unknown
}

function backupOf(farm: Farm): Backup {
  return JSON.parse([...farm.backup().chunks].join('')) as Backup
}

/** Jobs in every status, one of them on a filament and a printer that are gone. */
function busyFarm(): Log {
  const log = smallFarm()
  log.printer('gone')
  log.filament('gone', 10)
  log.job('j0', 1, 'gone', 'gone')
  log.status('j0', 'Cancelled')
  log.ok({ type: 'printer.delete', id: 'gone' })
  log.ok({ type: 'filament.delete', id: 'gone' })
  for (const id of ['j1', 'j2', 'j3', 'j4']) log.job(id, 100)
  for (const status of ['Running', 'Done']) log.status('j1', status)
  log.status('j2', 'Running')
  log.status('j3', 'Cancelled')
  log.ok({ type: 'token.create', id: 't1', name: 'n', role: 'admin', hash: sha256('a'), expires_at: null })
  log.ok({ type: 'invite.create', id: 'i1', hash: sha256('c'), expires_at: log.now + 1 })
  return log
}

function visible(farm: Farm): object {
  const tokens = farm.tokens()
  return { printers: farm.printers().items, filaments: farm.filaments().items, jobs: farm.jobs({}).items, tokens }
}

describe('backup', () => {
  it('is readable JSON with a format and a version, one record a line', () => {
    const { farm } = busyFarm()
    const text = [...farm.backup().chunks].join('')
    expect(text).toMatch(/^\{"format": "raft3d-backup", "version": 1, "created_at": \d+,\n"printers": \[\n\{"id":"p1"/)
    expect(text.split('\n')).toHaveLength(1 + 4 + 2 + 1 + 5 + 1 + 1)
    const { printers, filaments, print_jobs, tokens } = backupOf(farm)
    expect({ printers, print_jobs, tokens }).toEqual({
      printers: farm.printers().items,
      print_jobs: farm.jobs({}).items,
      tokens: farm.tokens()
    })
    expect(filaments).toEqual(
      [{ ...farm.filament('f1'), reserved_weight_in_grams: undefined }].map(
        ({ reserved_weight_in_grams: _, ...filament }) => filament
      )
    )
  })

  it('an empty farm gives a backup that restores an empty farm', () => {
    const log = busyFarm()
    log.ok({ type: 'restore', backup: backupOf(new Log().farm) })
    expect(log.farm.isEmpty()).toBe(true)
  })

  it('restoring replaces everything, answers with counts and says reset', () => {
    const source = busyFarm()
    const log = new Log()
    log.printer('other')
    expect(log.command({ type: 'restore', backup: backupOf(source.farm) })).toEqual({
      outcome: { ok: true, status: 200, body: { printers: 2, filaments: 1, print_jobs: 5, tokens: 1 } },
      changes: [],
      reset: true
    })
    expect(visible(log.farm)).toEqual(visible(source.farm))
    expect(log.farm.tokenByHash(sha256('a'))?.id).toBe('t1')
    expect(log.farm.counts()).toEqual(source.farm.counts())
    expect(log.farm.audit()).toEqual([])
    log.status('j2', 'Done')
    expect(log.farm.filament('f1')).toMatchObject({ remaining_weight_in_grams: 800, reserved_weight_in_grams: 100 })
  })

  it('sessions, idempotency records and invites stay', () => {
    const log = busyFarm()
    const entry = log.envelope(jobCreate('j9'), { k: { key: 'a', request: 'x' } })
    const first = log.apply(entry)
    log.apply(log.envelope({ type: 'restore', backup: backupOf(smallFarm().farm) }, { w: entry.q }))
    expect(log.apply(entry)).toEqual({ ...first, changes: [] })
    expect(log.outcome(jobCreate('j10'), { k: { key: 'a', request: 'x' } })).toEqual(first.outcome)
    expect(log.farm.job('j9')).toBeNull()
    expect(log.farm.invites()).toHaveLength(1)
  })

  it('a cursor from before leads on to nothing that was there before', () => {
    const log = busyFarm()
    const { next } = log.farm.jobs({}, { limit: 2 })
    log.ok({ type: 'restore', backup: backupOf(log.farm) })
    expect(log.farm.jobs({}, { cursor: next ?? '' }).items).toHaveLength(5)
  })

  it('whatever commands built can be backed up and restored', () => {
    fc.assert(
      fc.property(randomCommands({ min: 20, max: 120 }), (drafts) => {
        const log = new Log()
        for (const draft of drafts) log.command(commandFrom(draft), draft.more)
        const copy = new Log()
        copy.ok({ type: 'restore', backup: backupOf(log.farm) })
        expect(visible(copy.farm)).toEqual(visible(log.farm))
        expect(copy.farm.audit()).toEqual([])
      }),
      { numRuns: 60 }
    )
  })
})

describe('a backup that is not sound changes nothing', () => {
  const job = (backup: Backup, i: number): Record<string, unknown> => backup.print_jobs[i] ?? {}
  const history = (backup: Backup, i: number): Record<string, unknown>[] =>
    job(backup, i).history as Record<string, unknown>[]
  const broken: readonly [string, string, (backup: Backup) => void][] = [
    ['another format', '/format', (b) => (b.format = 'other')],
    ['a later version', '/version', (b) => (b.version = 2)],
    ['no printers', '/printers', (b) => Object.assign(b, { printers: undefined })],
    ['no tokens', '/tokens', (b) => Object.assign(b, { tokens: undefined })],
    ['filaments that are no list', '/filaments', (b) => Object.assign(b, { filaments: {} })],
    ['a record that is no object', '/print_jobs/0', (b) => Object.assign(b.print_jobs, [7])],
    ['a printer twice', '/printers/2/id', (b) => b.printers.push({ ...b.printers[0] })],
    ['a printer without model', '/printers/0/model', (b) => delete b.printers[0]?.model],
    ['a printer without times', '/printers/0/created_at', (b) => delete b.printers[0]?.created_at],
    ['a filament twice', '/filaments/1/id', (b) => b.filaments.push({ ...b.filaments[0] })],
    [
      'more remaining than total',
      '/filaments/0/remaining_weight_in_grams',
      (b) => Object.assign(b.filaments[0] ?? {}, { total_weight_in_grams: 1 })
    ],
    [
      'less remaining than is reserved',
      '/print_jobs',
      (b) => Object.assign(b.filaments[0] ?? {}, { remaining_weight_in_grams: 199 })
    ],
    ['a job twice', '/print_jobs/5/id', (b) => b.print_jobs.push({ ...b.print_jobs[0] })],
    ['a weight of nothing', '/print_jobs/1/print_weight_in_grams', (b) => (job(b, 1).print_weight_in_grams = 0)],
    ['an unknown status', '/print_jobs/1/status', (b) => (job(b, 1).status = 'Paused')],
    ['a status that is not the last event', '/print_jobs/1/history', (b) => (job(b, 1).status = 'Running')],
    ['a job without history', '/print_jobs/1/history', (b) => (job(b, 1).history = [])],
    ['a history that is no list', '/print_jobs/1/history', (b) => delete job(b, 1).history],
    ['an event that is none', '/print_jobs/1/history/1', (b) => (history(b, 1)[1] = {})],
    ['a life that does not begin as Queued', '/print_jobs/1/history/0/status', (b) => history(b, 1).shift()],
    ['a life that skips a step', '/print_jobs/1/history/1/status', (b) => history(b, 1).splice(1, 1)],
    ['a creation that is not the first event', '/print_jobs/1/created_at', (b) => (job(b, 1).created_at = 1)],
    ['a change that is not the last event', '/print_jobs/1/updated_at', (b) => (job(b, 1).updated_at = 1)],
    ['an open job on an unknown printer', '/print_jobs/2/printer_id', (b) => (job(b, 2).printer_id = 'gone')],
    ['an open job of an unknown filament', '/print_jobs/2/filament_id', (b) => (job(b, 2).filament_id = 'gone')],
    [
      'two running jobs on a printer',
      '/print_jobs/4/status',
      (b) => Object.assign(job(b, 4), { status: 'Running', history: history(b, 2), updated_at: job(b, 2).updated_at })
    ],
    ['a token without hash', '/tokens/0/hash', (b) => delete b.tokens[0]?.hash],
    ['a token of an unknown role', '/tokens/0/role', (b) => Object.assign(b.tokens[0] ?? {}, { role: 'root' })],
    ['a token twice', '/tokens/1/id', (b) => b.tokens.push({ ...b.tokens[0] })],
    ['a secret twice', '/tokens/1/hash', (b) => b.tokens.push({ ...b.tokens[0], id: 't2' })]
  ]

  it.each(broken)('%s', (_, path, damage) => {
    const log = busyFarm()
    const before = visible(log.farm)
    const backup = backupOf(log.farm)
    log.ok({ type: 'restore', backup: structuredClone(backup) })
    damage(backup)
    const { code, errors } = log.refusal({ type: 'restore', backup })
    expect({ code, errors }).toMatchObject({ code: 'invalid_request', errors: [{ path }] })
    expect(visible(log.farm)).toEqual(before)
    expect(log.farm.audit()).toEqual([])
  })

  it.each([[undefined], [null], ['text'], [[]], [7], [{}]])('%j', (backup) => {
    const log = busyFarm()
    expect(log.code({ type: 'restore', backup })).toBe('invalid_request')
    expect(log.farm.counts().printers).toBe(2)
  })

  it('lists at most twenty errors', () => {
    const log = new Log()
    const backup = { ...backupOf(log.farm), printers: Array.from({ length: 100 }, () => ({})) }
    expect(log.refusal({ type: 'restore', backup }).errors).toHaveLength(20)
  })
})

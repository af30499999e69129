/** A restore in parts is the restore of the whole, or nothing. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RESTORE_KEEP_MS, RESTORE_PARTS_MAX } from '../../src-main/farm/bounds'
import { Farm } from '../../src-main/farm/farm'
import { BACKUP_KINDS, type BackupKind } from '../../src-main/farm/restore'
import { commandFrom, randomCommands } from './commands'
import { chunksOf, Log, sha256, smallFarm } from './entries'

type Backup = { [kind in BackupKind]: object[] } & { format: string; version: number }

const backupOf = (farm: Farm): Backup => JSON.parse([...farm.backup().chunks].join('')) as Backup

/** The commands that restore `backup` in parts of `size` records. */
function inParts(backup: Backup, size: number, id = 'r1') {
  const parts: { type: string; id: string; part: number; kind: BackupKind; first: number; records: object[] }[] = []
  for (const kind of BACKUP_KINDS) {
    for (let first = 0; first < backup[kind].length; first += size) {
      const records = backup[kind].slice(first, first + size)
      parts.push({ type: 'restore.part', id, part: parts.length, kind, first, records })
    }
  }
  const rest = { ...backup, printers: [], filaments: [], print_jobs: [], tokens: [] }
  return { parts, last: { type: 'restore', backup: rest, staged: { id, parts: parts.length } } }
}

function busyFarm(): Log {
  const log = smallFarm()
  for (const id of ['j1', 'j2', 'j3', 'j4']) log.job(id, 100)
  for (const status of ['Running', 'Done']) log.status('j1', status)
  log.status('j2', 'Running')
  log.ok({ type: 'token.create', id: 't1', name: 'n', role: 'admin', hash: sha256('a'), expires_at: null })
  return log
}

const visible = (farm: Farm): object => ({
  printers: farm.printers().items,
  filaments: farm.filaments().items,
  jobs: farm.jobs({}).items,
  tokens: farm.tokens()
})

describe('a restore in parts', () => {
  it('shows nothing until the last entry, and then all at once', () => {
    const source = busyFarm()
    const log = new Log()
    log.printer('other')
    const { parts, last } = inParts(backupOf(source.farm), 2)
    expect(parts.length).toBeGreaterThan(4)
    for (const part of parts) {
      log.ok(part)
      expect(log.farm.printers().items.map(({ id }) => id)).toEqual(['other'])
    }
    log.printer('meanwhile')
    expect(log.command(last)).toMatchObject({ reset: true, outcome: { body: { printers: 2, print_jobs: 4 } } })
    expect(visible(log.farm)).toEqual(visible(source.farm))
    expect(log.farm.tokenByHash(sha256('a'))?.id).toBe('t1')
    expect(log.farm.audit()).toEqual([])
  })

  it('is what the restore of the whole is, whatever was backed up and however it is cut', () => {
    fc.assert(
      fc.property(randomCommands({ min: 10, max: 80 }), fc.integer({ min: 1, max: 9 }), (drafts, size) => {
        const source = new Log()
        for (const draft of drafts) source.command(commandFrom(draft), draft.more)
        const log = new Log()
        const { parts, last } = inParts(backupOf(source.farm), size)
        for (const part of parts) log.ok(part)
        if (parts.length > 0) log.ok(last)
        else log.ok({ type: 'restore', backup: last.backup })
        expect(visible(log.farm)).toEqual(visible(source.farm))
        expect(log.farm.audit()).toEqual([])
      }),
      { numRuns: 40 }
    )
  })

  it('goes on from a snapshot taken in between, to the same state', () => {
    const { parts, last } = inParts(backupOf(busyFarm().farm), 1)
    for (let taken = 1; taken <= parts.length; taken++) {
      const log = smallFarm()
      for (const part of parts.slice(0, taken)) log.ok(part)
      const copy = Farm.restore(chunksOf(log.farm))
      expect(copy.hash()).toBe(log.farm.hash())
      for (const command of [...parts.slice(taken), last]) {
        const envelope = log.envelope(command)
        const applied = log.apply(envelope)
        expect(copy.apply(copy.appliedIndex + 1, envelope)).toEqual(applied)
      }
      expect(copy.hash()).toBe(log.farm.hash())
      expect(visible(copy)).toEqual(visible(busyFarm().farm))
    }
  })

  it('takes an entry that comes again once', () => {
    const log = new Log()
    const { parts, last } = inParts(backupOf(busyFarm().farm), 2)
    for (const command of [...parts, last]) {
      const envelope = log.envelope(command)
      const { outcome } = log.apply(envelope)
      expect(log.apply(envelope).outcome).toEqual(outcome)
    }
    expect(visible(log.farm)).toEqual(visible(busyFarm().farm))
  })
})

describe('nothing is replaced', () => {
  const start = () => {
    const log = smallFarm()
    return { log, before: visible(log.farm), ...inParts(backupOf(busyFarm().farm), 2) }
  }

  it('when a part is not sound: the path says where in the whole', () => {
    const { log, before, parts, last } = start()
    const broken = parts.find(({ kind, first }) => kind === 'print_jobs' && first === 2)!
    broken.records[1] = { ...broken.records[1], print_weight_in_grams: 0 }
    for (const part of parts.slice(0, broken.part)) log.ok(part)
    expect(log.refusal(broken)).toMatchObject({ errors: [{ path: '/print_jobs/3/print_weight_in_grams' }] })
    expect(log.code(last)).toBe('too_many_requests')
    expect(visible(log.farm)).toEqual(before)
  })

  it('when a part is missing, or comes out of turn', () => {
    const { log, before, parts, last } = start()
    log.ok(parts[0])
    expect(log.code(parts[2])).toBe('too_many_requests')
    log.ok(parts[1])
    expect(log.code(last)).toBe('too_many_requests')
    expect(visible(log.farm)).toEqual(before)
  })

  it('by the one that another restore has overtaken', () => {
    const { log, parts, last } = start()
    for (const part of parts) log.ok(part)
    const other = inParts(backupOf(new Log().farm), 1, 'r2')
    log.ok({ type: 'restore.part', id: 'r2', part: 0, kind: 'printers', first: 0, records: [] })
    expect(log.code(last)).toBe('too_many_requests')
    log.ok({ type: 'restore', backup: other.last.backup })
    expect(log.farm.isEmpty()).toBe(true)
  })

  it('when it is not gone on with: it is forgotten', () => {
    const { log, parts, last } = start()
    const empty = smallFarm().farm.hash()
    for (const part of parts) log.ok(part)
    expect(log.farm.hash()).not.toBe(empty)
    log.now += RESTORE_KEEP_MS
    expect(log.code(last)).toBe('too_many_requests')
    expect(chunksOf(log.farm).some((chunk) => chunk.includes('staged'))).toBe(false)
  })

  it.each([
    ['/part', { part: -1 }],
    ['/part', { part: RESTORE_PARTS_MAX }],
    ['/kind', { kind: 'invites' }],
    ['/first', { first: 'x' }],
    ['/records', { records: {} }],
    ['/id', { id: 7 }]
  ])('when %s is not what it should be', (path, wrong) => {
    const { log, parts } = start()
    expect(log.refusal({ ...parts[0], ...wrong })).toMatchObject({ code: 'invalid_request', errors: [{ path }] })
  })
})

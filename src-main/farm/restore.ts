/**
 * Restoring a backup: everything in it is checked before anything is replaced. The rules are those that the
 * commands keep, so a farm that was restored is one that commands could have built.
 *
 * Records may come in several entries, the rest and the heading with the last: tables are built beside those in
 * use, and put in their place by {@link Restoration.finish} in one step.
 */
import { FILEPATH_CHARS_MAX } from './bounds'
import { BACKUP_FORMAT, BACKUP_VERSION } from './backup'
import { FieldCheck, isObject } from './fields'
import { checkWeights, filamentOf } from './filaments'
import { isOpen, JobTable } from './job-table'
import { isJobStatus, jobOf, mayBecome } from './lifecycle'
import { printerOf } from './printers'
import type { Names } from './names'
import { Tables } from './state'
import { Table } from './table'
import { checkRole } from './tokens'
import type { JobEvent, PrintJob } from './types'
import { exceeds, grams } from './weight'

type Fields = Readonly<Record<string, unknown>>

/** Lists of a backup, in the order in which their records must come: what is named before who names it. */
export const BACKUP_KINDS = ['printers', 'filaments', 'print_jobs', 'tokens'] as const
export type BackupKind = (typeof BACKUP_KINDS)[number]

export class Restoration {
  private readonly check = new FieldCheck()
  /** Of the tokens. */
  private readonly hashes = new Set<string>()

  /** `tables`: what was built before; empty at first. */
  constructor(
    readonly tables: Tables,
    private readonly names: Names
  ) {
    for (const { hash } of tables.tokens) this.hashes.add(hash)
  }

  /** The numbering of records goes on from `before`. */
  static begin({ printers, filaments, jobs, tokens, names }: Tables): Restoration {
    const numbered = new Tables(
      new Table(printers.nextSerial),
      new Table(filaments.nextSerial),
      new JobTable(jobs.table.nextSerial),
      new Table(tokens.nextSerial)
    )
    return new Restoration(numbered, names)
  }

  /** What is wrong so far, if anything is. */
  get failure(): FieldCheck | null {
    return this.check.failed ? this.check : null
  }

  /** `first`: place in the backup's list of the first of these. */
  add(kind: BackupKind, records: readonly unknown[], first: number): void {
    for (let i = 0; i < records.length && !this.check.full; i++) {
      const fields = records[i]
      const path = `/${kind}/${first + i}`
      if (isObject(fields)) this.record(kind, path, fields)
      else this.check.add(path, 'must be an object')
    }
  }

  /** The new tables, with the rest of the backup and its heading; or what is wrong. Invites stay. */
  finish(backup: unknown, before: Tables): Tables | FieldCheck {
    const { check, tables } = this
    if (!isObject(backup)) {
      check.add('', 'must be a JSON object')
      return check
    }
    if (backup.format !== BACKUP_FORMAT) check.add('/format', `must be "${BACKUP_FORMAT}"`)
    if (backup.version !== BACKUP_VERSION) check.add('/version', `must be ${BACKUP_VERSION}`)
    for (const kind of BACKUP_KINDS) this.list(backup, kind)
    if (!check.failed) this.reservations()
    if (check.failed) return check
    const { printers, filaments, jobs, tokens } = tables
    goOnFrom(before.printers, printers)
    goOnFrom(before.filaments, filaments)
    goOnFrom(before.jobs.table, jobs.table)
    goOnFrom(before.tokens, tokens)
    return new Tables(printers, filaments, jobs, tokens, before.invites)
  }

  /** Nothing after a kind that is not sound: what refers to it would only seem wrong. */
  private list(backup: Fields, kind: BackupKind): void {
    if (this.check.failed) return
    const list = backup[kind]
    if (Array.isArray(list)) this.add(kind, list, 0)
    else this.check.add(`/${kind}`, 'must be an array')
  }

  private record(kind: BackupKind, path: string, fields: Fields): void {
    switch (kind) {
      case 'printers':
        return this.printer(path, fields)
      case 'filaments':
        return this.filament(path, fields)
      case 'print_jobs':
        return this.job(path, fields)
      case 'tokens':
        return this.token(path, fields)
    }
  }

  private printer(path: string, { id, company, model, name, created_at, updated_at }: Fields): void {
    const { check } = this
    if (!check.id(`${path}/id`, id) || !check.text(`${path}/company`, company)) return
    if (!check.text(`${path}/model`, model) || !check.name(`${path}/name`, name)) return
    if (!check.time(`${path}/created_at`, created_at) || !check.time(`${path}/updated_at`, updated_at)) return
    if (this.tables.printers.has(id)) return void check.add(`${path}/id`, 'is there twice')
    this.tables.printers.add(printerOf(id, company, model, name, created_at, updated_at))
  }

  private filament(path: string, fields: Fields): void {
    const { check } = this
    const { id, type, color, name, created_at, updated_at } = fields
    const { total_weight_in_grams: total, remaining_weight_in_grams: remaining } = fields
    if (!check.id(`${path}/id`, id) || !check.text(`${path}/type`, type)) return
    if (!check.text(`${path}/color`, color) || !check.name(`${path}/name`, name)) return
    if (!check.time(`${path}/created_at`, created_at) || !check.time(`${path}/updated_at`, updated_at)) return
    const weights = new FieldCheck(path)
    if (!checkWeights(weights, total, remaining, 'remaining_weight_in_grams')) {
      for (const error of weights.errors) check.add(error.path, error.message)
      return
    }
    if (this.tables.filaments.has(id)) return void check.add(`${path}/id`, 'is there twice')
    this.tables.filaments.add(
      filamentOf(id, type, color, total as number, remaining as number, name, created_at, updated_at)
    )
  }

  private job(path: string, fields: Fields): void {
    const { check } = this
    const { id, printer_id: printerId, filament_id: filamentId, filepath, print_weight_in_grams: weight } = fields
    if (!check.id(`${path}/id`, id)) return
    if (!check.id(`${path}/printer_id`, printerId) || !check.id(`${path}/filament_id`, filamentId)) return
    if (!check.text(`${path}/filepath`, filepath, FILEPATH_CHARS_MAX)) return
    if (!check.positive(`${path}/print_weight_in_grams`, weight)) return
    const history = this.history(path, fields)
    if (history.length === 0) return
    if (this.tables.jobs.table.has(id)) return void check.add(`${path}/id`, 'is there twice')
    const printer = this.tables.printers.get(printerId)?.id ?? printerId
    const filament = this.tables.filaments.get(filamentId)?.id ?? filamentId
    const job = jobOf(id, printer, filament, filepath, weight, history)
    if (this.fits(path, job)) this.tables.jobs.add(job)
  }

  /** The events when they are a legal life that ends in the job's status; otherwise none. */
  private history(path: string, { status, history, created_at, updated_at }: Fields): readonly JobEvent[] {
    const { check } = this
    if (!isJobStatus(status)) return (check.add(`${path}/status`, 'is not a status of a print job'), [])
    if (!Array.isArray(history)) return (check.add(`${path}/history`, 'must be an array'), [])
    const events: JobEvent[] = []
    for (const [i, event] of (history as readonly unknown[]).entries()) {
      const before = events.at(-1)
      const at = `${path}/history/${i}`
      if (!isObject(event) || !isJobStatus(event.status)) return (check.add(at, 'is not an event of a print job'), [])
      if (before === undefined ? event.status !== 'Queued' : !mayBecome(before.status, event.status)) {
        return (check.add(`${at}/status`, 'cannot follow from what was before'), [])
      }
      if (!check.time(`${at}/at`, event.at) || !check.text(`${at}/by`, event.by)) return []
      if (!check.text(`${at}/node`, event.node)) return []
      const { names } = this
      events.push({ status: event.status, at: event.at, by: names.one(event.by), node: names.one(event.node) })
    }
    if (events.at(-1)?.status !== status) return (check.add(`${path}/history`, 'does not end in the status'), [])
    if (events[0]?.at !== created_at) return (check.add(`${path}/created_at`, 'is not the time of the first event'), [])
    if (events.at(-1)?.at !== updated_at)
      return (check.add(`${path}/updated_at`, 'is not the time of the last event'), [])
    return events
  }

  private fits(path: string, job: PrintJob): boolean {
    if (!isOpen(job.status)) return true
    const { check } = this
    if (!this.tables.printers.has(job.printer_id)) return check.add(`${path}/printer_id`, 'names nothing that exists')
    if (!this.tables.filaments.has(job.filament_id))
      return check.add(`${path}/filament_id`, 'names nothing that exists')
    if (job.status === 'Running' && this.tables.jobs.runningOn(job.printer_id) !== null) {
      return check.add(`${path}/status`, `is Running, as is another print job on printer ${job.printer_id}`)
    }
    return true
  }

  private token(path: string, { id, name, role, hash, created_at, expires_at }: Fields): void {
    const { check } = this
    if (!check.id(`${path}/id`, id) || !check.text(`${path}/name`, name)) return
    if (!checkRole(check, `${path}/role`, role)) return
    if (!check.sha256(`${path}/hash`, hash) || !check.time(`${path}/created_at`, created_at)) return
    if (expires_at !== null && !check.time(`${path}/expires_at`, expires_at)) return
    if (this.tables.tokens.has(id)) return void check.add(`${path}/id`, 'is there twice')
    if (this.hashes.has(hash)) return void check.add(`${path}/hash`, 'is there twice')
    this.hashes.add(hash)
    this.tables.tokens.add({ id, name, role, hash, created_at, expires_at })
  }

  private reservations(): void {
    for (const { id, remaining_weight_in_grams: remaining } of this.tables.filaments) {
      const reserved = this.tables.jobs.reservedOn(id)
      if (!exceeds(reserved, remaining)) continue
      this.check.add('/print_jobs', `reserve ${grams(reserved)} g of filament ${id}, which has ${remaining} g left`)
    }
  }
}

/** No number that was given while the restore was under way is given again. */
function goOnFrom(before: { readonly nextSerial: number }, table: { nextSerial: number }): void {
  table.nextSerial = Math.max(table.nextSerial, before.nextSerial)
}

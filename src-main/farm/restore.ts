/**
 * Restoring a backup: everything in it is checked before anything is replaced. The rules are those that the
 * commands keep, so a farm that was restored is one that commands could have built.
 */
import { FILEPATH_CHARS_MAX } from './bounds'
import { BACKUP_FORMAT, BACKUP_VERSION } from './backup'
import { FieldCheck, isObject } from './fields'
import { checkWeights, filamentOf } from './filaments'
import { isOpen, JobTable } from './job-table'
import { isJobStatus, jobOf, mayBecome } from './lifecycle'
import { printerOf } from './printers'
import { Tables } from './state'
import { Table } from './table'
import { checkRole } from './tokens'
import type { Filament, JobEvent, PrintJob, Printer, Token } from './types'
import { compare, exact, grams } from './weight'

type Fields = Readonly<Record<string, unknown>>

/** The new tables, or what is wrong. Invites and the numbering of records go on from `before`. */
export function tablesOf(backup: unknown, before: Tables): Tables | FieldCheck {
  const check = new FieldCheck()
  if (!isObject(backup)) {
    check.add('', 'must be a JSON object')
    return check
  }
  if (backup.format !== BACKUP_FORMAT) check.add('/format', `must be "${BACKUP_FORMAT}"`)
  if (backup.version !== BACKUP_VERSION) check.add('/version', `must be ${BACKUP_VERSION}`)
  if (check.failed) return check
  return new Restoration(before, check).run(backup)
}

class Restoration {
  private readonly printers: Table<Printer>
  private readonly filaments: Table<Filament>
  private readonly jobs: JobTable
  private readonly tokens: Table<Token>
  /** Of the tokens. */
  private readonly hashes = new Set<string>()

  constructor(
    private readonly before: Tables,
    private readonly check: FieldCheck
  ) {
    this.printers = new Table(before.printers.nextSerial)
    this.filaments = new Table(before.filaments.nextSerial)
    this.jobs = new JobTable(before.jobs.table.nextSerial)
    this.tokens = new Table(before.tokens.nextSerial)
  }

  run(backup: Fields): Tables | FieldCheck {
    this.each(backup, 'printers', (path, fields) => this.printer(path, fields))
    this.each(backup, 'filaments', (path, fields) => this.filament(path, fields))
    this.each(backup, 'print_jobs', (path, fields) => this.job(path, fields))
    this.each(backup, 'tokens', (path, fields) => this.token(path, fields))
    if (!this.check.failed) this.reservations()
    if (this.check.failed) return this.check
    return new Tables(this.printers, this.filaments, this.jobs, this.tokens, this.before.invites)
  }

  /** Nothing after a kind that is not sound: what refers to it would only seem wrong. */
  private each(backup: Fields, kind: string, read: (path: string, fields: Fields) => void): void {
    if (this.check.failed) return
    const list = backup[kind]
    if (!Array.isArray(list)) {
      this.check.add(`/${kind}`, 'must be an array')
      return
    }
    for (let i = 0; i < list.length && !this.check.full; i++) {
      const fields: unknown = list[i]
      if (isObject(fields)) read(`/${kind}/${i}`, fields)
      else this.check.add(`/${kind}/${i}`, 'must be an object')
    }
  }

  private printer(path: string, { id, company, model, name, created_at, updated_at }: Fields): void {
    const { check } = this
    if (!check.id(`${path}/id`, id) || !check.text(`${path}/company`, company)) return
    if (!check.text(`${path}/model`, model) || !check.name(`${path}/name`, name)) return
    if (!check.time(`${path}/created_at`, created_at) || !check.time(`${path}/updated_at`, updated_at)) return
    if (this.printers.has(id)) return void check.add(`${path}/id`, 'is there twice')
    this.printers.add(printerOf(id, company, model, name, created_at, updated_at))
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
    if (this.filaments.has(id)) return void check.add(`${path}/id`, 'is there twice')
    this.filaments.add(filamentOf(id, type, color, total as number, remaining as number, name, created_at, updated_at))
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
    if (this.jobs.table.has(id)) return void check.add(`${path}/id`, 'is there twice')
    const printer = this.printers.get(printerId)?.id ?? printerId
    const filament = this.filaments.get(filamentId)?.id ?? filamentId
    const job = jobOf(id, printer, filament, filepath, weight, history)
    if (this.fits(path, job)) this.jobs.add(job)
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
      const { names } = this.before
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
    if (!this.printers.has(job.printer_id)) return check.add(`${path}/printer_id`, 'names nothing that exists')
    if (!this.filaments.has(job.filament_id)) return check.add(`${path}/filament_id`, 'names nothing that exists')
    if (job.status === 'Running' && this.jobs.runningOn(job.printer_id) !== null) {
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
    if (this.tokens.has(id)) return void check.add(`${path}/id`, 'is there twice')
    if (this.hashes.has(hash)) return void check.add(`${path}/hash`, 'is there twice')
    this.hashes.add(hash)
    this.tokens.add({ id, name, role, hash, created_at, expires_at })
  }

  private reservations(): void {
    for (const { id, remaining_weight_in_grams: remaining } of this.filaments) {
      const reserved = this.jobs.reservedOn(id)
      if (compare(reserved, exact(remaining)) <= 0) continue
      this.check.add('/print_jobs', `reserve ${grams(reserved)} g of filament ${id}, which has ${remaining} g left`)
    }
  }
}

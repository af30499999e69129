/**
 * Rows of a snapshot: records as JSON arrays of their fields, in the order below. Names that come again
 * (ids of printers and filaments, people, nodes) are written once and then by number; times of jobs are
 * differences. Writer and reader walk the same rows in the same order.
 *
 *   printer   [id, company, model, name|0, created_at, updated_at]
 *   filament  [id, type, color, total, remaining, name|0, created_at, updated_at]
 *   job       [id, printer, filament, filepath, weight, Δcreated_at, by, node, (status, Δat, by, node)*]
 *   token     [id, name, role, hash, created_at, expires_at]
 *   invite    [id, hash, created_at, expires_at]
 *   outcome   [status, body] or [0, code, detail, errors|0]
 *   body      null, serial of the job as it stands, [serial, n] for the job as of its n-th event,
 *             [job row] when it is no longer there, or {"is": any other}
 */
import { AsciiJson } from './ascii-json'
import { isObject } from './fields'
import { filamentOf } from './filaments'
import { jobOf } from './lifecycle'
import { CREATED_PLACES, EVENT_PLACES, packJob, type CreatedJob, type PackedJob } from './packed-job'
import { printerOf } from './printers'
import { SnapshotUnreadable } from './snapshot-unreadable'
import type { Table, TableView } from './table'
import {
  JOB_STATUSES,
  type Filament,
  type Invite,
  type JobEvent,
  type Outcome,
  type PrintJob,
  type Printer,
  type Token
} from './types'

const json = JSON.stringify

export class RowWriter {
  private readonly numbers = new Map<string, number>()
  private readonly alone = new AsciiJson()
  private at = 0

  constructor(private readonly jobs: TableView<PrintJob>) {}

  printer(printer: Printer): string {
    const { id, company, model, name, created_at, updated_at } = printer
    return json([id, company, model, name ?? 0, created_at, updated_at])
  }

  filament(filament: Filament): string {
    const { id, type, color, total_weight_in_grams, remaining_weight_in_grams, name } = filament
    const { created_at, updated_at } = filament
    return json([id, type, color, total_weight_in_grams, remaining_weight_in_grams, name ?? 0, created_at, updated_at])
  }

  job(job: PackedJob): string {
    this.writeJob(this.alone, job)
    return this.alone.take()
  }

  writeJob(row: AsciiJson, job: PackedJob): void {
    const [id, printer, filament, filepath, weight, created, by, node] = job as unknown as CreatedJob
    row.raw('[')
    row.string(id)
    this.writeName(row, printer)
    this.writeName(row, filament)
    row.raw(',')
    row.string(filepath)
    writeNumber(row, weight)
    writeNumber(row, created - this.at)
    this.writeName(row, by)
    this.writeName(row, node)
    this.at = created
    for (let place = CREATED_PLACES; place < job.length; place += EVENT_PLACES) {
      writeNumber(row, job[place] as number)
      writeNumber(row, job[place + 1] as number)
      this.writeName(row, job[place + 2] as string)
      this.writeName(row, job[place + 3] as string)
    }
    row.raw(']')
  }

  token(token: Token): string {
    return json([token.id, token.name, token.role, token.hash, token.created_at, token.expires_at])
  }

  invite(invite: Invite): string {
    return json([invite.id, invite.hash, invite.created_at, invite.expires_at])
  }

  outcome(outcome: Outcome): string {
    return outcome.ok
      ? `[${outcome.status},${this.body(outcome.body)}]`
      : json([0, outcome.code, outcome.detail, ('errors' in outcome && outcome.errors) || 0])
  }

  private body(body: object | null): string {
    if (body === null) return 'null'
    if (!isJob(body)) return `{"is":${json(body)}}`
    const serial = this.jobs.serialOf(body.id)
    const standing = this.jobs.at(serial)
    if (standing === null || !isStageOf(standing, body)) return this.job(packJob(body))
    const events = body.history.length
    return events === standing.history.length ? String(serial) : `[${serial},${events}]`
  }

  private writeName(row: AsciiJson, name: string): void {
    const number = this.numbers.get(name)
    if (number !== undefined) return writeNumber(row, number)
    this.numbers.set(name, this.numbers.size)
    row.raw(',')
    row.string(name)
  }
}

function writeNumber(row: AsciiJson, value: number): void {
  row.raw(',')
  row.number(value)
}

type Row = readonly unknown[]

export class RowReader {
  private readonly names: string[] = []
  private at = 0

  constructor(private readonly jobs: Table<PrintJob>) {}

  printer(row: Row): Printer {
    const [id, company, model, name, created, updated] = row as [string, string, string, string | 0, number, number]
    return printerOf(id, company, model, name === 0 ? undefined : name, created, updated)
  }

  filament(row: Row): Filament {
    type Fields = [string, string, string, number, number, string | 0, number, number]
    const [id, type, color, total, remaining, name, created, updated] = row as Fields
    return filamentOf(id, type, color, total, remaining, name === 0 ? undefined : name, created, updated)
  }

  job(row: Row): PrintJob {
    const id = row[0] as string
    const printer = this.name(row[1])
    const filament = this.name(row[2])
    const history: JobEvent[] = [this.event(0, row, 5)]
    for (let i = 8; i < row.length; i += 4) history.push(this.event(row[i], row, i + 1))
    // Copied to the length it has, for a list that grew keeps room to grow.
    const job = jobOf(id, printer, filament, row[3] as string, row[4] as number, history.slice())
    this.at = job.created_at
    return job
  }

  token(row: Row): Token {
    const [id, name, role, hash, created_at, expires_at] = row as [string, string, Token['role'], string, number, null]
    return { id, name, role, hash, created_at, expires_at }
  }

  invite(row: Row): Invite {
    const [id, hash, created_at, expires_at] = row as [string, string, number, number]
    return { id, hash, created_at, expires_at }
  }

  outcome(row: Row): Outcome {
    if (row[0] !== 0) return { ok: true, status: row[0], body: this.body(row[1]) } as Outcome
    const [, code, detail, errors] = row
    return (errors === 0 ? { ok: false, code, detail } : { ok: false, code, detail, errors }) as Outcome
  }

  private body(body: unknown): object | null {
    if (body === null) return null
    const is = Array.isArray(body) ? this.earlier(body) : isObject(body) ? body.is : this.jobs.at(body as number)
    if (isObject(is)) return is
    throw new SnapshotUnreadable('An outcome in the snapshot has a body that is not there.')
  }

  private earlier(row: Row): PrintJob | null {
    const [serial, events] = row
    if (typeof serial === 'string') return this.job(row)
    const job = this.jobs.at(serial as number)
    if (job === null || !((events as number) > 0 && (events as number) <= job.history.length)) return null
    const { id, printer_id, filament_id, filepath, print_weight_in_grams, history } = job
    return jobOf(id, printer_id, filament_id, filepath, print_weight_in_grams, history.slice(0, events as number))
  }

  private event(status: unknown, row: Row, i: number): JobEvent {
    this.at += row[i] as number
    return {
      status: JOB_STATUSES[status as number] ?? 'Queued',
      at: this.at,
      by: this.name(row[i + 1]),
      node: this.name(row[i + 2])
    }
  }

  private name(value: unknown): string {
    if (typeof value === 'string') {
      this.names.push(value)
      return value
    }
    return this.names[value as number] ?? ''
  }
}

/** Whether `body` is what `job` was at one of its events; one of the same id may have been removed before it came. */
function isStageOf(job: PrintJob, body: PrintJob): boolean {
  return (
    body.printer_id === job.printer_id &&
    body.filament_id === job.filament_id &&
    body.filepath === job.filepath &&
    body.print_weight_in_grams === job.print_weight_in_grams &&
    body.history.every((event, i) => isSameEvent(event, job.history[i]))
  )
}

function isSameEvent(one: JobEvent, other: JobEvent | undefined): boolean {
  if (other === undefined) return false
  return one.status === other.status && one.at === other.at && one.by === other.by && one.node === other.node
}

function isJob(body: object): body is PrintJob {
  return 'filepath' in body
}

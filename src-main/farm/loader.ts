/** Builds a farm from the chunks of a snapshot, one at a time, so that loading can share a thread. */
import { isObject, isTime } from './fields'
import { Idempotency } from './idempotency'
import { JobTable } from './job-table'
import { Names } from './names'
import { Restoration } from './restore'
import { RowReader } from './rows'
import { Session, Sessions } from './sessions'
import { SNAPSHOT_FORMAT, SNAPSHOT_VERSION, type Heading, type NextSerials, type StagedHeading } from './snapshot'
import { SnapshotUnreadable } from './snapshot-unreadable'
import type { Staged } from './staging'
import { Tables } from './state'
import { Table } from './table'
import type { Filament, Invite, Printer, Token } from './types'

export interface Loaded {
  readonly heading: Heading
  readonly tables: Tables
  readonly sessions: Sessions
  readonly idempotency: Idempotency
  readonly staged: Staged | null
}

type Row = readonly unknown[]

export class SnapshotLoader {
  private loading: Loading | null = null
  private heading: Heading | null = null
  private ended = false

  /** Chunks in their order. Throws {@link SnapshotUnreadable}. */
  push(chunk: string): void {
    const content = parsed(chunk)
    if (this.ended) throw new SnapshotUnreadable('The snapshot goes on after its end.')
    if (this.loading === null) {
      this.heading = headingOf(content)
      this.loading = new Loading(this.heading)
      return
    }
    if (content[0] === 'end') {
      if (content[1] !== this.loading.rows) throw new SnapshotUnreadable('The snapshot lacks some of its rows.')
      this.ended = true
      return
    }
    this.loading.section(content)
  }

  finish(): Loaded {
    if (this.loading === null || this.heading === null || !this.ended) {
      throw new SnapshotUnreadable('The snapshot is not whole.')
    }
    const { sessions, idempotency } = this.loading
    return {
      heading: this.heading,
      tables: this.loading.tables(),
      sessions,
      idempotency,
      staged: this.loading.staged()
    }
  }
}

/** Prefix of the sections of a restore that is under way. */
const STAGED = 'staged '

/** Printers, filaments, jobs and tokens: of the farm, or of a restore that is under way. */
class RecordReader {
  readonly read: RowReader
  private readonly printers: Table<Printer>
  private readonly filaments: Table<Filament>
  private readonly jobs: JobTable
  private readonly tokens: Table<Token>

  constructor([printers, filaments, jobs, tokens]: readonly [...NextSerials]) {
    this.printers = new Table(printers)
    this.filaments = new Table(filaments)
    this.jobs = new JobTable(jobs)
    this.tokens = new Table(tokens)
    this.read = new RowReader(this.jobs.table)
  }

  tables(invites: Table<Invite>): Tables {
    return new Tables(this.printers, this.filaments, this.jobs, this.tokens, invites)
  }

  adder(section: string): ((row: Row, serial: number) => void) | null {
    switch (section) {
      case 'printers':
        return (row, serial) => void this.printers.add(this.read.printer(row), serial)
      case 'filaments':
        return (row, serial) => void this.filaments.add(this.read.filament(row), serial)
      case 'jobs':
        return (row, serial) => this.jobs.add(this.read.job(row), serial)
      case 'tokens':
        return (row, serial) => void this.tokens.add(this.read.token(row), serial)
      default:
        return null
    }
  }
}

class Loading {
  rows = 0
  readonly sessions = new Sessions()
  readonly idempotency = new Idempotency()
  private readonly records: RecordReader
  private readonly invites: Table<Invite>
  private readonly read: RowReader
  private stagedHeading: StagedHeading | null = null
  private stagedRecords: RecordReader | null = null
  private sectionName = ''
  private serial = 1
  private session: Session | null = null

  constructor({ next_serials: [printers, filaments, jobs, tokens, invites] }: Heading) {
    this.records = new RecordReader([printers, filaments, jobs, tokens])
    this.invites = new Table(invites)
    this.read = this.records.read
  }

  tables(): Tables {
    return this.records.tables(this.invites)
  }

  staged(): Staged | null {
    if (this.stagedHeading === null || this.stagedRecords === null) return null
    const [id, parts, at] = this.stagedHeading
    return { id, parts, at, restoration: new Restoration(this.stagedRecords.tables(new Table()), new Names()) }
  }

  section(content: Row): void {
    const name = String(content[0])
    const each = this.readerOf(name)
    if (name !== this.sectionName) {
      this.sectionName = name
      this.serial = 1
    }
    for (let i = 1; i < content.length; i++) each(content[i])
    this.rows += content.length - 1
  }

  private readerOf(section: string): (row: unknown) => void {
    switch (section) {
      case 'invites':
        return this.numbered((row, serial) => this.invites.add(this.read.invite(row), serial))
      case 'sessions':
        return (row) => this.sessionRow(row as Row)
      case 'closed':
        return (id) => this.sessions.closed.add(String(id))
      case 'answers':
        return (row) => {
          const [key, request, at, outcome] = row as [string, string, number, Row]
          this.idempotency.add({ key, request, at, outcome: this.read.outcome(outcome) })
        }
      case 'staged':
        return (row) => {
          this.stagedHeading = row as StagedHeading
          this.stagedRecords = new RecordReader(this.stagedHeading[3])
        }
      default: {
        const add = section.startsWith(STAGED)
          ? this.stagedRecords?.adder(section.slice(STAGED.length))
          : this.records.adder(section)
        if (add) return this.numbered(add)
        throw new SnapshotUnreadable(`The snapshot has an unknown section, ${section}.`)
      }
    }
  }

  private numbered(add: (row: Row, serial: number) => void): (row: unknown) => void {
    return (row) => {
      if (typeof row === 'number') this.serial = row
      else add(row as Row, this.serial++)
    }
  }

  private sessionRow(row: Row): void {
    if (typeof row[0] === 'string') {
      this.session = new Session(row[0], row[1] as number, row[2] as number)
      this.sessions.open.set(row[0], this.session)
    } else {
      this.session?.outcomes.set(row[0] as number, this.read.outcome(row[1] as Row))
    }
  }
}

function parsed(chunk: string): Row {
  let content: unknown
  try {
    content = JSON.parse(chunk)
  } catch (cause) {
    throw new SnapshotUnreadable('A chunk of the snapshot is not valid JSON.', { cause })
  }
  if (!Array.isArray(content)) throw new SnapshotUnreadable('A chunk of the snapshot is not an array.')
  return content
}

function headingOf([format, version, heading]: Row): Heading {
  if (format !== SNAPSHOT_FORMAT) throw new SnapshotUnreadable('This is not a snapshot of a farm.')
  if (version !== SNAPSHOT_VERSION) {
    throw new SnapshotUnreadable(`The snapshot has version ${version}; this program reads ${SNAPSHOT_VERSION}.`)
  }
  if (!isObject(heading) || !isTime(heading.clock) || !Array.isArray(heading.next_serials)) {
    throw new SnapshotUnreadable('The heading of the snapshot is damaged.')
  }
  return heading as unknown as Heading
}

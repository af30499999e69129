/**
 * The whole state as text chunks, consistent as of the call while commands go on being applied. Each chunk is
 * a JSON array: the section's name, then its rows (rows.ts). The first is ["raft3d-farm", version, heading], the
 * last ["end", number of rows]. In sections of records a bare number is the serial of the next record, where
 * it does not follow the one before.
 *
 * Making one chunk is one slice of work. Whoever stops early must call `close`, or the views stay open.
 */
import { AsciiJson } from './ascii-json'
import { CHUNK_CHARS } from './bounds'
import type { FirstAnswer, Idempotency } from './idempotency'
import type { PackedJob } from './packed-job'
import { RowWriter } from './rows'
import type { Sessions } from './sessions'
import type { Staged } from './staging'
import type { Tables } from './state'
import type { Identified, TableView } from './table'
import type { Outcome, PrintJob } from './types'

export const SNAPSHOT_FORMAT = 'raft3d-farm'
export const SNAPSHOT_VERSION = 1

export interface Heading {
  readonly applied_index: number
  readonly clock: number
  /** Of printers, filaments, jobs, tokens, invites. */
  readonly next_serials: readonly [number, number, number, number, number]
}

/** A restore that is under way: its section comes before what it has built, in sections like those of the farm. */
export type StagedHeading = readonly [id: string, parts: number, at: number, next: readonly [...NextSerials]]

/** Of printers, filaments, jobs, tokens. */
export type NextSerials = [number, number, number, number]

export const nextSerials = ({ printers, filaments, jobs, tokens }: Tables): NextSerials => [
  printers.nextSerial,
  filaments.nextSerial,
  jobs.table.nextSerial,
  tokens.nextSerial
]

export interface TextChunks {
  /** Each at most 256 Ki characters. */
  readonly chunks: Generator<string, void, undefined>
  /** Ends the chunks and frees what they still hold on to; harmless at any time. */
  close(): void
}

export function textChunks(chunks: Generator<string, void, undefined>, release: () => void): TextChunks {
  return {
    chunks,
    close: () => {
      chunks.return()
      release()
    }
  }
}

interface SessionCopy {
  readonly id: string
  readonly usedAt: number
  readonly low: number
  readonly outcomes: readonly (readonly [seq: number, outcome: Outcome])[]
}

export function writeSnapshot(
  tables: Tables,
  sessions: Sessions,
  idempotency: Idempotency,
  staged: Staged | null,
  heading: Heading
): TextChunks {
  const views = { ...recordViews(tables), invites: tables.invites.view() }
  const stagedViews = staged === null ? null : recordViews(staged.restoration.tables)
  const stagedHeading: StagedHeading | null =
    staged === null ? null : [staged.id, staged.parts, staged.at, nextSerials(staged.restoration.tables)]
  const open = Array.from(sessions.open.values(), ({ id, usedAt, low, outcomes }) => {
    return { id, usedAt, low, outcomes: outcomes.entries() }
  })
  const closed = [...sessions.closed]
  const answers = idempotency.copy()
  const closeViews = (): void => {
    for (const view of Object.values(views)) view.close()
    for (const view of Object.values(stagedViews ?? {})) view.close()
  }

  function* chunks(): Generator<string, void, undefined> {
    try {
      const rows = new RowWriter(views.jobs)
      const count = { rows: 0 }
      yield JSON.stringify([SNAPSHOT_FORMAT, SNAPSHOT_VERSION, heading])
      yield* recordChunks('', views, rows, count)
      yield* inChunks(
        'invites',
        records(views.invites, (record) => rows.invite(record)),
        count
      )
      yield* inChunks('sessions', sessionRows(open, rows), count)
      yield* inChunks('closed', closedRows(closed), count)
      yield* inChunks('answers', answerRows(answers, rows), count)
      if (stagedViews !== null) {
        yield* inChunks('staged', [JSON.stringify(stagedHeading)], count)
        yield* recordChunks('staged ', stagedViews, new RowWriter(stagedViews.jobs), count)
      }
      yield JSON.stringify(['end', count.rows])
    } finally {
      closeViews()
    }
  }
  return textChunks(chunks(), closeViews)
}

const recordViews = ({ printers, filaments, jobs, tokens }: Tables) => ({
  printers: printers.view(),
  filaments: filaments.view(),
  jobs: jobs.view(),
  tokens: tokens.view()
})

function* recordChunks(
  prefix: string,
  { printers, filaments, jobs, tokens }: ReturnType<typeof recordViews>,
  rows: RowWriter,
  count: { rows: number }
): Generator<string> {
  yield* inChunks(
    `${prefix}printers`,
    records(printers, (record) => rows.printer(record)),
    count
  )
  yield* inChunks(
    `${prefix}filaments`,
    records(filaments, (record) => rows.filament(record)),
    count
  )
  yield* jobChunks(`${prefix}jobs`, jobs, rows, count)
  yield* inChunks(
    `${prefix}tokens`,
    records(tokens, (record) => rows.token(record)),
    count
  )
}

/** As {@link inChunks} of {@link records}, from what the table keeps. */
function* jobChunks(
  section: string,
  jobs: TableView<PrintJob>,
  rows: RowWriter,
  count: { rows: number }
): Generator<string> {
  const chunk = new AsciiJson()
  const begin = `["${section}"`
  let expected = 1
  for (let serial = jobs.next(1); serial >= 0; serial = jobs.next(serial + 1)) {
    if (chunk.length === 0) chunk.raw(begin)
    if (serial !== expected) {
      chunk.raw(`,\n${serial}`)
      count.rows++
    }
    chunk.raw(',\n')
    rows.writeJob(chunk, jobs.kept(serial) as PackedJob)
    count.rows++
    expected = serial + 1
    if (chunk.length < CHUNK_CHARS) continue
    chunk.raw(']')
    yield chunk.take()
  }
  if (chunk.length === 0) return
  chunk.raw(']')
  yield chunk.take()
}

function* records<T extends Identified>(view: TableView<T>, write: (record: T) => string): Generator<string> {
  let expected = 1
  for (let serial = view.next(1); serial >= 0; serial = view.next(serial + 1)) {
    const record = view.at(serial)
    if (record === null) continue
    if (serial !== expected) yield String(serial)
    yield write(record)
    expected = serial + 1
  }
}

/** [id, usedAt, low], followed by [seq, outcome] for each that is kept. */
function* sessionRows(sessions: readonly SessionCopy[], rows: RowWriter): Generator<string> {
  for (const { id, usedAt, low, outcomes } of sessions) {
    yield JSON.stringify([id, usedAt, low])
    for (const [seq, outcome] of outcomes) yield `[${seq},${rows.outcome(outcome)}]`
  }
}

function* closedRows(ids: readonly string[]): Generator<string> {
  for (const id of ids) yield JSON.stringify(id)
}

/** [key, request, at, outcome], oldest first. */
function* answerRows(answers: readonly FirstAnswer[], rows: RowWriter): Generator<string> {
  for (const { key, request, at, outcome } of answers) {
    yield `[${JSON.stringify(key)},${JSON.stringify(request)},${at},${rows.outcome(outcome)}]`
  }
}

function* inChunks(section: string, rows: Iterable<string>, count: { rows: number }): Generator<string> {
  let pending: string[] = []
  let chars = 0
  for (const row of rows) {
    pending.push(row)
    chars += row.length
    if (chars < CHUNK_CHARS) continue
    yield `["${section}",\n${pending.join(',\n')}]`
    count.rows += pending.length
    pending = []
    chars = 0
  }
  if (pending.length > 0) yield `["${section}",\n${pending.join(',\n')}]`
  count.rows += pending.length
}

/**
 * The backup file: JSON text for people and programs, one record a line.
 *
 *   {"format": "raft3d-backup", "version": 1, "created_at": ms since 1970,
 *    "printers": […], "filaments": […], "print_jobs": […], "tokens": […]}
 *
 * Records have the fields of types.ts. Tokens hold hashes only. Sessions, idempotency records and invites are
 * no part of it.
 */
import { CHUNK_CHARS } from './bounds'
import { textChunks, type TextChunks } from './snapshot'
import type { Tables } from './state'

export const BACKUP_FORMAT = 'raft3d-backup'
export const BACKUP_VERSION = 1

interface RecordsView {
  next(from: number): number
  at(serial: number): object | null
}

/** Consistent as of the call. Whoever stops early must call `close`. */
export function writeBackup(tables: Tables, clock: number): TextChunks {
  const views = {
    printers: tables.printers.view(),
    filaments: tables.filaments.view(),
    print_jobs: tables.jobs.view(),
    tokens: tables.tokens.view()
  }
  const closeViews = (): void => {
    for (const view of Object.values(views)) view.close()
  }
  function* chunks(): Generator<string, void, undefined> {
    try {
      yield* inChunks(lines(views, clock))
    } finally {
      closeViews()
    }
  }
  return textChunks(chunks(), closeViews)
}

function* lines(views: Readonly<Record<string, RecordsView>>, clock: number): Generator<string> {
  yield `{"format": "${BACKUP_FORMAT}", "version": ${BACKUP_VERSION}, "created_at": ${clock}`
  for (const [kind, view] of Object.entries(views)) {
    yield `,\n"${kind}": [`
    let separator = '\n'
    for (let serial = view.next(1); serial >= 0; serial = view.next(serial + 1)) {
      const record = view.at(serial)
      if (record === null) continue
      yield separator + JSON.stringify(record)
      separator = ',\n'
    }
    yield ']'
  }
  yield '}\n'
}

function* inChunks(texts: Iterable<string>): Generator<string> {
  let pending: string[] = []
  let chars = 0
  for (const text of texts) {
    pending.push(text)
    chars += text.length
    if (chars < CHUNK_CHARS) continue
    yield pending.join('')
    pending = []
    chars = 0
  }
  yield pending.join('')
}

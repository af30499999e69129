/**
 * The farm: a deterministic state machine. Commands come in log order, outcomes come out, equally on every
 * node. It owns printers, filaments, print jobs, tokens, invites, and the records that make retries harmless.
 *
 * Invariant: the state is a function of the entries applied. It must not read a clock, draw random numbers or
 * wait; time and ids come with the command.
 */
import { audit } from './audit'
import { KEY_CHARS_MAX, TEXT_CHARS_MAX } from './bounds'
import { writeBackup } from './backup'
import { Digest } from './digest'
import { FieldCheck, isObject, isTime, shown } from './fields'
import { createFilament, deleteFilament, updateFilament } from './filaments'
import { Idempotency } from './idempotency'
import { createInvite, deleteInvite, redeemInvite } from './invites'
import { createJob, deleteJob, setJobStatus } from './jobs'
import { SnapshotLoader, type Loaded } from './loader'
import { changed, opened, invalid, refused, repeated, replaced, sessionExpired } from './outcomes'
import { pageOfAll } from './pages'
import { createPrinter, deletePrinter, updatePrinter } from './printers'
import type { FarmQueries, FilamentView, JobFilter, Page, PageOf } from './queries'
import { Restoration } from './restore'
import { Sessions } from './sessions'
import { Staging } from './staging'
import { nextSerials, writeSnapshot, type Heading, type TextChunks } from './snapshot'
import { Tables, type Stamp } from './state'
import { createToken, deleteToken } from './tokens'
import type { Applied, Command, Envelope, Invite, Outcome, PrintJob, Printer, Token } from './types'

export class Farm implements FarmQueries {
  private tables: Tables
  private readonly sessions: Sessions
  private readonly idempotency: Idempotency
  private readonly staging: Staging
  /** The highest proposer's time seen, ms since 1970. */
  private clock: number
  private lastIndex: number

  /** `loaded`: what a snapshot held; absent: an empty farm. */
  constructor(loaded?: Loaded) {
    this.tables = loaded?.tables ?? new Tables()
    this.sessions = loaded?.sessions ?? new Sessions()
    this.idempotency = loaded?.idempotency ?? new Idempotency()
    this.staging = new Staging(loaded?.staged)
    this.clock = loaded?.heading.clock ?? 0
    this.lastIndex = loaded?.heading.applied_index ?? 0
  }

  /** Rebuilds a farm from the chunks of {@link snapshot}. Throws SnapshotUnreadable. */
  static restore(chunks: Iterable<string>): Farm {
    const loader = new FarmLoader()
    for (const chunk of chunks) loader.push(chunk)
    return loader.finish()
  }

  /** Log index of the last command applied; 0 before the first. */
  get appliedIndex(): number {
    return this.lastIndex
  }

  /**
   * Applies one log entry. Never throws on what the entry holds: a malformed command has the outcome
   * invalid_request. Throws when `index` does not ascend, for then the caller is broken.
   */
  apply(index: number, envelope: Envelope): Applied {
    if (index <= this.lastIndex) throw new Error(`Entry ${index} applied after entry ${this.lastIndex}`)
    this.lastIndex = index
    if (!isEnvelope(envelope)) return refused('invalid_request', 'The log entry is not an envelope of a command.')
    const { s, q, w, t, c } = envelope
    if (t > this.clock) {
      this.sessions.sweep(this.clock, t)
      this.staging.sweep(t)
      this.clock = t
    }
    this.idempotency.sweep(this.clock)
    if (isObject(c) && c.type === 'session.open') return this.openSession(envelope, c.session)

    const session = this.sessions.find(s, this.clock)
    if (session === null) return sessionExpired()
    session.usedAt = this.clock
    session.forgetBelow(w)
    if (q < session.low) {
      return refused('outcome_unknown', `The outcome of request ${q} of session ${shown(s)} is no longer kept.`)
    }
    const kept = session.outcomes.get(q)
    if (kept !== undefined) return repeated(kept)
    const applied = envelope.k === undefined ? this.execute(envelope) : this.executeOnce(envelope, envelope.k)
    session.keep(q, applied.outcome)
    return applied
  }

  /** The kept outcome of a session's request; null when it is not kept, or not applied yet. */
  lookup(session: string, seq: number): Outcome | null {
    return this.sessions.open.get(session)?.outcomes.get(seq) ?? null
  }

  /** The whole state, as of this call, in chunks for {@link Farm.restore}. */
  snapshot(): TextChunks {
    return writeSnapshot(
      this.tables,
      this.sessions,
      this.idempotency,
      this.staging.current,
      this.heading(this.lastIndex)
    )
  }

  /** Printers, filaments, print jobs and tokens, as of this call, as one JSON file (backup.ts) in pieces. */
  backup(): TextChunks {
    return writeBackup(this.tables, this.clock)
  }

  /** 16 hex digits over the whole state, sessions and idempotency records included; the log index is not. */
  hash(): string {
    const digest = new Digest()
    const { chunks } = writeSnapshot(
      this.tables,
      this.sessions,
      this.idempotency,
      this.staging.current,
      this.heading(0)
    )
    for (const chunk of chunks) digest.add(chunk)
    return digest.hex()
  }

  /** Invariants that do not hold, a sentence each; empty when all is well. Recounts everything. */
  audit(): readonly string[] {
    return audit(this.tables, this.sessions, this.idempotency)
  }

  printer(id: string): Printer | null {
    return this.tables.printers.get(id)
  }

  printers(page?: Page): PageOf<Printer> {
    return pageOfAll(this.tables.printers, page)
  }

  filament(id: string): FilamentView | null {
    const filament = this.tables.filaments.get(id)
    return filament === null ? null : this.tables.filamentView(filament)
  }

  filaments(page?: Page): PageOf<FilamentView> {
    const { items, next } = pageOfAll(this.tables.filaments, page)
    return { items: items.map((filament) => this.tables.filamentView(filament)), next }
  }

  job(id: string): PrintJob | null {
    return this.tables.jobs.table.get(id)
  }

  jobs(filter: JobFilter, page?: Page): PageOf<PrintJob> {
    return this.tables.jobs.page(filter, page)
  }

  token(id: string): Token | null {
    return this.tables.tokens.get(id)
  }

  tokens(): readonly Token[] {
    return [...this.tables.tokens]
  }

  tokenByHash(hash: string): Token | null {
    return this.tables.tokensByHash.get(hash) ?? null
  }

  invites(): readonly Invite[] {
    return [...this.tables.invites]
  }

  counts(): ReturnType<FarmQueries['counts']> {
    const { printers, filaments, jobs } = this.tables
    return { printers: printers.size, filaments: filaments.size, jobs: jobs.counts() }
  }

  isEmpty(): boolean {
    const { printers, filaments, jobs, tokens } = this.tables
    return printers.size + filaments.size + jobs.table.size + tokens.size === 0
  }

  private openSession({ s, q, w }: Envelope, id: unknown): Applied {
    const check = new FieldCheck()
    if (!check.id('/session', id)) return invalid(check)
    if (this.sessions.closed.has(id)) return sessionExpired()
    const known = this.sessions.find(id, this.clock)
    if (known !== null) known.usedAt = this.clock
    const kept = s === id ? known?.outcomes.get(q) : undefined
    if (kept !== undefined) return repeated(kept)
    if (known === null && this.sessions.closed.has(id)) return sessionExpired()
    const session = known ?? this.sessions.start(id, this.clock)
    session.forgetBelow(w)
    const applied = known === null ? opened() : changed(null, [])
    if (s === id && q >= session.low) session.keep(q, applied.outcome)
    return applied
  }

  private executeOnce(envelope: Envelope, k: unknown): Applied {
    if (!isObject(k) || !isKey(k.key) || !isKey(k.request)) {
      return refused('invalid_request', `The idempotency key must be a text of at most ${KEY_CHARS_MAX} characters.`)
    }
    const { key, request } = k
    const first = this.idempotency.find(key, this.clock)
    if (first === null) {
      const applied = this.execute(envelope)
      this.idempotency.add({ key, request, at: this.clock, outcome: applied.outcome })
      return applied
    }
    if (first.request === request) return repeated(first.outcome)
    return refused('idempotency_mismatch', `The key ${shown(key)} came with another request before.`)
  }

  private execute({ c, t, a, n }: Envelope): Applied {
    if (!isObject(c)) return refused('invalid_request', 'The command must be an object.')
    const { tables } = this
    const command: Command = c
    const stamp: Stamp = { at: t, by: tables.names.one(a), node: tables.names.one(n) }
    switch (command.type) {
      case 'printer.create':
        return createPrinter(tables, command, stamp)
      case 'printer.update':
        return updatePrinter(tables, command, stamp)
      case 'printer.delete':
        return deletePrinter(tables, command)
      case 'filament.create':
        return createFilament(tables, command, stamp)
      case 'filament.update':
        return updateFilament(tables, command, stamp)
      case 'filament.delete':
        return deleteFilament(tables, command)
      case 'job.create':
        return createJob(tables, command, stamp)
      case 'job.setStatus':
        return setJobStatus(tables, command, stamp)
      case 'job.delete':
        return deleteJob(tables, command)
      case 'token.create':
        return createToken(tables, command, stamp)
      case 'token.delete':
        return deleteToken(tables, command)
      case 'invite.create':
        return createInvite(tables, command, stamp)
      case 'invite.redeem':
        return redeemInvite(tables, command, stamp)
      case 'invite.delete':
        return deleteInvite(tables, command)
      case 'restore':
        return this.restoreBackup(command)
      case 'restore.part':
        return this.staging.add(command, tables, this.clock)
      case 'session.open':
        return refused('invalid_request', 'A session cannot be opened within a session.')
      default:
        return unknownCommand(command)
    }
  }

  private restoreBackup({ backup, staged }: Extract<Command, { readonly type: 'restore' }>): Applied {
    const restoration = this.staging.take(staged, this.tables)
    if (!(restoration instanceof Restoration)) return restoration
    const tables = restoration.finish(backup, this.tables)
    if (tables instanceof FieldCheck) return invalid(tables)
    this.tables = tables
    const { printers, filaments, jobs, tokens } = tables
    return replaced({
      printers: printers.size,
      filaments: filaments.size,
      print_jobs: jobs.table.size,
      tokens: tokens.size
    })
  }

  private heading(applied_index: number): Heading {
    const next_serials = [...nextSerials(this.tables), this.tables.invites.nextSerial] as const
    return { applied_index, clock: this.clock, next_serials }
  }
}

/** Loads a snapshot in slices: one chunk of {@link Farm.snapshot} at a time. Throws SnapshotUnreadable. */
export class FarmLoader {
  private readonly loader = new SnapshotLoader()

  push(chunk: string): void {
    this.loader.push(chunk)
  }

  finish(): Farm {
    return new Farm(this.loader.finish())
  }
}

function isEnvelope(envelope: unknown): boolean {
  if (!isObject(envelope)) return false
  const { s, q, w, t, a, n } = envelope
  return typeof s === 'string' && isSeq(q) && isSeq(w) && isTime(t) && isName(a) && isName(n)
}

function isSeq(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= TEXT_CHARS_MAX
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= KEY_CHARS_MAX
}

function unknownCommand(command: never): Applied {
  const { type } = command as { readonly type?: unknown }
  return refused('invalid_request', `This version does not know the command ${shown(type)}.`)
}

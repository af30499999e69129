/**
 * The farm's records, commands and outcomes. Everything is plain JSON: commands travel in log entries,
 * outcomes are kept in session and idempotency records, records stand in snapshots.
 *
 * Weights are grams; times are milliseconds since 1970, stamped by the proposer (`at`), never read at apply.
 */
import type { FieldError, ProblemCode } from '../contract/problems'

export const JOB_STATUSES = ['Queued', 'Running', 'Done', 'Cancelled'] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

export interface Printer {
  readonly id: string
  readonly company: string
  readonly model: string
  /** What people call it; optional. */
  readonly name?: string
  readonly created_at: number
  readonly updated_at: number
}

export interface Filament {
  readonly id: string
  readonly type: string
  readonly color: string
  readonly total_weight_in_grams: number
  readonly remaining_weight_in_grams: number
  readonly name?: string
  readonly created_at: number
  readonly updated_at: number
}

/** One step of a job's life: who did it, through which node, when. */
export interface JobEvent {
  readonly status: JobStatus
  readonly at: number
  /** Name of the token, or "local". */
  readonly by: string
  /** Name of the node that took the request. */
  readonly node: string
}

export interface PrintJob {
  readonly id: string
  readonly printer_id: string
  readonly filament_id: string
  readonly filepath: string
  readonly print_weight_in_grams: number
  readonly status: JobStatus
  readonly created_at: number
  readonly updated_at: number
  readonly history: readonly JobEvent[]
}

export const TOKEN_ROLES = ['viewer', 'operator', 'admin'] as const
export type TokenRole = (typeof TOKEN_ROLES)[number]

/** Lower-case hex SHA-256 of the secret; the secret itself is never kept. */
export interface Token {
  readonly id: string
  readonly name: string
  readonly role: TokenRole
  readonly hash: string
  readonly created_at: number
  readonly expires_at: number | null
}

export interface Invite {
  readonly id: string
  readonly hash: string
  readonly created_at: number
  readonly expires_at: number
}

/** Ids are final here: an id that the client left out was drawn by the proposer. */
export type Command =
  | {
      readonly type: 'printer.create'
      readonly id: string
      readonly company: string
      readonly model: string
      readonly name?: string
    }
  | {
      readonly type: 'printer.update'
      readonly id: string
      readonly set: { readonly company?: string; readonly model?: string; readonly name?: string }
    }
  | { readonly type: 'printer.delete'; readonly id: string }
  | {
      readonly type: 'filament.create'
      readonly id: string
      /** The material, e.g. PLA; not called `type`, which names the command. */
      readonly material: string
      readonly color: string
      readonly total_weight_in_grams: number
      readonly remaining_weight_in_grams?: number
      readonly name?: string
    }
  | {
      readonly type: 'filament.update'
      readonly id: string
      readonly set: {
        readonly type?: string
        readonly color?: string
        readonly total_weight_in_grams?: number
        readonly remaining_weight_in_grams?: number
        readonly name?: string
      }
    }
  | { readonly type: 'filament.delete'; readonly id: string }
  | {
      readonly type: 'job.create'
      readonly id: string
      readonly printer_id: string
      readonly filament_id: string
      readonly filepath: string
      readonly print_weight_in_grams: number
    }
  | { readonly type: 'job.setStatus'; readonly id: string; readonly status: JobStatus }
  | { readonly type: 'job.delete'; readonly id: string }
  | {
      readonly type: 'token.create'
      readonly id: string
      readonly name: string
      readonly role: TokenRole
      readonly hash: string
      readonly expires_at: number | null
    }
  | { readonly type: 'token.delete'; readonly id: string }
  | { readonly type: 'invite.create'; readonly id: string; readonly hash: string; readonly expires_at: number }
  /** Succeeds once: not for an unknown, used or expired invite. Deletes it. */
  | { readonly type: 'invite.redeem'; readonly id: string; readonly hash: string }
  /** Withdraws it; nobody gets in with it any more. */
  | { readonly type: 'invite.delete'; readonly id: string }
  /**
   * Records of one list of a backup that is too large for one entry, before the `restore` that names them; parts count
   * from 0, `first` is the place of the first record in its list.
   */
  | {
      readonly type: 'restore.part'
      readonly id: string
      readonly part: number
      readonly kind: 'printers' | 'filaments' | 'print_jobs' | 'tokens'
      readonly first: number
      readonly records: readonly unknown[]
    }
  /**
   * Replaces printers, filaments, jobs and tokens by those of a backup, and of the parts that came before it; sessions
   * and idempotency records stay.
   */
  | {
      readonly type: 'restore'
      readonly backup: unknown
      readonly staged?: { readonly id: string; readonly parts: number }
    }
  | { readonly type: 'session.open'; readonly session: string }

/** What a log entry of kind "command" holds, as JSON. Keys are short, for there are millions of them. */
export interface Envelope {
  /** Session of the node that took the request; with `q` it makes a retry harmless (thesis §6.3). */
  readonly s: string
  /** Sequence number within the session, from 1. */
  readonly q: number
  /** Lowest sequence number the session still waits for; outcomes below may be forgotten. */
  readonly w: number
  /** Proposer's clock, ms since 1970; the farm's clock is the maximum seen. */
  readonly t: number
  /** Who: name of the token, or "local". */
  readonly a: string
  /** Name of the node. */
  readonly n: string
  /** Idempotency-Key of the client, with a fingerprint of the request. */
  readonly k?: { readonly key: string; readonly request: string }
  readonly c: Command
}

export type RecordKind = 'printer' | 'filament' | 'print_job' | 'token' | 'invite'

/** One record after a command; `record` null when deleted. Filament carries `reserved_weight_in_grams` in the API. */
export interface Change {
  readonly kind: RecordKind
  readonly id: string
  readonly record: object | null
}

export type Outcome =
  | { readonly ok: true; readonly status: 200 | 201 | 204; readonly body: object | null }
  | { readonly ok: false; readonly code: ProblemCode; readonly detail: string; readonly errors?: readonly FieldError[] }
  /** The session is unknown (expired, or never opened); nothing was applied by this entry. */
  | { readonly ok: false; readonly code: 'session_expired'; readonly detail: string }

export interface Applied {
  readonly outcome: Outcome
  /** Empty when refused, or when the entry repeats an earlier one. */
  readonly changes: readonly Change[]
  /** Everything was replaced (restore): listeners start over. */
  readonly reset: boolean
}

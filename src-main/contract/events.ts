/**
 * The event stream, `GET /api/v1/events`: every change of the replicated state, in log order.
 *
 * `id:` is the log index and stands only on the last event of that index, so that a stream that breaks between
 * two events of one index resumes before both. A client subscribes first, then loads the lists: everything
 * beyond `hello.applied_index` arrives as an event, and an event not newer than a loaded list is harmless,
 * because it carries the whole record.
 */
import type { Cluster, Invite } from './cluster'
import type { Filament } from './filaments'
import type { PrintJob } from './print-jobs'
import type { Printer } from './printers'
import type { Token } from './tokens'

/** Data of a change; `record` null: deleted. */
export interface RecordEvent<Record> {
  readonly index: number
  readonly id: string
  readonly record: Record | null
}

/** First event of a stream. Not resumed: load everything. Resumed: what was missed follows. */
export interface HelloEvent {
  readonly applied_index: number
  readonly resumed: boolean
}

/** Everything may have changed: load it again. */
export interface ResetEvent {
  readonly applied_index: number
}

/** Event name → data, as JSON. `token` and `invite` are sent to admins only; a used invite has no record. */
export interface EventData {
  readonly hello: HelloEvent
  readonly reset: ResetEvent
  readonly printer: RecordEvent<Printer>
  readonly filament: RecordEvent<Filament>
  readonly print_job: RecordEvent<PrintJob>
  readonly token: RecordEvent<Token>
  readonly invite: RecordEvent<Invite>
  readonly cluster: Cluster
}

export type EventName = keyof EventData

export const EVENT_NAMES = [
  'hello',
  'reset',
  'printer',
  'filament',
  'print_job',
  'token',
  'invite',
  'cluster'
] as const satisfies readonly EventName[]

/** A comment is sent this often, so that both ends notice a dead connection. */
export const HEARTBEAT_MS = 15_000

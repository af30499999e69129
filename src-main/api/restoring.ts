/**
 * A restore, from the file to the command that replaces the farm. A large backup goes into the log in parts, each
 * small enough to hold up nobody; only the last entry, which names them, replaces anything.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { BODY_BYTES_MAX, RESTORE_BYTES_MAX } from '../contract/limits'
import type { Command } from '../farm/types'
import type { Clock } from '../runtime/clock'
import { Failure, type Replica } from '../runtime/replica'
import { BackupText } from './backup-text'
import { failureOfOutcome } from './commit'
import { invalid } from './problem'

/** Of the records in one log entry. */
const PART_CHARS = 256 * 1024
/** Cut in one go; the event loop is served in between. */
const WINDOW_CHARS = 256 * 1024
/** The file, a list, a record, its history, an event. */
const DEPTH_MAX = 5
const RECORD_DEPTH_MAX = DEPTH_MAX - 2

type Restore = Extract<Command, { readonly type: 'restore' }>

export interface ReceivedBackup {
  readonly text: BackupText
  /** Of all bytes. */
  readonly digest: string
}

/** Rejects with Failure payload_too_large, malformed_json. */
export async function receiveBackup(body: Readable | undefined, clock: Clock): Promise<ReceivedBackup> {
  const text = new BackupText()
  const hash = createHash('sha256')
  const decoder = new TextDecoder()
  let bytes = 0
  try {
    for await (const chunk of body ?? []) {
      const content = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer)
      bytes += content.length
      if (bytes > RESTORE_BYTES_MAX)
        throw new Failure('payload_too_large', `A backup has at most ${RESTORE_BYTES_MAX} bytes.`)
      for (let at = 0; at < content.length; at += WINDOW_CHARS) {
        const window = content.subarray(at, at + WINDOW_CHARS)
        hash.update(window)
        text.push(decoder.decode(window, { stream: true }))
        await new Promise<void>((resolve) => clock.soon(resolve))
      }
    }
    text.push(decoder.decode())
  } catch (error) {
    throw malformed(error)
  }
  return { text, digest: hash.digest('base64url') }
}

/**
 * Commits what does not fit one entry, and gives the command that ends the restore.
 * Rejects with Failure malformed_json, invalid_request, no_quorum and what commands are refused with: nothing was
 * replaced.
 */
export async function stageBackup(
  text: BackupText,
  replica: Pick<Replica, 'propose'>,
  { by, timeoutMs }: { readonly by: string; readonly timeoutMs: () => number }
): Promise<Restore> {
  if (text.restChars > BODY_BYTES_MAX)
    throw new Failure('payload_too_large', `Apart from its records a backup has at most ${BODY_BYTES_MAX} characters.`)
  const rest = shallow(
    parsed(() => text.rest()),
    DEPTH_MAX
  )
  if (text.recordChars <= PART_CHARS) return { type: 'restore', backup: whole(rest, text) }
  const id = randomUUID()
  let part = 0
  for (const { kind, first, text: list } of text.parts(PART_CHARS)) {
    const records = shallow(
      parsed(() => JSON.parse(list) as unknown[]),
      RECORD_DEPTH_MAX + 1
    )
    const command: Command = { type: 'restore.part', id, part: part++, kind, first, records }
    const outcome = await replica.propose(command, { by, timeoutMs: timeoutMs() }).catch(nothingDone)
    if (!outcome.ok) throw failureOfOutcome(outcome)
  }
  return { type: 'restore', backup: rest, staged: { id, parts: part } }
}

function whole(rest: unknown, text: BackupText): unknown {
  if (typeof rest !== 'object' || rest === null) return rest
  const backup: Record<string, unknown> = { ...rest }
  for (const { kind, text: list } of text.parts(Infinity))
    backup[kind] = shallow(
      parsed(() => JSON.parse(list) as unknown),
      RECORD_DEPTH_MAX + 1
    )
  return backup
}

/** Whether a part is in the log makes no difference without the last entry. */
function nothingDone(error: unknown): never {
  if (error instanceof Failure && error.code === 'outcome_unknown')
    throw new Failure('no_quorum', 'The backup could not be handed over in time; nothing was replaced.', {
      retryAfterSeconds: 1
    })
  throw error
}

function parsed<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw malformed(error)
  }
}

const malformed = (error: unknown): unknown =>
  error instanceof SyntaxError ? new Failure('malformed_json', error.message, { cause: error }) : error

/** What nests deeper than records do would cost the stack of whoever writes it down. */
function shallow<T>(value: T, depth: number): T {
  if (!isShallow(value, depth)) throw invalid('', 'is nested deeper than a backup is')
  return value
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1))
}

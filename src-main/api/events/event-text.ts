/** Server-sent events as text. */
import type { EventData, EventName } from '../../contract/events'
import type { Change, Invite, RecordKind, Token } from '../../farm/types'
import { inviteView, tokenView } from '../views'
import type { ChangeGroup } from './change-ring'

/** What only admins see. */
const SECRET_KINDS: ReadonlySet<RecordKind> = new Set(['token', 'invite'])

export const HEARTBEAT_TEXT = ':\n\n'
/** Browsers wait this long before they connect again, in milliseconds. */
export const RETRY_TEXT = 'retry: 1000\n\n'

export function eventText<Name extends EventName>(event: Name, data: EventData[Name], id?: number): string {
  return message(event, JSON.stringify(data), id)
}

/** `id:` stands on the last event of an index only: whoever breaks off within it gets all of it again. */
export function groupText({ index, changes }: ChangeGroup, admin: boolean): string {
  const visible = admin ? changes : changes.filter(({ kind }) => !SECRET_KINDS.has(kind))
  let text = ''
  for (let at = 0; at < visible.length; at++) {
    const { kind, id, record } = visible[at]!
    const data = JSON.stringify({ index, id, record: viewOf(kind, record) })
    text += message(kind, data, at === visible.length - 1 ? index : undefined)
  }
  return text
}

function viewOf(kind: RecordKind, record: Change['record']): object | null {
  if (record === null) return null
  if (kind === 'token') return tokenView(record as Token)
  return kind === 'invite' ? inviteView(record as Invite) : record
}

const message = (event: string, data: string, id: number | undefined): string =>
  id === undefined ? `event: ${event}\ndata: ${data}\n\n` : `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`

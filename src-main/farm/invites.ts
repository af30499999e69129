/** Commands on invites. Invariant: redeeming an invite succeeds once; the invite is gone with it. */
import { INVITES_MAX, INVITE_KEEP_EXPIRED_MS } from './bounds'
import { FieldCheck, shown } from './fields'
import { changed, created, deleted, invalid, refused } from './outcomes'
import type { Stamp, Tables } from './state'
import type { Applied, Change, Command, Invite } from './types'

type Of<Type extends Command['type']> = Extract<Command, { readonly type: Type }>

export function createInvite(tables: Tables, command: Of<'invite.create'>, { at }: Stamp): Applied {
  const check = new FieldCheck()
  const { id, hash, expires_at } = command
  check.id('/id', id)
  check.sha256('/hash', hash)
  check.time('/expires_at', expires_at)
  if (check.failed) return invalid(check)
  if (tables.invites.has(id)) return refused('duplicate_id', `Invite ${id} exists already.`)
  const dropped = dropOld(tables, at)
  const invite: Invite = { id, hash, created_at: at, expires_at }
  tables.invites.add(invite)
  return created(invite, [...dropped, { kind: 'invite', id, record: invite }])
}

export function redeemInvite(tables: Tables, { id, hash }: Of<'invite.redeem'>, { at }: Stamp): Applied {
  const serial = tables.invites.serialOf(id)
  const invite = tables.invites.at(serial)
  if (invite === null || invite.hash !== hash) {
    return refused('invalid_invite', `Invite ${shown(id)} is unknown here or was used already.`)
  }
  if (invite.expires_at <= at) {
    return refused('invalid_invite', `Invite ${id} expired at ${new Date(invite.expires_at).toISOString()}.`)
  }
  tables.invites.remove(serial)
  return changed(invite, [{ kind: 'invite', id: invite.id, record: null }])
}

/** Used, withdrawn or never made: the same answer, for it is gone either way. */
export function deleteInvite(tables: Tables, { id }: Of<'invite.delete'>): Applied {
  const serial = tables.invites.serialOf(id)
  const invite = tables.invites.at(serial)
  if (invite === null) return refused('not_found', `There is no open invite ${shown(id)}.`)
  tables.invites.remove(serial)
  return deleted([{ kind: 'invite', id: invite.id, record: null }])
}

/** Drops what expired long ago and, beyond the bound, the oldest. */
function dropOld(tables: Tables, at: number): readonly Change[] {
  const { invites } = tables
  const dropped: Change[] = []
  let excess = invites.size + 1 - INVITES_MAX
  for (const invite of invites) {
    if (invite.expires_at + INVITE_KEEP_EXPIRED_MS > at && excess <= 0) continue
    dropped.push({ kind: 'invite', id: invite.id, record: null })
    invites.remove(invites.serialOf(invite.id))
    excess--
  }
  return dropped
}

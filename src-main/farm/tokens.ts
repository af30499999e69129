/** Commands on API tokens. Only the hash of a secret is ever here. */
import { FieldCheck, shown } from './fields'
import { created, deleted, invalid, refused } from './outcomes'
import type { Stamp, Tables } from './state'
import { TOKEN_ROLES, type Applied, type Command, type Token, type TokenRole } from './types'

type Of<Type extends Command['type']> = Extract<Command, { readonly type: Type }>

export function createToken(tables: Tables, command: Of<'token.create'>, { at }: Stamp): Applied {
  const check = new FieldCheck()
  const { id, name, role, hash, expires_at } = command
  check.id('/id', id)
  check.text('/name', name)
  checkRole(check, '/role', role)
  check.sha256('/hash', hash)
  if (expires_at !== null) check.time('/expires_at', expires_at)
  if (check.failed) return invalid(check)
  if (tables.tokens.has(id)) return refused('duplicate_id', `Token ${id} exists already.`)
  const twin = tables.tokensByHash.get(hash)
  if (twin !== undefined) return refused('duplicate_id', `Token ${twin.id} has the same secret.`)
  const token: Token = { id, name, role, hash, created_at: at, expires_at }
  tables.tokens.add(token)
  tables.tokensByHash.set(hash, token)
  return created(token, [{ kind: 'token', id, record: token }])
}

export function deleteToken(tables: Tables, { id }: Of<'token.delete'>): Applied {
  const serial = tables.tokens.serialOf(id)
  const token = tables.tokens.at(serial)
  if (token === null) return refused('not_found', `There is no token ${shown(id)}.`)
  tables.tokens.remove(serial)
  tables.tokensByHash.delete(token.hash)
  return deleted([{ kind: 'token', id, record: null }])
}

export function checkRole(check: FieldCheck, path: string, role: unknown): role is TokenRole {
  return (
    (TOKEN_ROLES as readonly unknown[]).includes(role) || check.add(path, `must be one of ${TOKEN_ROLES.join(', ')}`)
  )
}

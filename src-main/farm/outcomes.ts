/** How a command ends: constructors for {@link Applied}, so that all outcomes have few shapes. */
import type { FieldError, ProblemCode } from '../contract/problems'
import type { FieldCheck } from './fields'
import type { Applied, Change, Outcome } from './types'

const NO_CHANGES: readonly Change[] = []
const NO_CONTENT: Outcome = { ok: true, status: 204, body: null }
const OPENED: Outcome = { ok: true, status: 201, body: null }
const SESSION_EXPIRED: Outcome = {
  ok: false,
  code: 'session_expired',
  detail: 'The session is unknown: it was never opened or has expired. Nothing was applied.'
}

export function created(body: object, changes: readonly Change[]): Applied {
  return { outcome: { ok: true, status: 201, body }, changes, reset: false }
}

export function changed(body: object | null, changes: readonly Change[]): Applied {
  return { outcome: { ok: true, status: 200, body }, changes, reset: false }
}

export function deleted(changes: readonly Change[]): Applied {
  return { outcome: NO_CONTENT, changes, reset: false }
}

export function replaced(body: object): Applied {
  return { outcome: { ok: true, status: 200, body }, changes: NO_CHANGES, reset: true }
}

export function refused(code: ProblemCode, detail: string, errors?: readonly FieldError[]): Applied {
  const outcome: Outcome = errors === undefined ? { ok: false, code, detail } : { ok: false, code, detail, errors }
  return { outcome, changes: NO_CHANGES, reset: false }
}

export function invalid(check: FieldCheck): Applied {
  const detail = check.errors
    .map(({ path, message }) => `${path === '' ? 'The request' : path.slice(1)} ${message}`)
    .join('; ')
  return refused('invalid_request', `${detail}.`, check.errors)
}

/** The answer to an entry that repeats an earlier one. */
export function repeated(outcome: Outcome): Applied {
  return { outcome, changes: NO_CHANGES, reset: false }
}

export function opened(): Applied {
  return repeated(OPENED)
}

export function sessionExpired(): Applied {
  return repeated(SESSION_EXPIRED)
}

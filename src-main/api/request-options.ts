/** What a request says besides its path and body: how long to wait, whether it is a repeat, how fresh to read. */
import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import {
  IDEMPOTENCY_KEY_CHARS_MAX,
  IDEMPOTENCY_KEY_HEADER,
  REQUEST_TIMEOUT_HEADER,
  REQUEST_TIMEOUT_MS_DEFAULT,
  REQUEST_TIMEOUT_MS_MAX,
  REQUEST_TIMEOUT_MS_MIN
} from '../contract/limits'
import { invalid, pathOf } from './problem'

/** Milliseconds; what lies outside the bounds is brought to the nearest. */
export function timeoutMsOf(request: FastifyRequest, otherwiseMs = REQUEST_TIMEOUT_MS_DEFAULT): number {
  const text = request.headers[REQUEST_TIMEOUT_HEADER]
  if (text === undefined) return otherwiseMs
  const ms = Number(text)
  if (typeof text !== 'string' || !/^\d+$/.test(text)) {
    throw invalid('/X-Request-Timeout-Ms', 'must be a whole number of milliseconds')
  }
  return Math.min(Math.max(ms, REQUEST_TIMEOUT_MS_MIN), REQUEST_TIMEOUT_MS_MAX)
}

/** `body`: what the request asks for, as parsed. Two requests are the same when method, path and body are. */
export function idempotencyOf(request: FastifyRequest, body: unknown): { key: string; request: string } | undefined {
  const key = request.headers[IDEMPOTENCY_KEY_HEADER]
  if (key === undefined) return undefined
  if (typeof key !== 'string' || key === '' || key.length > IDEMPOTENCY_KEY_CHARS_MAX) {
    throw invalid('/Idempotency-Key', `must have 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} characters`)
  }
  const hash = createHash('sha256').update(`${request.method} ${pathOf(request.raw.url)}\n${canonical(body)}`)
  return { key, request: hash.digest('base64url') }
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
  return `{${members.join(',')}}`
}

/** JSON from the other side: parsed, and searched for what could reach an object's prototype, before anyone uses it. */
import { ProtocolError } from './protocol-error'

const DEPTH_MAX = 32
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

export const encodeJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value) ?? 'null', 'utf8')

/** @throws ProtocolError */
export function decodeJson(payload: Buffer): unknown {
  let value: unknown
  try {
    value = JSON.parse(payload.toString('utf8'))
  } catch {
    throw new ProtocolError('malformed JSON')
  }
  inspect(value, 0)
  return value
}

function inspect(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth === DEPTH_MAX) throw new ProtocolError('JSON that is nested too deeply')
  if (Array.isArray(value)) for (const item of value) inspect(item, depth + 1)
  else
    for (const key of Object.keys(value)) {
      if (FORBIDDEN.has(key)) throw new ProtocolError('a forbidden key in JSON')
      inspect((value as Record<string, unknown>)[key], depth + 1)
    }
}

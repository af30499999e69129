/** How a command travels in the log: JSON, with session and sequence number first so that a node knows its own. */
import type { Command, Envelope } from '../farm/types'
import type { ProposeOptions } from './replica'

/** Depth to which a command is looked at; a deeper one (a restore) is parsed again at apply. */
const DEPTH_MAX = 3

/**
 * True when JSON.parse(JSON.stringify(value)) would give the same again, so that the object may stand for the text.
 * False negatives are harmless.
 */
export function survivesJson(value: unknown, depth = DEPTH_MAX): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object': {
      if (value === null) return true
      if (depth === 0 || Object.getPrototypeOf(value) !== Object.prototype) return false
      const record = value as Record<string, unknown>
      for (const key in record) if (!survivesJson(record[key], depth - 1)) return false
      return true
    }
    default:
      return false
  }
}

export interface Stamp {
  readonly session: string
  readonly seq: number
  readonly lowest: number
  readonly wallMs: number
  readonly node: string
}

export function envelopeOf(command: Command, options: ProposeOptions, stamp: Stamp): Envelope {
  const { session: s, seq: q, lowest: w, wallMs: t, node: n } = stamp
  const a = options.by
  const k = options.idempotency
  return k === undefined ? { s, q, w, t, a, n, c: command } : { s, q, w, t, a, n, k, c: command }
}

/** Every command of a session begins like this; the sequence number follows. */
export const prefixOf = (session: string): string => `{"s":${JSON.stringify(session)},"q":`

/** Sequence number of a command that begins with `prefix`; -1 when it is another's. */
export function sequenceOf(data: string, prefix: string): number {
  if (!data.startsWith(prefix)) return -1
  let seq = 0
  for (let at = prefix.length; at < data.length; at++) {
    const digit = data.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) break
    seq = seq * 10 + digit
  }
  return seq
}

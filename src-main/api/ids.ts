/** Ids for what clients left unnamed: 9 characters of time and 7 of chance, so that they sort by creation. */
import { randomFillSync } from 'node:crypto'

/** Crockford's base32: no letters that look like others. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_CHARS = 9
const RANDOM_CHARS = 7
const POOL_BYTES = RANDOM_CHARS * 512

const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES
let timeMs = -1
let timeText = ''

export function newId(nowMs: number): string {
  if (nowMs !== timeMs) {
    timeMs = nowMs
    timeText = encodeTime(nowMs)
  }
  if (used === POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  let id = timeText
  for (let end = used + RANDOM_CHARS; used < end; used++) id += ALPHABET[pool[used]! & 31]
  return id
}

function encodeTime(ms: number): string {
  let text = ''
  for (let rest = ms, chars = 0; chars < TIME_CHARS; chars++) {
    text = ALPHABET[rest % 32]! + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** The client's id as a string, or a new one. */
export const idOr = (given: string | number | undefined, nowMs: number): string =>
  given === undefined ? newId(nowMs) : String(given)

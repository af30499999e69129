/**
 * One line of a file: a JSON document in ASCII whose last member is a CRC-32 over everything before it.
 *
 * ASCII, because NeDB's reader also splits lines at U+0085, U+2028 and U+2029, which JSON leaves as they are;
 * and because then bytes, characters and UTF-16 units are the same and no line holds a NUL or a newline.
 */
import { crc32 } from 'node:zlib'

const CRC_KEY = ',"crc":"'
const CRC_DIGITS = 8
const CLOSING = '"}'
const SUFFIX_LENGTH = CRC_KEY.length + CRC_DIGITS + CLOSING.length
export const NEWLINE = 0x0a

const hex32 = (n: number): string => n.toString(16).padStart(CRC_DIGITS, '0')

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** JSON text in ASCII only. Only strings can hold anything else, so escapes are all it takes. */
const toAscii = (json: string): string =>
  Buffer.byteLength(json) === json.length ? json : json.replace(/[\u0080-\uffff]/g, escapeUnit)

/** `document` (not empty, without member crc) as a line with its newline, and the CRC it carries. */
export const sealLine = (document: object): { readonly line: Buffer; readonly crc: string } => {
  const json = toAscii(JSON.stringify(document))
  const length = json.length - 1
  const line = Buffer.allocUnsafe(length + SUFFIX_LENGTH + 1)
  line.write(json, 0, length, 'latin1')
  const crc = hex32(crc32(line.subarray(0, length)))
  line.write(`${CRC_KEY}${crc}${CLOSING}\n`, length, 'latin1')
  return { line, crc }
}

const KEY_BYTES = Buffer.from(CRC_KEY, 'latin1')
const CLOSING_BYTES = Buffer.from(CLOSING, 'latin1')

/** Value of a lower-case hexadecimal digit, or NaN. */
const digit = (byte: number): number =>
  byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : NaN

const standsAt = (line: Buffer, at: number, expected: Buffer): boolean => {
  for (let i = 0; i < expected.length; i++) if (line[at + i] !== expected[i]) return false
  return true
}

/** Whether `line` (without newline) is as {@link sealLine} made it. Its CRC is then its member crc. */
export const isWhole = (line: Buffer): boolean => {
  const length = line.length - SUFFIX_LENGTH
  if (length < 1 || !standsAt(line, length, KEY_BYTES)) return false
  if (!standsAt(line, line.length - CLOSING.length, CLOSING_BYTES)) return false
  const digitsAt = length + CRC_KEY.length
  let crc = 0
  for (let i = 0; i < CRC_DIGITS; i++) crc = crc * 16 + digit(line[digitsAt + i] as number)
  return crc === crc32(line.subarray(0, length))
}

/** Does a whole line stand at the start of `bytes`, whatever follows it? Inside strings the quotes of the key
 *  are escaped, so it is found at the end of a line only. */
export const startsWithWholeLine = (bytes: Buffer): boolean => {
  const key = bytes.indexOf(CRC_KEY, 0, 'latin1')
  return key !== -1 && isWhole(bytes.subarray(0, key + SUFFIX_LENGTH))
}

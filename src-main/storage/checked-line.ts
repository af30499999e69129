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

export const hex32 = (n: number): string => n.toString(16).padStart(CRC_DIGITS, '0')

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

/** The CRC that `line` (without newline) carries, or null when it does not fit. */
export const checkLine = (line: Buffer): string | null => {
  const length = line.length - SUFFIX_LENGTH
  if (length < 1) return null
  const crc = hex32(crc32(line.subarray(0, length)))
  return line.toString('latin1', length) === `${CRC_KEY}${crc}${CLOSING}` ? crc : null
}

/** Does a whole line stand at the start of `bytes`, whatever follows it? Inside strings the quotes of the key
 *  are escaped, so it is found at the end of a line only. */
export const startsWithWholeLine = (bytes: Buffer): boolean => {
  const key = bytes.indexOf(CRC_KEY, 0, 'latin1')
  return key !== -1 && checkLine(bytes.subarray(0, key + SUFFIX_LENGTH)) !== null
}

/** The few forms of DER (X.690) that a certificate is made of. */

const value = (tag: number, ...content: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.of(tag), length(body.length), body])
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes)
  if (bytes < 0x100) return Buffer.of(0x81, bytes)
  if (bytes < 0x10000) return Buffer.of(0x82, bytes >> 8, bytes & 0xff)
  throw new RangeError('too long for a certificate')
}

export const sequence = (...items: readonly Buffer[]): Buffer => value(0x30, ...items)
export const set = (...items: readonly Buffer[]): Buffer => value(0x31, ...items)
export const utf8String = (text: string): Buffer => value(0x0c, Buffer.from(text, 'utf8'))
export const octetString = (content: Buffer): Buffer => value(0x04, content)
export const boolean = (is: boolean): Buffer => value(0x01, Buffer.of(is ? 0xff : 0))
/** @param unusedBits at the end of the last byte */
export const bitString = (content: Buffer, unusedBits = 0): Buffer => value(0x03, Buffer.of(unusedBits), content)
/** [n] EXPLICIT */
export const explicit = (n: number, content: Buffer): Buffer => value(0xa0 | n, content)
/** [n] IMPLICIT, of a primitive type */
export const implicit = (n: number, content: Buffer): Buffer => value(0x80 | n, content)

/** A positive integer from its bytes, most significant first. */
export function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first === -1 ? Buffer.of(0) : bytes.subarray(first)
  return value(0x02, ...(digits[0]! >= 0x80 ? [Buffer.of(0)] : []), digits)
}

/** @param dotted like 1.2.840.10045.2.1 */
export function objectIdentifier(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]]
  const base128 = (n: number): number[] => {
    const digits = [n & 0x7f]
    for (let left = n >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80)
    return digits
  }
  return value(0x06, Buffer.from([40 * first + second, ...rest.flatMap(base128)]))
}

/** Until 2049 as UTCTime, from then on as GeneralizedTime (RFC 5280, 4.1.2.5). */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+Z$/g, '')
  return digits < '2050' ? value(0x17, Buffer.from(`${digits.slice(2)}Z`)) : value(0x18, Buffer.from(`${digits}Z`))
}

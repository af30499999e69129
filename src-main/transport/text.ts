/**
 * Text on the wire, without loss: ASCII as one byte a character, else UTF-8, and UTF-16 for what UTF-8 cannot
 * hold (lone surrogates). Nearly all text is ASCII, and V8 copies that without looking at it.
 */
import { isUtf8 } from 'node:buffer'
import { toUSVString } from 'node:util'
import { ProtocolError } from './protocol-error'

const ASCII = 0
const UTF8 = 1
const UTF16 = 2

/** Encoding (u8) and length in bytes (u32) stand before the text. */
export const TEXT_HEADER_BYTES = 5

/** Most bytes that `text` can take, its header included; exact for ASCII. */
export function textBytesMax(text: string): number {
  const bytes = Buffer.byteLength(text, 'utf8')
  return TEXT_HEADER_BYTES + (bytes === text.length ? bytes : Math.max(bytes, 2 * text.length))
}

/** Writes header and text; returns the offset behind them. The room of {@link textBytesMax} is enough. */
export function writeText(into: Buffer, offset: number, text: string): number {
  const start = offset + TEXT_HEADER_BYTES
  const bytes = Buffer.byteLength(text, 'utf8')
  let encoding = ASCII
  let written: number
  if (bytes === text.length) written = into.write(text, start, 'latin1')
  else if (toUSVString(text) === text) {
    encoding = UTF8
    written = into.write(text, start, 'utf8')
  } else {
    encoding = UTF16
    written = into.write(text, start, 'utf16le')
  }
  into[offset] = encoding
  into.writeUInt32BE(written, offset + 1)
  return start + written
}

/** Bytes of the text at `offset`, its header included. @throws ProtocolError when it does not lie wholly inside */
export function textSpan(from: Buffer, offset: number): number {
  if (offset + TEXT_HEADER_BYTES > from.length) throw new ProtocolError('a text is cut short')
  const span = TEXT_HEADER_BYTES + from.readUInt32BE(offset + 1)
  if (offset + span > from.length) throw new ProtocolError('a text is cut short')
  return span
}

/** @param span of {@link textSpan} */
export function readText(from: Buffer, offset: number, span: number): string {
  const start = offset + TEXT_HEADER_BYTES
  const end = offset + span
  switch (from[offset]) {
    case ASCII:
      return from.toString('latin1', start, end)
    case UTF8:
      if (!isUtf8(from.subarray(start, end))) throw new ProtocolError('a text is not UTF-8')
      return from.toString('utf8', start, end)
    case UTF16:
      if ((end - start) % 2 !== 0) throw new ProtocolError('a text is not UTF-16')
      return from.toString('utf16le', start, end)
    default:
      throw new ProtocolError('a text in an unknown encoding')
  }
}

/**
 * Texts on the wire, without loss. Nearly all text is ASCII: then all of it is joined and copied in one go, which
 * costs a third of doing so one by one. Else each is UTF-8, or UTF-16 where UTF-8 cannot hold it (lone surrogates).
 *
 * Layout: number of texts (u32); whether they are of mixed encodings (u8); length of each in bytes (u32); where
 * mixed, encoding of each (u8); the bytes.
 */
import { isUtf8 } from 'node:buffer'
import { toUSVString } from 'node:util'
import { ProtocolError } from './protocol-error'

const ASCII = 0
const UTF8 = 1
const UTF16 = 2

const HEAD_BYTES = 5
const LENGTH_BYTES = 4

/** The texts behind `room` bytes that are left to the caller. */
export function encodeTexts(room: number, texts: readonly string[]): Buffer {
  const joined = texts.length === 1 ? texts[0]! : texts.join('')
  if (Buffer.byteLength(joined) !== joined.length) return encodeMixed(room, texts)
  const start = room + HEAD_BYTES + texts.length * LENGTH_BYTES
  const into = Buffer.allocUnsafe(start + joined.length)
  let offset = writeHead(into, room, texts.length, false)
  for (const text of texts) offset = into.writeUInt32BE(text.length, offset)
  into.write(joined, start, 'latin1')
  return into
}

function encodeMixed(room: number, texts: readonly string[]): Buffer {
  const encodings: number[] = []
  const parts: Buffer[] = []
  for (const text of texts) {
    const wellFormed = toUSVString(text) === text
    encodings.push(wellFormed ? UTF8 : UTF16)
    parts.push(Buffer.from(text, wellFormed ? 'utf8' : 'utf16le'))
  }
  const head = Buffer.allocUnsafe(room + HEAD_BYTES + texts.length * (LENGTH_BYTES + 1))
  let offset = writeHead(head, room, texts.length, true)
  for (const part of parts) offset = head.writeUInt32BE(part.length, offset)
  for (const encoding of encodings) offset = head.writeUInt8(encoding, offset)
  return Buffer.concat([head, ...parts])
}

function writeHead(into: Buffer, offset: number, count: number, mixed: boolean): number {
  return into.writeUInt8(mixed ? 1 : 0, into.writeUInt32BE(count, offset))
}

/** The texts from `offset` to the end. @throws ProtocolError */
export function decodeTexts(from: Buffer, offset: number): string[] {
  if (offset + HEAD_BYTES > from.length) throw new ProtocolError('texts are cut short')
  const count = from.readUInt32BE(offset)
  const mixed = from.readUInt8(offset + 4)
  if (mixed > 1) throw new ProtocolError('a flag out of range')
  const lengthsAt = offset + HEAD_BYTES
  const encodingsAt = lengthsAt + count * LENGTH_BYTES
  let start = encodingsAt + mixed * count
  if (start > from.length) throw new ProtocolError('texts are cut short')
  const texts: string[] = []
  for (let i = 0; i < count; i++) {
    const end = start + from.readUInt32BE(lengthsAt + i * LENGTH_BYTES)
    if (end > from.length) throw new ProtocolError('texts are cut short')
    texts.push(decodeText(from, start, end, mixed === 0 ? ASCII : from.readUInt8(encodingsAt + i)))
    start = end
  }
  if (start !== from.length) throw new ProtocolError('texts are followed by something else')
  return texts
}

function decodeText(from: Buffer, start: number, end: number, encoding: number): string {
  switch (encoding) {
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

/**
 * Tells a write that a power cut interrupted from a record that was acknowledged and is damaged now.
 *
 * What can be torn: each record is written only after the barrier of the one before it has returned, so at most
 * ONE record of a file is not covered by a barrier, and it is the last. Of that one record the medium may hold
 *   - a prefix, followed by the end of the file or by the zeros that stood there before (reserve.ts), or
 *   - any subset of its sectors, where those that did not arrive read as zeros, and they may be any, since a drive
 *     orders its writes as it likes.
 * A line never contains a NUL (it is printable ASCII) nor a newline but its last byte, and a barrier covers that
 * too. Hence a tail, without the zeros at its end, counts as torn only when it is the beginning of a line that has no
 * end yet, or when it holds runs of NULs that begin and end at sector boundaries. Whatever else stands there was
 * written whole and has changed since, or is not ours: damage, and the node must not go on as if it had never promised
 * it. So a flipped bit is never taken for a torn write: it leaves a whole line with a CRC that does not fit, or, in the
 * newline, a whole line followed by a byte.
 *
 * What cannot be told apart: a drive that loses whole sectors, or the end of the file, of the very last record
 * after it has confirmed the barrier. Every earlier record is covered by its successor.
 */
import { NEWLINE, startsWithWholeLine } from './checked-line'

const SECTOR_BYTES = 512
const SPACE = 0x20
/** What every line begins with. */
const OPEN_BRACE = 0x7b

export type TailVerdict = { readonly torn: true } | { readonly torn: false; readonly reason: string }

const TORN: TailVerdict = { torn: true }
const damaged = (reason: string): TailVerdict => ({ torn: false, reason })

/** Bytes before the zeros that `bytes` ends with. */
export const lengthWithoutZeros = (bytes: Buffer): number => {
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0) length--
  return length
}

/** `tail`: all bytes from `offset` on, not only zeros. */
export const judgeTail = (tail: Buffer, offset: number): TailVerdict => {
  const written = lengthWithoutZeros(tail)
  const newline = tail.indexOf(NEWLINE)
  if (newline !== -1 && newline < written - 1) {
    return damaged(`the record at byte ${offset} is damaged, and more records follow it`)
  }
  // A whole line that lacks nothing but its newline is the longest prefix a torn write can leave.
  if (newline === -1 && startsWithWholeLine(tail.subarray(0, Math.max(0, written - 1)))) {
    return damaged(`the last record, at byte ${offset}, ends wrongly`)
  }
  const end = newline === -1 ? written : newline
  let zeros = 0
  for (let at = 0; at < end; at++) {
    const byte = tail[at] as number
    if (byte === 0) {
      const start = at
      while (tail[at] === 0) at++
      const startsAligned = start === 0 || (offset + start) % SECTOR_BYTES === 0
      if (!startsAligned || (offset + at) % SECTOR_BYTES !== 0) {
        return damaged(`the last record has zeros in it at byte ${offset + start}`)
      }
      zeros += at - start
      at--
    } else if (byte < SPACE || byte > 0x7f) {
      return damaged(`the last record has a byte that cannot be in it at ${offset + at}`)
    }
  }
  if (zeros > 0) return TORN
  if (newline !== -1) return damaged(`the checksum of the last record, at byte ${offset}, does not fit`)
  if (tail[0] !== OPEN_BRACE) return damaged(`what stands at byte ${offset} is no record`)
  return TORN
}

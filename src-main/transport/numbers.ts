/** Terms, indexes and counters on the wire: doubles that must be safe integers, not negative. */
import { asIndex, asTerm, type LogIndex, type Term } from '../raft/types'
import { ProtocolError } from './protocol-error'

export const NUMBER_BYTES = 8

/** @throws ProtocolError */
export function readCount(from: Buffer, offset: number): number {
  const value = from.readDoubleBE(offset)
  if (!Number.isSafeInteger(value) || value < 0) throw new ProtocolError('a number out of range')
  // Not -0, which would pass for 0 in some places only.
  return value + 0
}

export const readTerm = (from: Buffer, offset: number): Term => asTerm(readCount(from, offset))
export const readIndex = (from: Buffer, offset: number): LogIndex => asIndex(readCount(from, offset))

/** @throws ProtocolError */
export function readFlag(from: Buffer, offset: number): boolean {
  const value = from.readUInt8(offset)
  if (value > 1) throw new ProtocolError('a flag out of range')
  return value === 1
}

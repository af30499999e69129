/**
 * Frames on a connection: length (u32), type (u8), CRC-32 over type and payload (u32), payload. Big-endian.
 *
 * Invariant: no more is allocated for a frame than the bound in force allows, and the bound is checked before
 * anything is. A payload handed to the consumer may share memory with its neighbours: it is read, not written to.
 */
import { crc32 } from 'node:zlib'
import { ProtocolError } from './protocol-error'

export const HEADER_BYTES = 9

/** CRC-32 of the one byte `type`, from which the CRC of a frame goes on. */
const CRC_OF_TYPE = Array.from({ length: 256 }, (_, type) => crc32(Buffer.of(type)))
const crcOf = (type: number, payload: Buffer): number => crc32(payload, CRC_OF_TYPE[type])

/** An empty frame for `bytes` of payload, to be filled from HEADER_BYTES on and then sealed. */
export const allocateFrame = (bytes: number): Buffer => Buffer.allocUnsafe(HEADER_BYTES + bytes)

/** Writes the header of a frame whose payload stands. */
export function sealFrame(type: number, frame: Buffer): Buffer {
  frame.writeUInt32BE(frame.length - HEADER_BYTES, 0)
  frame[4] = type
  frame.writeUInt32BE(crcOf(type, frame.subarray(HEADER_BYTES)), 5)
  return frame
}

export function makeFrame(type: number, payload: Buffer): Buffer {
  const frame = allocateFrame(payload.length)
  payload.copy(frame, HEADER_BYTES)
  return sealFrame(type, frame)
}

export type FrameConsumer = (type: number, payload: Buffer) => void

/** Cuts a stream of bytes into frames. Feed it until it throws; then the connection is beyond repair. */
export class FrameReader {
  /** Both may be changed by the consumer, with effect from the next frame on. */
  payloadBytesMax: number
  consumer: FrameConsumer
  #stopped = false
  readonly #header = Buffer.allocUnsafe(HEADER_BYTES)
  #headerFilled = 0
  /** Payload that arrives in several pieces; null while none is under way. */
  #payload: Buffer | null = null
  #payloadFilled = 0
  #type = 0
  #crc = 0

  constructor(payloadBytesMax: number, consumer: FrameConsumer) {
    this.payloadBytesMax = payloadBytesMax
    this.consumer = consumer
  }

  /** Nothing is delivered any more, not even the rest of the piece in hand. */
  stop(): void {
    this.#stopped = true
    this.#payload = null
  }

  /** @throws ProtocolError, and whatever the consumer throws */
  push(piece: Buffer): void {
    let offset = 0
    while (offset < piece.length && !this.#stopped) {
      if (this.#payload === null) {
        let length: number
        if (this.#headerFilled === 0 && piece.length - offset >= HEADER_BYTES) {
          length = this.#readHeader(piece, offset)
          offset += HEADER_BYTES
        } else {
          const taken = piece.copy(this.#header, this.#headerFilled, offset, offset + HEADER_BYTES - this.#headerFilled)
          offset += taken
          this.#headerFilled += taken
          if (this.#headerFilled < HEADER_BYTES) return
          this.#headerFilled = 0
          length = this.#readHeader(this.#header, 0)
        }
        if (piece.length - offset >= length) {
          this.#deliver(piece.subarray(offset, offset + length))
          offset += length
        } else {
          this.#payload = Buffer.allocUnsafe(length)
          this.#payloadFilled = 0
        }
      } else {
        const taken = piece.copy(this.#payload, this.#payloadFilled, offset)
        offset += taken
        this.#payloadFilled += taken
        if (this.#payloadFilled < this.#payload.length) return
        const payload = this.#payload
        this.#payload = null
        this.#deliver(payload)
      }
    }
  }

  #readHeader(from: Buffer, offset: number): number {
    const length = from.readUInt32BE(offset)
    if (length > this.payloadBytesMax)
      throw new ProtocolError(`a frame of ${length} bytes, where ${this.payloadBytesMax} are allowed`)
    this.#type = from.readUInt8(offset + 4)
    this.#crc = from.readUInt32BE(offset + 5)
    return length
  }

  #deliver(payload: Buffer): void {
    if (crcOf(this.#type, payload) !== this.#crc) throw new ProtocolError('a frame does not fit its checksum')
    this.consumer(this.#type, payload)
  }
}

/** What travels on a snapshot connection: an offer, its answer, chunks, their acknowledgements, the commit. */
import type { SnapshotMeta, Term } from '../raft/types'
import { allocateFrame, HEADER_BYTES, makeFrame, sealFrame } from './frame'
import { FRAME } from './frame-types'
import { decodeJson, encodeJson } from './json'
import { SNAPSHOT_FRAME_BYTES_MAX } from './limits'
import { ProtocolError } from './protocol-error'
import { asShape, count, snapshotMeta, term, text } from './shapes'
import { decodeTexts, encodeTexts } from './texts'

const CHUNKS_MAX = 1 << 24

export interface Offer {
  readonly term: Term
  readonly meta: SnapshotMeta
  readonly chunks: number
}

export interface Chunk {
  readonly sequence: number
  readonly chunk: string
  /** As the store computed it. */
  readonly crc32: number
}

export const encodeOffer = (offer: Offer): Buffer => makeFrame(FRAME.offer, encodeJson(offer))

/** @throws ProtocolError */
export function decodeOffer(payload: Buffer): Offer {
  const shape = asShape(decodeJson(payload), 'offer')
  const chunks = count(shape, 'chunks')
  if (chunks > CHUNKS_MAX) throw new ProtocolError('a snapshot of too many chunks')
  return { term: term(shape, 'term'), meta: snapshotMeta(shape['meta']), chunks }
}

/** @param chunksPresent where the transfer goes on */
export const encodeAccept = (chunksPresent: number): Buffer => sequenceFrame(FRAME.accept, chunksPresent)
export const encodeChunkAck = (sequence: number): Buffer => sequenceFrame(FRAME.chunkAck, sequence)

function sequenceFrame(type: number, sequence: number): Buffer {
  const frame = allocateFrame(4)
  frame.writeUInt32BE(sequence, HEADER_BYTES)
  return sealFrame(type, frame)
}

/** @throws ProtocolError */
export function decodeSequence(payload: Buffer): number {
  if (payload.length !== 4) throw new ProtocolError('a sequence number is malformed')
  return payload.readUInt32BE(0)
}

export const encodeDecline = (reason: string): Buffer =>
  makeFrame(FRAME.decline, encodeJson({ reason: reason.slice(0, 256) }))

/** @throws ProtocolError */
export const decodeDecline = (payload: Buffer): string => text(asShape(decodeJson(payload), 'refusal'), 'reason')

/** @throws RangeError when the chunk is too large for a frame */
export function encodeChunk({ sequence, chunk, crc32 }: Chunk): Buffer {
  const frame = encodeTexts(HEADER_BYTES + 8, [chunk])
  if (frame.length - HEADER_BYTES > SNAPSHOT_FRAME_BYTES_MAX) throw new RangeError('a snapshot chunk is too large')
  frame.writeUInt32BE(crc32, frame.writeUInt32BE(sequence, HEADER_BYTES))
  return sealFrame(FRAME.chunk, frame)
}

/** @throws ProtocolError */
export function decodeChunk(payload: Buffer): Chunk {
  if (payload.length < 8) throw new ProtocolError('a chunk is cut short')
  const [chunk, ...rest] = decodeTexts(payload, 8)
  if (chunk === undefined || rest.length > 0) throw new ProtocolError('a chunk is one text')
  return { sequence: payload.readUInt32BE(0), crc32: payload.readUInt32BE(4), chunk }
}

const EMPTY = Buffer.alloc(0)
export const commitFrame = makeFrame(FRAME.commit, EMPTY)
export const committedFrame = makeFrame(FRAME.committed, EMPTY)
export const fetchFrame = makeFrame(FRAME.fetch, EMPTY)

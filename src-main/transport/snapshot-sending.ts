/**
 * Sends one snapshot over a connection of its own: offer, chunks from where the peer has got to, commit. A few
 * chunks are on the way at a time, so that a slow disk over there slows the reading here.
 */
import type { Term } from '../raft/types'
import type { SnapshotReader } from '../storage/ports'
import type { Connection } from './connection'
import type { TransportClock } from './environment'
import { FRAME } from './frame-types'
import { FrameInbox, type Frame } from './frame-inbox'
import { CONTROL_FRAME_BYTES_MAX, SNAPSHOT_FRAME_BYTES_MAX, type TransportLimits } from './limits'
import { ProtocolError } from './protocol-error'
import { commitFrame, decodeDecline, decodeSequence, encodeChunk, encodeOffer } from './snapshot-frames'

/** The snapshot did not arrive as a whole: refused, aborted, or the connection broke. What arrived is kept there. */
export class SnapshotNotSent extends Error {
  readonly code = 'snapshot_not_sent'
}

/** Resolves when the peer has the whole durable. The reader is not closed. */
export async function sendSnapshotOver(
  connection: Connection,
  term: Term,
  reader: SnapshotReader,
  clock: TransportClock,
  limits: TransportLimits
): Promise<void> {
  const inbox = new FrameInbox(connection, clock, {
    payloadBytesMax: CONTROL_FRAME_BYTES_MAX,
    queueBytesMax: (limits.snapshotWindowChunks + 1) * SNAPSHOT_FRAME_BYTES_MAX,
    framesMax: limits.snapshotWindowChunks + 2
  })
  const send = (frame: Buffer): void => {
    if (!connection.sendFrame(frame)) throw new SnapshotNotSent('the connection is closed')
  }
  send(encodeOffer({ term, meta: reader.meta, chunks: reader.chunks }))
  const present = decodeSequence(expect(await inbox.next(limits.snapshotStepTimeoutMs), FRAME.accept))
  if (present > reader.chunks) throw new ProtocolError('more chunks are present than there are')

  let sent = present
  let acknowledged = present
  const awaitAck = async (): Promise<void> => {
    const sequence = decodeSequence(expect(await inbox.next(limits.snapshotStepTimeoutMs), FRAME.chunkAck))
    if (sequence !== acknowledged) throw new ProtocolError('chunks are acknowledged out of order')
    acknowledged++
  }
  for await (const chunk of reader.read(present)) {
    while (sent - acknowledged >= limits.snapshotWindowChunks) await awaitAck()
    send(encodeChunk(chunk))
    sent++
  }
  while (acknowledged < sent) await awaitAck()
  send(commitFrame)
  expect(await inbox.next(limits.snapshotCommitTimeoutMs), FRAME.committed)
}

function expect({ type, payload }: Frame, wanted: number): Buffer {
  if (type === FRAME.decline) throw new SnapshotNotSent(`refused: ${decodeDecline(payload)}`)
  if (type !== wanted) throw new ProtocolError(`frame type ${type} during a snapshot`)
  return payload
}

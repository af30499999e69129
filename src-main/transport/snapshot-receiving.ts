/**
 * Receives one snapshot over a connection of its own. A chunk is acknowledged when the store has it. However the
 * attempt ends, the store keeps what it has, and the next offer goes on from there.
 */
import type { NodeId } from '../raft/types'
import type { Connection } from './connection'
import type { TransportClock } from './environment'
import { FRAME } from './frame-types'
import { FrameInbox } from './frame-inbox'
import { CONTROL_FRAME_BYTES_MAX, SNAPSHOT_FRAME_BYTES_MAX, type TransportLimits } from './limits'
import type { TransportHandlers } from './ports'
import { ProtocolError } from './protocol-error'
import {
  committedFrame,
  decodeChunk,
  decodeOffer,
  encodeAccept,
  encodeChunkAck,
  encodeDecline
} from './snapshot-frames'

export type SnapshotHandlers = Pick<TransportHandlers, 'onSnapshotOffer' | 'onSnapshotReceived'>

/**
 * @param before end of an earlier attempt of the same peer, whose last write may still be under way
 * @returns why it ended; null when the snapshot is here. Never rejects.
 */
export async function receiveSnapshotOver(
  connection: Connection,
  from: NodeId,
  handlers: SnapshotHandlers,
  clock: TransportClock,
  limits: TransportLimits,
  before: Promise<unknown>
): Promise<string | null> {
  const inbox = new FrameInbox(connection, clock, {
    payloadBytesMax: SNAPSHOT_FRAME_BYTES_MAX,
    queueBytesMax: CONTROL_FRAME_BYTES_MAX,
    framesMax: limits.snapshotWindowChunks + 1
  })
  const next = async (type: number): Promise<Buffer> => {
    const frame = await inbox.next(limits.snapshotStepTimeoutMs)
    if (frame.type !== type) throw new ProtocolError(`frame type ${frame.type} during a snapshot`)
    return frame.payload
  }
  let receiver: Awaited<ReturnType<SnapshotHandlers['onSnapshotOffer']>> = null
  try {
    await before
    const { term, meta, chunks } = decodeOffer(await next(FRAME.offer))
    receiver = await handlers.onSnapshotOffer(from, term, meta, chunks)
    if (receiver === null) {
      connection.sendFrame(encodeDecline('this snapshot is not wanted'))
      connection.end()
      return 'not wanted'
    }
    connection.sendFrame(encodeAccept(receiver.chunksPresent))
    for (let expected = receiver.chunksPresent; expected < chunks; expected++) {
      const { sequence, chunk, crc32 } = decodeChunk(await next(FRAME.chunk))
      if (sequence !== expected) throw new ProtocolError('chunks out of order')
      await receiver.write(sequence, chunk, crc32)
      connection.sendFrame(encodeChunkAck(sequence))
    }
    await next(FRAME.commit)
    await receiver.commit()
    handlers.onSnapshotReceived(from, term, meta)
    connection.sendFrame(committedFrame)
    connection.end()
    return null
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    connection.sendFrame(encodeDecline(reason))
    connection.end()
    // The store reports a failure of its own elsewhere; here it only ends the attempt.
    await receiver?.abort().catch(() => undefined)
    return reason
  }
}

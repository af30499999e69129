/** A message over the production codec and back: the bytes of one connection, without the connection. */
import { BlockCache } from '../../src-main/transport/block'
import {
  encodeAppendEntries,
  encodeMessage,
  encodeRuntimeMessage,
  MessageDecoder
} from '../../src-main/transport/codec'
import { FrameReader } from '../../src-main/transport/frame'
import type { Message, NodeId } from '../../src-main/raft/types'
import type { RuntimeMessage } from '../../src-main/transport/ports'
import type { Codec } from './network'

const FRAME_BYTES_MAX = 64 * 1024 * 1024

const isForLog = (type: string): boolean => /^(AppendEntries|Forward)/.test(type)

function carry<M extends { readonly type: string }>(
  from: NodeId,
  to: NodeId,
  type: string,
  frames: readonly Buffer[]
): M {
  let received: M | null = null
  const receive = (_: NodeId, message: unknown) => (received = message as M)
  const decoder = new MessageDecoder(from, to, { onMessage: receive, onRuntimeMessage: receive })
  const reader = new FrameReader(FRAME_BYTES_MAX, (kind, payload) =>
    isForLog(type) ? decoder.decodeLog(kind, payload) : decoder.decodeControl(kind, payload)
  )
  for (const frame of frames) reader.push(frame)
  if (received === null) throw new Error(`${type} did not come through the codec`)
  return received
}

function recode(message: Message): Message {
  if (message.type !== 'AppendEntries') return carry(message.from, message.to, message.type, [encodeMessage(message)])
  const { block, frame } = encodeAppendEntries(message, new BlockCache())
  return carry(message.from, message.to, message.type, [...(block?.frames ?? []), frame])
}

function recodeRuntime(from: NodeId, to: NodeId, message: RuntimeMessage): RuntimeMessage {
  const { block, frame } = encodeRuntimeMessage(message)
  return carry(from, to, message.type, [...(block?.frames ?? []), frame])
}

export const PRODUCTION_CODEC: Codec = { message: recode, runtimeMessage: recodeRuntime }

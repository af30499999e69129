/**
 * Messages to frames and back. Sender and receiver are not on the wire: the connection was authenticated, so a
 * peer cannot speak for another.
 *
 * Whatever a decoder returns is of the declared type in every field; anything else is a ProtocolError.
 */
import type { AppendEntries, Message, NodeId } from '../raft/types'
import { decodeCommands, decodeEntries, encodeCommands, type Block, BlockAssembly, type BlockCache } from './block'
import { allocateFrame, HEADER_BYTES, makeFrame, sealFrame } from './frame'
import { FRAME } from './frame-types'
import { decodeJson, encodeJson } from './json'
import { NUMBER_BYTES, readCount, readFlag, readIndex, readTerm } from './numbers'
import type { RuntimeMessage } from './ports'
import { ProtocolError } from './protocol-error'
import { asShape, count, flag, nodeId, text } from './shapes'

// --- encoding ------------------------------------------------------------------------------------------------

/** Frames of one message, to be sent together or not at all. */
export interface Encoded {
  /** Shared with other peers; null when there are no entries or commands. */
  readonly block: Block | null
  readonly frame: Buffer
}

const APPEND_BYTES = 4 * NUMBER_BYTES + 1

export function encodeAppendEntries(message: AppendEntries, cache: BlockCache): Encoded {
  const block = message.entries.length === 0 ? null : cache.encode(message.entries)
  const frame = allocateFrame(APPEND_BYTES)
  let offset = frame.writeDoubleBE(message.term, HEADER_BYTES)
  offset = frame.writeDoubleBE(message.prevLogIndex, offset)
  offset = frame.writeDoubleBE(message.prevLogTerm, offset)
  offset = frame.writeDoubleBE(message.leaderCommit, offset)
  frame.writeUInt8(block === null ? 0 : 1, offset)
  return { block, frame: sealFrame(FRAME.appendEntries, frame) }
}

export function encodeMessage(message: Exclude<Message, AppendEntries>): Buffer {
  const { term } = message
  switch (message.type) {
    case 'RequestVote':
      return numbers(
        FRAME.requestVote,
        [term, message.lastLogIndex, message.lastLogTerm],
        [message.preVote, message.leadershipTransfer]
      )
    case 'RequestVoteReply':
      return numbers(FRAME.requestVoteReply, [term], [message.preVote, message.voteGranted])
    case 'AppendEntriesReply':
      return numbers(
        FRAME.appendEntriesReply,
        [term, message.matchIndex, message.hintIndex, message.hintTerm],
        [message.success]
      )
    case 'Heartbeat':
      return numbers(FRAME.heartbeat, [term, message.leaderCommit, message.round], [])
    case 'HeartbeatReply':
      return numbers(FRAME.heartbeatReply, [term, message.round], [])
    case 'TimeoutNow':
      return numbers(FRAME.timeoutNow, [term], [])
    case 'ReadIndex':
      return numbers(FRAME.readIndex, [term, message.context], [])
    case 'ReadIndexReply':
      return numbers(
        FRAME.readIndexReply,
        [term, message.context, message.readIndex ?? 0],
        [message.readIndex !== null]
      )
  }
}

function numbers(type: number, values: readonly number[], flags: readonly boolean[]): Buffer {
  const frame = allocateFrame(values.length * NUMBER_BYTES + flags.length)
  let offset = HEADER_BYTES
  for (const value of values) offset = frame.writeDoubleBE(value, offset)
  for (const value of flags) offset = frame.writeUInt8(value ? 1 : 0, offset)
  return sealFrame(type, frame)
}

export function encodeRuntimeMessage(message: RuntimeMessage): Encoded {
  switch (message.type) {
    case 'Forward':
      return { block: encodeCommands(message.commands), frame: numbers(FRAME.forward, [message.batch ?? 0], []) }
    case 'ForwardRefused': {
      const { commands, batch = 0, leaderId, reason } = message
      const body = { commands, batch, leaderId, reason: reason.slice(0, 256) }
      return { block: null, frame: json(FRAME.forwardRefused, body) }
    }
    case 'Request': {
      const { id, method, body } = message
      return { block: null, frame: json(FRAME.request, { id, method, body }) }
    }
    case 'Response': {
      const { id, ok, body } = message
      return { block: null, frame: json(FRAME.response, { id, ok, body }) }
    }
  }
}

const json = (type: number, value: unknown): Buffer => makeFrame(type, encodeJson(value))

// --- decoding ------------------------------------------------------------------------------------------------

export interface DecodedConsumer {
  onMessage(from: NodeId, message: Message): void
  onRuntimeMessage(from: NodeId, message: RuntimeMessage): void
}

/** One per connection, since a block and the frame that uses it belong together. */
export class MessageDecoder {
  readonly #block = new BlockAssembly()

  constructor(
    readonly from: NodeId,
    readonly to: NodeId,
    readonly consumer: DecodedConsumer
  ) {}

  /** @throws ProtocolError */
  decodeControl(type: number, payload: Buffer): void {
    const { from, to } = this
    switch (type) {
      case FRAME.requestVote: {
        expectBytes(payload, 3 * NUMBER_BYTES + 2)
        return this.consumer.onMessage(from, {
          type: 'RequestVote',
          from,
          to,
          term: readTerm(payload, 0),
          lastLogIndex: readIndex(payload, 8),
          lastLogTerm: readTerm(payload, 16),
          preVote: readFlag(payload, 24),
          leadershipTransfer: readFlag(payload, 25)
        })
      }
      case FRAME.requestVoteReply: {
        expectBytes(payload, NUMBER_BYTES + 2)
        return this.consumer.onMessage(from, {
          type: 'RequestVoteReply',
          from,
          to,
          term: readTerm(payload, 0),
          preVote: readFlag(payload, 8),
          voteGranted: readFlag(payload, 9)
        })
      }
      case FRAME.heartbeat: {
        expectBytes(payload, 3 * NUMBER_BYTES)
        return this.consumer.onMessage(from, {
          type: 'Heartbeat',
          from,
          to,
          term: readTerm(payload, 0),
          leaderCommit: readIndex(payload, 8),
          round: readCount(payload, 16)
        })
      }
      case FRAME.heartbeatReply: {
        expectBytes(payload, 2 * NUMBER_BYTES)
        return this.consumer.onMessage(from, {
          type: 'HeartbeatReply',
          from,
          to,
          term: readTerm(payload, 0),
          round: readCount(payload, 8)
        })
      }
      case FRAME.timeoutNow: {
        expectBytes(payload, NUMBER_BYTES)
        return this.consumer.onMessage(from, { type: 'TimeoutNow', from, to, term: readTerm(payload, 0) })
      }
      case FRAME.readIndex: {
        expectBytes(payload, 2 * NUMBER_BYTES)
        return this.consumer.onMessage(from, {
          type: 'ReadIndex',
          from,
          to,
          term: readTerm(payload, 0),
          context: readCount(payload, 8)
        })
      }
      case FRAME.readIndexReply: {
        expectBytes(payload, 3 * NUMBER_BYTES + 1)
        const readIndexOrZero = readIndex(payload, 16)
        return this.consumer.onMessage(from, {
          type: 'ReadIndexReply',
          from,
          to,
          term: readTerm(payload, 0),
          context: readCount(payload, 8),
          readIndex: readFlag(payload, 24) ? readIndexOrZero : null
        })
      }
      case FRAME.request: {
        const shape = asShape(decodeJson(payload), 'request')
        return this.consumer.onRuntimeMessage(from, {
          type: 'Request',
          id: count(shape, 'id'),
          method: text(shape, 'method'),
          body: shape['body']
        })
      }
      case FRAME.response: {
        const shape = asShape(decodeJson(payload), 'response')
        return this.consumer.onRuntimeMessage(from, {
          type: 'Response',
          id: count(shape, 'id'),
          ok: flag(shape, 'ok'),
          body: shape['body']
        })
      }
      default:
        throw new ProtocolError(`frame type ${type} on a control connection`)
    }
  }

  /** @throws ProtocolError */
  decodeLog(type: number, payload: Buffer): void {
    const { from, to } = this
    switch (type) {
      case FRAME.blockPart:
        return this.#block.add(payload, false)
      case FRAME.block:
        return this.#block.add(payload, true)
      case FRAME.appendEntries: {
        expectBytes(payload, APPEND_BYTES)
        const prevLogIndex = readIndex(payload, 8)
        const hasEntries = readFlag(payload, 32)
        if (!hasEntries) this.#block.expectNone()
        return this.consumer.onMessage(from, {
          type: 'AppendEntries',
          from,
          to,
          term: readTerm(payload, 0),
          prevLogIndex,
          prevLogTerm: readTerm(payload, 16),
          entries: hasEntries ? decodeEntries(this.#block.take(), prevLogIndex) : [],
          leaderCommit: readIndex(payload, 24)
        })
      }
      case FRAME.appendEntriesReply: {
        this.#block.expectNone()
        expectBytes(payload, 4 * NUMBER_BYTES + 1)
        return this.consumer.onMessage(from, {
          type: 'AppendEntriesReply',
          from,
          to,
          term: readTerm(payload, 0),
          matchIndex: readIndex(payload, 8),
          hintIndex: readIndex(payload, 16),
          hintTerm: readTerm(payload, 24),
          success: readFlag(payload, 32)
        })
      }
      case FRAME.forward: {
        expectBytes(payload, NUMBER_BYTES)
        const commands = decodeCommands(this.#block.take())
        return this.consumer.onRuntimeMessage(from, {
          type: 'Forward',
          commands,
          batch: numberOrNone(readCount(payload, 0))
        })
      }
      case FRAME.forwardRefused: {
        this.#block.expectNone()
        const shape = asShape(decodeJson(payload), 'refusal')
        return this.consumer.onRuntimeMessage(from, {
          type: 'ForwardRefused',
          commands: count(shape, 'commands'),
          batch: numberOrNone(count(shape, 'batch')),
          leaderId: shape['leaderId'] === null ? null : nodeId(shape, 'leaderId'),
          reason: text(shape, 'reason')
        })
      }
      default:
        throw new ProtocolError(`frame type ${type} on a log connection`)
    }
  }
}

/** Batches are counted from 1. */
const numberOrNone = (value: number): number | undefined => (value === 0 ? undefined : value)

function expectBytes(payload: Buffer, bytes: number): void {
  if (payload.length !== bytes) throw new ProtocolError(`a message of ${payload.length} bytes instead of ${bytes}`)
}

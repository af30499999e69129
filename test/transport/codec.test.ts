import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asIndex, asNodeId, asTerm, type Entry, type EntryKind, type Message } from '../../src-main/raft/types'
import {
  BlockCache,
  decodeCommands,
  decodeEntries,
  encodeCommands,
  encodeEntries
} from '../../src-main/transport/block'
import {
  encodeAppendEntries,
  encodeMessage,
  encodeRuntimeMessage,
  MessageDecoder
} from '../../src-main/transport/codec'
import { FrameReader, HEADER_BYTES, makeFrame } from '../../src-main/transport/frame'
import { decodeAnswer, decodeHello, encodeHello, negotiate, PROTOCOL } from '../../src-main/transport/hello'
import { decodeJson } from '../../src-main/transport/json'
import { CONTROL_FRAME_BYTES_MAX, LOG_FRAME_BYTES_MAX } from '../../src-main/transport/limits'
import type { RuntimeMessage } from '../../src-main/transport/ports'
import { ProtocolError } from '../../src-main/transport/protocol-error'

const a = asNodeId('n-a')
const b = asNodeId('n-b')

type Received = Message | RuntimeMessage

/** What arrives at the other end of a connection when these frames are sent in pieces of any size. */
function receive(channel: 'control' | 'log', frames: readonly Buffer[], pieceBytes = Infinity): Received[] {
  const received: Received[] = []
  const decoder = new MessageDecoder(a, b, {
    onMessage: (_from, message) => received.push(message),
    onRuntimeMessage: (_from, message) => received.push(message)
  })
  const reader = new FrameReader(
    channel === 'control' ? CONTROL_FRAME_BYTES_MAX : LOG_FRAME_BYTES_MAX,
    (type, payload) => (channel === 'control' ? decoder.decodeControl(type, payload) : decoder.decodeLog(type, payload))
  )
  const stream = Buffer.concat(frames)
  for (let at = 0; at < stream.length; at += pieceBytes) reader.push(stream.subarray(at, at + pieceBytes))
  return received
}

function framesOf(message: Message | RuntimeMessage): Buffer[] {
  if (message.type === 'AppendEntries') {
    const { block, frame } = encodeAppendEntries(message, new BlockCache())
    return [...(block?.frames ?? []), frame]
  }
  if ('term' in message) return [encodeMessage(message)]
  const { block, frame } = encodeRuntimeMessage(message)
  return [...(block?.frames ?? []), frame]
}

const whole = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }))
const term = whole.map(asTerm)
const index = whole.map(asIndex)
const envelope = { from: fc.constant(a), to: fc.constant(b), term }
/** Any UTF-16, lone surrogates included. */
const anyText = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 200 })
)
const record = <T extends object>(type: string, fields: T) =>
  fc.record({ type: fc.constant(type), ...envelope, ...fields })

const control = fc.oneof(
  record('RequestVote', {
    preVote: fc.boolean(),
    lastLogIndex: index,
    lastLogTerm: term,
    leadershipTransfer: fc.boolean()
  }),
  record('RequestVoteReply', { preVote: fc.boolean(), voteGranted: fc.boolean() }),
  record('Heartbeat', { leaderCommit: index, round: whole }),
  record('HeartbeatReply', { round: whole }),
  record('TimeoutNow', {}),
  record('ReadIndex', { context: whole }),
  record('ReadIndexReply', { context: whole, readIndex: fc.option(index) })
) as unknown as fc.Arbitrary<Message>

const entriesFrom = (prevLogIndex: number) =>
  fc
    .array(fc.record({ term, kind: fc.constantFrom<EntryKind>('noop', 'command', 'configuration'), data: anyText }), {
      maxLength: 20
    })
    .map((drafts): Entry[] => drafts.map((draft, i) => ({ index: asIndex(prevLogIndex + 1 + i), ...draft })))

const appendEntries = fc.nat().chain((prevLogIndex) =>
  record('AppendEntries', {
    prevLogIndex: fc.constant(asIndex(prevLogIndex)),
    prevLogTerm: term,
    entries: entriesFrom(prevLogIndex),
    leaderCommit: index
  })
)

const log = fc.oneof(
  appendEntries,
  record('AppendEntriesReply', { success: fc.boolean(), matchIndex: index, hintIndex: index, hintTerm: term }),
  fc.record({
    type: fc.constant('Forward'),
    commands: fc.array(anyText, { maxLength: 10 }),
    batch: fc.option(fc.integer({ min: 1 }), { nil: undefined })
  }),
  fc.record({
    type: fc.constant('ForwardRefused'),
    commands: fc.nat(),
    leaderId: fc.option(fc.constant(asNodeId('n-c'))),
    reason: fc.string({ maxLength: 100 })
  })
) as unknown as fc.Arbitrary<Message | RuntimeMessage>

const rejects = (run: () => unknown): void => expect(run).toThrow(ProtocolError)

describe('codec', () => {
  test('every message of the control connection comes back equal, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(control, { maxLength: 5 }), fc.integer({ min: 1, max: 64 }), (messages, pieceBytes) => {
        expect(receive('control', messages.flatMap(framesOf), pieceBytes)).toEqual(messages)
      })
    )
  })

  test('every message of the log connection comes back equal, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(log, { maxLength: 5 }), fc.integer({ min: 1, max: 200 }), (messages, pieceBytes) => {
        expect(receive('log', messages.flatMap(framesOf), pieceBytes)).toEqual(messages)
      })
    )
  })

  test('requests and responses carry any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(), (value, id) => {
        fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify(value)))
        const body: unknown = JSON.parse(JSON.stringify(value))
        const messages: RuntimeMessage[] = [
          { type: 'Request', id, method: 'addLearner', body },
          { type: 'Response', id, ok: true, body }
        ]
        expect(receive('control', messages.flatMap(framesOf))).toEqual(messages)
      })
    )
  })

  test('a message larger than a frame travels in several', () => {
    const data = 'é'.repeat(3 * 1024 * 1024) + 'x'.repeat(4 * 1024 * 1024)
    const entries: Entry[] = [{ index: asIndex(8), term: asTerm(1), kind: 'command', data }]
    const message: Message = {
      type: 'AppendEntries',
      from: a,
      to: b,
      term: asTerm(1),
      prevLogIndex: asIndex(7),
      prevLogTerm: asTerm(1),
      entries,
      leaderCommit: asIndex(7)
    }
    const frames = framesOf(message)
    expect(frames.length).toBeGreaterThan(8)
    expect(receive('log', frames, 65_536)).toEqual([message])
    const forward: RuntimeMessage = { type: 'Forward', commands: [data, 'small'] }
    expect(receive('log', framesOf(forward), 65_536)).toEqual([forward])
  })

  test('the same entries for several peers are encoded once', () => {
    const entries: Entry[] = [1, 2, 3].map((i) => ({
      index: asIndex(i),
      term: asTerm(1),
      kind: 'command',
      data: `${i}`
    }))
    const cache = new BlockCache()
    const first = cache.encode(entries)
    expect(cache.encode([...entries])).toBe(first)
    expect(cache.encode(entries.slice(1))).not.toBe(first)
    expect(cache.encode(entries.slice(0, 2))).not.toBe(first)
    expect(cache.encode(entries.map((entry) => ({ ...entry })))).not.toBe(first)
    cache.clear()
    expect(cache.encode(entries)).not.toBe(first)
  })
})

describe('what must not pass', () => {
  const wrap = (type: number, payload: Buffer) => makeFrame(type, payload)

  test('random bytes never crash the reader and never make it allocate beyond its bound', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }), (pieces) => {
        const reader = new FrameReader(64, (_type, payload) => {
          if (payload.length > 64) throw new Error('beyond the bound')
        })
        try {
          for (const piece of pieces) reader.push(Buffer.from(piece))
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
      }),
      { numRuns: 500 }
    )
  })

  test('random payloads of any type are decoded or refused, never anything else', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<'control' | 'log'>('control', 'log'),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 70 }), fc.uint8Array({ maxLength: 120 })), { maxLength: 6 }),
        (channel, frames) => {
          try {
            receive(
              channel,
              frames.map(([type, payload]) => wrap(type, Buffer.from(payload)))
            )
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error
          }
        }
      ),
      { numRuns: 2000 }
    )
  })

  test('a real message with any byte changed is refused', () => {
    const [frame] = framesOf({ type: 'Heartbeat', from: a, to: b, term: asTerm(7), leaderCommit: asIndex(9), round: 3 })
    for (let at = 0; at < frame!.length; at++)
      for (const bit of [1, 16, 128]) {
        const changed = Buffer.from(frame!)
        changed[at]! ^= bit
        // A length that grew within the bound waits for bytes that do not come.
        try {
          expect(receive('control', [changed])).toEqual([])
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }
  })

  test('a frame longer than allowed is refused by its header alone', () => {
    const reader = new FrameReader(CONTROL_FRAME_BYTES_MAX, () => {})
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(1 << 30, 0)
    rejects(() => reader.push(header))
    header.writeUInt32BE(CONTROL_FRAME_BYTES_MAX + 1, 0)
    rejects(() => new FrameReader(CONTROL_FRAME_BYTES_MAX, () => {}).push(header))
  })

  test('numbers beyond the safe integers, fractions and negatives are refused', () => {
    const frame = (value: number) => {
      const payload = Buffer.alloc(24)
      payload.writeDoubleBE(value, 16)
      return [wrap(18, payload)]
    }
    expect(receive('control', frame(5))).toHaveLength(1)
    expect(receive('control', frame(-0))).toMatchObject([{ round: 0 }])
    for (const value of [-1, 0.5, NaN, Infinity, 2 ** 53]) rejects(() => receive('control', frame(value)))
  })

  test('counts in a block that its length cannot hold are refused before anything is made of them', () => {
    const block = Buffer.from(encodeEntries([]).frames[0]!.subarray(HEADER_BYTES))
    for (const at of [0, 4]) {
      const lying = Buffer.from(block)
      lying.writeUInt32BE(0xffffffff, at)
      rejects(() => decodeEntries(lying, asIndex(0)))
      rejects(() => decodeCommands(lying))
    }
    const commands = Buffer.from(encodeCommands(['abc']).frames[0]!.subarray(HEADER_BYTES))
    for (let length = 0; length < commands.length; length++) rejects(() => decodeCommands(commands.subarray(0, length)))
    rejects(() => decodeCommands(Buffer.concat([commands, Buffer.of(0)])))
    rejects(() => decodeEntries(commands, asIndex(0)))
  })

  test('a block without its message, or a message without its block, is refused', () => {
    const [block, append] = framesOf({
      type: 'AppendEntries',
      from: a,
      to: b,
      term: asTerm(1),
      prevLogIndex: asIndex(0),
      prevLogTerm: asTerm(0),
      entries: [{ index: asIndex(1), term: asTerm(1), kind: 'noop', data: '' }],
      leaderCommit: asIndex(0)
    }) as [Buffer, Buffer]
    rejects(() => receive('log', [append]))
    rejects(() => receive('log', [block, block]))
    const reply = framesOf({
      type: 'AppendEntriesReply',
      from: a,
      to: b,
      term: asTerm(1),
      success: true,
      matchIndex: asIndex(1),
      hintIndex: asIndex(0),
      hintTerm: asTerm(0)
    })
    rejects(() => receive('log', [block, ...reply]))
    rejects(() => receive('control', [append]))
  })

  test('keys that reach a prototype, and JSON nested without end, are refused', () => {
    for (const json of [
      '{"__proto__": {"x": 1}}',
      '{"id": 1, "method": "m", "body": {"a": [{"constructor": 1}]}}',
      '{"\\u005f_proto__": 1}',
      '['.repeat(20_000) + ']'.repeat(20_000),
      '{',
      ''
    ])
      rejects(() => decodeJson(Buffer.from(json)))
  })
})

describe('hello', () => {
  const hello = {
    protocol: PROTOCOL,
    clusterId: 'c-1',
    nodeId: a,
    to: b,
    instance: '0f1e',
    channel: 'control' as const,
    features: ['x']
  }
  const payloadOf = (frame: Buffer) => frame.subarray(HEADER_BYTES)

  test('comes back as it was sent', () => {
    expect(decodeHello(1, payloadOf(encodeHello(hello)))).toEqual(hello)
    expect(decodeHello(1, payloadOf(encodeHello({ ...hello, to: null, channel: 'join' })))).toMatchObject({ to: null })
  })

  test('without its magic, with another type or with a malformed field is refused', () => {
    rejects(() => decodeHello(2, payloadOf(encodeHello(hello))))
    rejects(() => decodeHello(1, Buffer.from(JSON.stringify(hello))))
    for (const wrong of [
      { nodeId: '../x' },
      { nodeId: 7 },
      { channel: 'other' },
      { protocol: { min: 1 } },
      { clusterId: 'x'.repeat(1000) },
      { features: 'all' },
      { instance: null }
    ])
      rejects(() => decodeHello(1, payloadOf(encodeHello({ ...hello, ...wrong } as unknown as typeof hello))))
    rejects(() => decodeAnswer(1, Buffer.from('{}')))
  })

  test('the highest common version is taken, and none where the ranges do not meet', () => {
    expect(negotiate({ min: 1, max: 3 }, { min: 2, max: 5 })).toBe(3)
    expect(negotiate({ min: 1, max: 1 }, { min: 1, max: 1 })).toBe(1)
    expect(negotiate({ min: 3, max: 4 }, { min: 1, max: 2 })).toBeNull()
    expect(negotiate({ min: 1, max: 2 }, { min: 3, max: 4 })).toBeNull()
  })
})

import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { asIndex, asNodeId, asTerm } from '../../src-main/raft/types'
import { HEADER_BYTES, makeFrame } from '../../src-main/transport/frame'
import { FRAME } from '../../src-main/transport/frame-types'
import { encodeHello, PROTOCOL } from '../../src-main/transport/hello'
import {
  CLUSTER,
  connectNodes,
  identity,
  membersOf,
  RawCaller,
  startNode,
  statsOf,
  stopNodes,
  until,
  type TestNode
} from './nodes'

afterEach(stopNodes)

const refusalOf = async (caller: RawCaller): Promise<{ code: string }> =>
  JSON.parse((await caller.frame(FRAME.refused)).toString()) as { code: string }

/** A plain TCP caller, which needs no manners. */
async function plain(to: TestNode): Promise<{ socket: Socket; closed: () => boolean }> {
  const socket = connect(to.transport.address())
  let closed = false
  socket.on('error', () => {})
  socket.on('close', () => (closed = true))
  socket.resume()
  await until('TCP stands', () => !socket.connecting)
  return { socket, closed: () => closed }
}

describe('strangers are refused with a reason, a log line, and no harm', () => {
  test('a certificate that no member has', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    await connectNodes(a, b)
    const caller = await RawCaller.dial(a, await identity(9))
    caller.hello(a, { nodeId: b.id })
    expect(await refusalOf(caller)).toMatchObject({ code: 'wrong_certificate' })
    await caller.untilClosed()
    expect(a.log.refused('wrong_certificate')).toMatchObject({
      level: 'warn',
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      node_id: b.id
    })
    expect(a.downs).toEqual([])
  })

  test('a member of no cluster, of another cluster, or looking for another node', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    a.transport.setPeers(membersOf(a, b))
    for (const [hello, code] of [
      [{ nodeId: asNodeId('n-unknown') }, 'not_a_member'],
      [{ nodeId: b.id, clusterId: 'c-other' }, 'wrong_cluster'],
      [{ nodeId: b.id, to: asNodeId('n-7') }, 'wrong_node'],
      [{ nodeId: b.id, protocol: { min: 7, max: 9 } }, 'incompatible_version'],
      [{ channel: 'join', to: null }, 'busy']
    ] as const) {
      const caller = await RawCaller.dial(a, b.identity)
      caller.hello(a, hello)
      expect(await refusalOf(caller)).toMatchObject({ code })
      await caller.untilClosed()
      expect(a.log.refused(code)).toBeDefined()
    }
  })

  test('nobody is said to be no member by a node that does not know its members yet', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    const caller = await RawCaller.dial(a, b.identity)
    caller.hello(a, { nodeId: b.id })
    expect(await refusalOf(caller)).toMatchObject({ code: 'busy' })
    await connectNodes(a, b)
  })

  test("a removed member's key, at once and ever after", async () => {
    const [a, b, c] = [await startNode(1), await startNode(2), await startNode(3)]
    await connectNodes(a, b, c)
    a.transport.setPeers(membersOf(a, c))
    expect(statsOf(a, b)).toBeNull()
    await until('b lost a', () => b.downs.some(({ peer }) => peer === a.id))
    await until('b is told why', () => b.refusedBy.some(({ by, code }) => by === a.id && code === 'not_a_member'))
    b.transport.send({ type: 'TimeoutNow', from: b.id, to: a.id, term: asTerm(1) })
    const caller = await RawCaller.dial(a, b.identity)
    caller.hello(a, { nodeId: b.id, channel: 'log' })
    expect(await refusalOf(caller)).toMatchObject({ code: 'not_a_member' })
    expect(a.messages).toEqual([])
    expect(a.downs).toEqual([])
    expect(statsOf(a, c)?.connected).toBe(true)
  })

  test('a member whose certificate was replaced', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    await connectNodes(a, b)
    a.transport.setPeers(new Map([[b.id, { ...b.info, fingerprint: (await identity(9)).fingerprint }]]))
    expect(statsOf(a, b)?.connected).toBe(false)
    await until(
      'a refuses what b presents, both ways',
      () => a.log.refused('wrong_certificate') && a.log.refused('stranger')
    )
  })

  test('an impostor at the address of a member', async () => {
    const [a, impostor] = [await startNode(1), await startNode(2, { identity: await identity(9) })]
    const b = { id: impostor.id, info: { ...impostor.info, fingerprint: (await identity(2)).fingerprint } }
    impostor.transport.setPeers(membersOf(a))
    a.transport.setPeers(membersOf(a, b))
    await until('a notices', () => a.log.refused('stranger'))
    expect(a.ups).toEqual([])
  })

  test('a second process with the same identity, while the first is alive', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    await connectNodes(a, b)
    const copy = await startNode(2)
    copy.transport.setPeers(membersOf(a))
    await until('the copy is refused', () => copy.refusedBy.some(({ code }) => code === 'duplicate_instance'))
    expect(a.log.refused('duplicate_instance')).toBeDefined()
    expect(a.downs).toEqual([])
    await b.transport.stop()
    await until('the copy takes its place', () => copy.ups.includes(a.id))
  })

  test('no certificate, or another protocol', async () => {
    const a = await startNode(1)
    await (await RawCaller.dial(a, null)).untilClosed()
    await until('the first is logged', () => a.log.refused('no_certificate'))
    await (await RawCaller.dial(a, await identity(2), null)).untilClosed()
    await (await RawCaller.dial(a, await identity(2), 'h2')).untilClosed()
  })

  test('random bytes, plain HTTP, truncated frames', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    await connectNodes(a, b)
    for (const bytes of [
      Buffer.alloc(4096, 0xa5),
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.alloc(100)
    ]) {
      const { socket, closed } = await plain(a)
      socket.write(bytes)
      await until('garbage is thrown out', closed)
    }
    expect(a.log.refused('tls')).toMatchObject({ address: expect.stringContaining('127.0.0.1') as string })
    const caller = await RawCaller.dial(a, b.identity)
    const hello = encodeHello({
      protocol: PROTOCOL,
      clusterId: CLUSTER,
      nodeId: b.id,
      to: a.id,
      instance: 'x',
      channel: 'control',
      features: []
    })
    caller.socket.end(hello.subarray(0, hello.length - 5))
    await until('the truncated hello is logged', () => a.log.refused('bad_hello'))
    expect(a.downs).toEqual([])
  })

  test('a length field of 1 GB, before and after the hello', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    a.transport.setPeers(membersOf(a, { ...b, info: { ...b.info, rpcAddress: '127.0.0.1:1' } }))
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(1 << 30, 0)
    const before = process.memoryUsage().arrayBuffers

    const stranger = await RawCaller.dial(a, await identity(9))
    stranger.socket.write(header)
    await stranger.untilClosed()
    await until('it is logged', () => a.log.refused('bad_hello'))

    const member = await RawCaller.dial(a, b.identity)
    member.hello(a, { nodeId: b.id, channel: 'log' })
    await member.frame(FRAME.welcome)
    member.socket.write(header)
    await member.untilClosed()
    expect(a.log.lines.filter((line) => line['event'] === 'peer_connection_lost')).toMatchObject([
      { reason: expect.stringContaining('1073741824 bytes') as string }
    ])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20)
  })

  test('frames of a wrong kind from a member', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    a.transport.setPeers(membersOf(a, { ...b, info: { ...b.info, rpcAddress: '127.0.0.1:1' } }))
    const caller = await RawCaller.dial(a, b.identity)
    caller.hello(a, { nodeId: b.id })
    await caller.frame(FRAME.welcome)
    caller.socket.write(makeFrame(FRAME.appendEntries, Buffer.alloc(33)))
    await caller.untilClosed()
    expect(a.messages).toEqual([])
  })

  test('a slow loris: bytes that dribble do not extend the deadline', async () => {
    const a = await startNode(1, { limits: { handshakeTimeoutMs: 150 } })
    const { socket, closed } = await plain(a)
    // The beginning of a TLS record that never ends.
    const dribble = setInterval(() => socket.write(Buffer.of(0x16)), 10)
    const caller = await RawCaller.dial(a, await identity(2))
    try {
      await until('the half handshake is cut off', closed)
      await caller.untilClosed()
    } finally {
      clearInterval(dribble)
    }
    expect(a.log.refused('handshake_timeout') ?? a.log.refused('tls')).toBeDefined()
  })

  test('a crowd: no more than a few at a time, and members still come in from elsewhere', async () => {
    const a = await startNode(1, { limits: { strangersMax: 6, strangersPerAddressMax: 4, handshakeTimeoutMs: 1000 } })
    const crowd = await Promise.all(Array.from({ length: 20 }, () => plain(a)))
    await until('16 are thrown out at once', () => crowd.filter(({ closed }) => closed()).length >= 16)
    expect(a.log.lines.filter((line) => line['code'] === 'busy')).toHaveLength(1)
    await until('the others when their time is up', () => crowd.every(({ closed }) => closed()))
    const b = await startNode(2)
    await connectNodes(a, b)
  })

  test('whatever a caller says, it speaks for itself only', async () => {
    const [a, b, c] = [await startNode(1), await startNode(2), await startNode(3)]
    await connectNodes(a, b, c)
    c.transport.send({ type: 'Heartbeat', from: b.id, to: a.id, term: asTerm(1), leaderCommit: asIndex(0), round: 1 })
    await until('the message at a', () => a.messages.length > 0)
    expect(a.messages[0]!.from).toBe(c.id)
  })

  test('log lines about the same stranger are not repeated, but counted', async () => {
    const a = await startNode(1)
    a.transport.setPeers(membersOf(a))
    for (let i = 0; i < 5; i++) {
      const caller = await RawCaller.dial(a, await identity(9))
      caller.hello(a, { nodeId: asNodeId('n-9') })
      await caller.untilClosed()
    }
    expect(a.log.lines.filter((line) => line['code'] === 'not_a_member')).toHaveLength(1)
  })
})

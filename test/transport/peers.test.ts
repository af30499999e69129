import { afterEach, describe, expect, test } from 'vitest'
import { asIndex, asTerm, type AppendEntries, type Message, type NodeId } from '../../src-main/raft/types'
import { connectNodes, membersOf, startNode, statsOf, stopNodes, until, type TestNode } from './nodes'

afterEach(stopNodes)

const heartbeat = (from: TestNode, to: TestNode, round: number): Message => ({
  type: 'Heartbeat',
  from: from.id,
  to: to.id,
  term: asTerm(1),
  leaderCommit: asIndex(0),
  round
})

const append = (from: NodeId, to: NodeId, prev: number, count: number, chars = 300): AppendEntries => ({
  type: 'AppendEntries',
  from,
  to,
  term: asTerm(1),
  prevLogIndex: asIndex(prev),
  prevLogTerm: asTerm(1),
  entries: Array.from({ length: count }, (_, i) => ({
    index: asIndex(prev + 1 + i),
    term: asTerm(1),
    kind: 'command' as const,
    data: `${prev + 1 + i} `.padEnd(chars, 'x')
  })),
  leaderCommit: asIndex(prev)
})

describe('peers', () => {
  test('members find each other and exchange messages of every channel', async () => {
    const [a, b, c] = [await startNode(1), await startNode(2), await startNode(3)]
    await connectNodes(a, b, c)
    expect(new Set(a.ups)).toEqual(new Set([b.id, c.id]))
    await until('both log connections of a', () => {
      a.transport.sendRuntime(b.id, { type: 'Forward', commands: ['probe'] })
      return b.runtimeMessages.length > 0
    })
    b.runtimeMessages.length = 0

    a.transport.send(heartbeat(a, b, 1))
    a.transport.send(append(a.id, b.id, 0, 100))
    a.transport.sendRuntime(b.id, { type: 'Request', id: 7, method: 'status', body: { deep: [1, null] } })
    a.transport.sendRuntime(b.id, { type: 'Forward', commands: ['{"c":1}', 'ü'] })
    await until('four messages at b', () => b.messages.length === 2 && b.runtimeMessages.length >= 2)
    expect(b.messages).toContainEqual(heartbeat(a, b, 1))
    expect(b.messages).toContainEqual(append(a.id, b.id, 0, 100))
    expect(b.runtimeMessages).toContainEqual({ type: 'Request', id: 7, method: 'status', body: { deep: [1, null] } })
    expect(b.runtimeMessages).toContainEqual({ type: 'Forward', commands: ['{"c":1}', 'ü'] })
    expect(c.messages).toEqual([])
  })

  test('order is kept within a channel', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    await connectNodes(a, b)
    for (let round = 0; round < 500; round++) a.transport.send(heartbeat(a, b, round))
    await until('all at b', () => b.messages.length === 500)
    expect(b.messages.map((message) => (message as { round: number }).round)).toEqual([...Array(500).keys()])
  })

  test('a message to oneself, to a stranger or without a connection is dropped in silence', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    a.transport.send(heartbeat(a, b, 1))
    a.transport.sendRuntime(b.id, { type: 'Forward', commands: [] })
    a.transport.setPeers(membersOf(a, b))
    a.transport.send(heartbeat(a, b, 2))
    a.transport.send(heartbeat(a, a, 3))
    await connectNodes(a, b)
    a.transport.send(heartbeat(a, b, 4))
    await until('the last at b', () => b.messages.length > 0)
    expect(b.messages).toEqual([heartbeat(a, b, 4)])
  })

  test('a peer that stops is reported down, and up again when it is back at the same address', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    await connectNodes(a, b)
    const { port } = b.transport.address()
    await b.transport.stop()
    await until('a sees b go', () => a.downs.length > 0)
    expect(a.downs[0]).toEqual({ peer: b.id, reason: expect.stringMatching(/closed|ECONNRESET/) as string })
    await until('nothing of b is left', () => statsOf(a, b)?.connected === false)
    const ups = a.ups.length
    const again = await startNode(2, { listen: { host: '127.0.0.1', port } })
    again.transport.setPeers(membersOf(a, again))
    await until('a sees b return', () => a.ups.length > ups && statsOf(a, b)?.connected)
    a.transport.send(heartbeat(a, b, 9))
    await until('the heartbeat at b', () => again.messages.length === 1)
  })

  test('a peer whose address nobody knows any more is reached over the connection that it dialled', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    const lost = { ...b.info, rpcAddress: '127.0.0.1:1' }
    a.transport.setPeers(new Map([[b.id, lost]]))
    b.transport.setPeers(membersOf(a))
    await until('b is there', () => a.ups.length > 0)
    const message = append(a.id, b.id, 3, 2)
    await until('entries at b', () => {
      a.transport.send(message)
      return b.messages.length > 0
    })
    expect(b.messages[0]).toEqual(message)
    // Once the address is known, it is dialled.
    const replies = b.ups.length
    a.transport.setPeers(membersOf(b))
    await until('a dialled b', () => b.ups.length > replies)
  })

  test('reconnect drops all connections and dials anew', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    await connectNodes(a, b)
    const ups = a.ups.length
    a.transport.reconnect()
    expect(a.downs).toEqual([{ peer: b.id, reason: 'connecting anew' }])
    await until('connected again', () => a.ups.length > ups && statsOf(a, b)?.connected)
    a.transport.send(heartbeat(a, b, 1))
    await until('a message at b', () => b.messages.length > 0)
  })

  test('the address outlives the listener: a node that has stopped taking part still tells where it was', async () => {
    const a = await startNode(1)
    const address = a.transport.address()
    await a.transport.stop()
    expect(a.transport.address()).toEqual(address)
  })

  test('rebind moves the listener and keeps what stands', async () => {
    const [a, b, c] = [await startNode(1), await startNode(2), await startNode(3)]
    await connectNodes(a, b)
    const before = b.transport.address().port
    await b.transport.rebind('127.0.0.1', 0)
    expect(b.transport.address().port).not.toBe(before)
    const { port } = b.transport.address()
    await b.transport.rebind('0.0.0.0', port)
    expect(b.transport.address()).toEqual({ host: '0.0.0.0', port })
    expect(a.downs).toEqual([])
    c.transport.setPeers(new Map([[b.id, { ...b.info, rpcAddress: `127.0.0.1:${port}` }]]))
    b.transport.setPeers(membersOf(a, c))
    await until('c found b at its new place', () => c.ups.length > 0)
    await expect(b.transport.rebind('127.0.0.1', a.transport.address().port)).rejects.toThrow(/EADDRINUSE/)
    expect(b.transport.address().port).toBe(port)
  })

  test('statistics tell round trip and last contact', async () => {
    const [a, b] = [await startNode(1, { limits: { sweepMs: 20 } }), await startNode(2, { limits: { sweepMs: 20 } })]
    await connectNodes(a, b)
    const stats = await until('a round trip', () => {
      const now = statsOf(a, b)
      return now?.roundTripMs === null ? null : now
    })
    expect(stats.roundTripMs).toBeGreaterThan(0)
    expect(stats.lastContactMs).toBeGreaterThanOrEqual(0)
    expect(Number.isInteger(stats.lastContactMs)).toBe(true)
  })
})

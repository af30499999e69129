import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { asIndex, asNodeId, asTerm, type AppendEntries, type MemberInfo, type NodeId } from '../../src-main/raft/types'
import { FRAME } from '../../src-main/transport/frame-types'
import { messageOf, startChild } from '../support/bundled-child'
import type { ChildSetup } from './child-node'
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

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await stopNodes()
})

/** No sweep comes in the time of a test: what is noticed is noticed by the socket alone. */
const NO_SWEEPS = { sweepMs: 3_600_000 }

async function startChildNode(key: number, peers: readonly TestNode[], sweepMs = NO_SWEEPS.sweepMs) {
  const id = asNodeId(`n-${key}`)
  const own = await identity(key)
  const setup: ChildSetup = { id, clusterId: CLUSTER, identity: own, peers: [...membersOf(...peers)], sweepMs }
  const child = await startChild(join(import.meta.dirname, 'child-node.ts'), [JSON.stringify(setup)])
  children.push(child)
  const port = await messageOf<number>(child)
  const info: MemberInfo = {
    name: id,
    rpcAddress: `127.0.0.1:${port}`,
    apiAddress: '',
    fingerprint: own.fingerprint
  }
  return { id, info, child }
}

/** A megabyte of entries. */
function megabyte(from: NodeId, to: NodeId, prev: number): AppendEntries {
  return {
    type: 'AppendEntries',
    from,
    to,
    term: asTerm(1),
    prevLogIndex: asIndex(prev),
    prevLogTerm: asTerm(1),
    entries: Array.from({ length: 16 }, (_, i) => ({
      index: asIndex(prev + 1 + i),
      term: asTerm(1),
      kind: 'command' as const,
      data: 'x'.repeat(65_536)
    })),
    leaderCommit: asIndex(prev)
  }
}

describe('failures', () => {
  test('the death of a peer process is seen through its sockets, without waiting for a sweep', async () => {
    const a = await startNode(1, { limits: NO_SWEEPS })
    const b = await startChildNode(2, [a])
    a.transport.setPeers(membersOf(a, b))
    await until('connected', () => a.ups.includes(b.id))
    b.child.kill('SIGKILL')
    await until('a sees b die', () => a.downs.some(({ peer }) => peer === b.id))
  })

  test('a peer that stands still is given up after a few sweeps, and taken back when it goes on', async () => {
    const limits = { sweepMs: 50, handshakeTimeoutMs: 200 }
    const a = await startNode(1, { limits })
    const b = await startChildNode(2, [a], 50)
    a.transport.setPeers(membersOf(a, b))
    await until('connected', () => a.ups.includes(b.id))
    b.child.kill('SIGSTOP')
    await until('a misses b', () => a.downs.some(({ reason }) => reason === 'no sign of life'))
    const ups = a.ups.length
    b.child.kill('SIGCONT')
    await until('b is back', () => a.ups.length > ups)
  })

  test('a peer that does not read holds up nobody else, and no more than its bound of memory', async () => {
    const bound = 4 << 20
    const a = await startNode(1, { limits: { ...NO_SWEEPS, logQueueBytesMax: bound } })
    const [b, deaf] = [await startNode(2), await startNode(3)]
    await deaf.transport.stop()
    await connectNodes(a, b)
    a.transport.setPeers(membersOf(a, b, deaf))
    const caller = await RawCaller.dial(a, deaf.identity)
    caller.hello(a, { nodeId: deaf.id, channel: 'log' })
    await caller.frame(FRAME.welcome)
    caller.socket.pause()

    await until('messages to the deaf peer are dropped', () => {
      for (let i = 0; i < 8; i++) a.transport.send(megabyte(a.id, deaf.id, i * 16))
      const stats = statsOf(a, deaf)!
      expect(stats.queuedBytes).toBeLessThanOrEqual(bound + (2 << 20))
      return (stats.droppedMessages ?? 0) > 10
    })
    const message = megabyte(a.id, b.id, 0)
    a.transport.send(message)
    a.transport.send({ type: 'TimeoutNow', from: a.id, to: b.id, term: asTerm(1) })
    await until('both at b', () => b.messages.length === 2)
    expect(b.messages).toContainEqual(message)
    caller.socket.resume()
    await until('the backlog drains', () => statsOf(a, deaf)!.queuedBytes === 0)
  })

  test('a single message larger than the whole queue still passes', async () => {
    const [a, b] = [await startNode(1, { limits: { logQueueBytesMax: 1024 } }), await startNode(2)]
    await connectNodes(a, b)
    const message = megabyte(a.id, b.id, 0)
    await until('the message at b', () => {
      a.transport.send(message)
      return b.messages.length > 0
    })
    expect(b.messages[0]).toEqual(message)
  })

  test('what was sent before an orderly stop still arrives', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    await connectNodes(a, b)
    for (let i = 0; i < 100; i++) a.transport.send({ type: 'TimeoutNow', from: a.id, to: b.id, term: asTerm(i) })
    await a.transport.stop()
    await until('all at b', () => b.messages.length === 100)
  })

  test('a stopped transport is silent: sending, peers and a second stop do nothing', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    await connectNodes(a, b)
    await a.transport.stop()
    await a.transport.stop()
    a.transport.setPeers(membersOf(a, b))
    a.transport.send({ type: 'TimeoutNow', from: a.id, to: b.id, term: asTerm(1) })
    a.transport.reconnect()
    expect(a.transport.stats()).toEqual([])
    expect(a.downs).toEqual([])
  })

  test('an address that cannot be dialled is tried again, and used once it is right', async () => {
    const [a, b] = [await startNode(1), await startNode(2)]
    for (const rpcAddress of ['', 'no port', '127.0.0.1:1', '127.0.0.1:0', 'a.invalid:7080']) {
      a.transport.setPeers(new Map([[b.id, { ...b.info, rpcAddress }]]))
      await until('an attempt failed', () => a.log.lines.some((line) => line['event'] === 'peer_unreachable'))
    }
    a.transport.setPeers(membersOf(b))
    b.transport.setPeers(membersOf(a))
    await until('connected', () => statsOf(a, b)?.connected)
  })
})

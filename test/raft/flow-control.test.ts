import { describe, expect, test } from 'vitest'
import { Inflights } from '../../src-main/raft/inflights'
import { Cluster } from './network/cluster'
import { appended, heartbeatReply, ofType } from './network/messages'
import { leaderOf } from './network/single'

const propose = (...data: string[]) => ({ type: 'propose', data }) as const
const index = (n: number) => n as never

describe('messages in flight to a follower are bounded', () => {
  const full = () => {
    const leader = leaderOf('abc', {}, { inflightMessagesMax: 4, heartbeatTicks: 1 })
    const { lastIndex, term } = leader.status
    const toB = (messages: ReturnType<typeof leader.step>) =>
      ofType(messages, 'AppendEntries').filter(({ to }) => to === 'b')
    for (let i = 0; i < 4; i++) expect(toB(leader.step(propose('x')))).toHaveLength(1)
    return { leader, first: lastIndex + 1, term, toB }
  }

  test('by number: when full, proposals wait', () => {
    const { leader, toB } = full()
    for (let i = 0; i < 10; i++) expect(toB(leader.step(propose('x')))).toEqual([])
    expect(leader.status.progress[0]).toMatchObject({ inflightMessages: 4 })
  })

  test('each acknowledgement makes room, and what waited goes out together', () => {
    const { leader, toB, first, term } = full()
    leader.step(propose('y'))
    leader.step(propose('z'))
    const sent = toB(leader.receive(appended({ from: 'b', to: 'a', term }, first)))
    expect(sent.filter(({ entries }) => entries.length > 0)).toMatchObject([
      { entries: [{ data: 'y' }, { data: 'z' }] }
    ])
    expect(leader.status.progress[0]).toMatchObject({ inflightMessages: 4 })
  })

  test('a later acknowledgement frees all before it, an earlier one nothing', () => {
    const { leader, toB, first, term } = full()
    leader.receive(appended({ from: 'b', to: 'a', term }, first + 2))
    expect(leader.status.progress[0]).toMatchObject({ inflightMessages: 1 })
    leader.receive(appended({ from: 'b', to: 'a', term }, first + 1))
    expect(leader.status.progress[0]).toMatchObject({ inflightMessages: 1 })
    expect(toB(leader.step(propose('x')))).toHaveLength(1)
  })

  test('by bytes', () => {
    const leader = leaderOf('abc', {}, { inflightBytesMax: 1_000 })
    const counts = [1, 2, 3].map(() => ofType(leader.step(propose('x'.repeat(600))), 'AppendEntries').length)
    expect(counts).toEqual([2, 2, 0])
  })

  test('when all were lost, the echo of a heartbeat finds out and replication goes on', () => {
    const { leader, toB, first, term } = full()
    leader.tick(2)
    const [probe] = toB(leader.receive(heartbeatReply({ from: 'b', to: 'a', term })))
    expect(probe).toMatchObject({ entries: [], prevLogIndex: first + 3 })

    const cluster = new Cluster('abc', { limits: { inflightMessagesMax: 2, appendEntriesMax: 1 } })
    cluster.elect('a')
    cluster.drop((message) => message.type === 'AppendEntries' && message.to === 'b')
    for (let i = 0; i < 10; i++) cluster.propose('a', `${i}`)
    cluster.heal()
    cluster.tick(3)
    expect(cluster.node('b').state).toEqual(cluster.node('a').state)
    expect(cluster.status('a').progress[0]).toMatchObject({ state: 'replicate', inflightMessages: 0 })
  })
})

describe('the ring of messages in flight', () => {
  test('counts messages and bytes, and wraps around', () => {
    const ring = new Inflights(3, 1_000)
    for (let i = 1; i <= 30; i++) {
      ring.add(index(i), 10)
      if (i > 2) ring.freeUpTo(index(i - 2))
      expect([ring.count, ring.bytes]).toEqual(i === 1 ? [1, 10] : [2, 20])
    }
  })

  test('is full at either bound, and a message above the bound travels alone', () => {
    const byNumber = new Inflights(2, 1_000)
    byNumber.add(index(1), 1)
    expect(byNumber.full).toBe(false)
    byNumber.add(index(2), 1)
    expect(byNumber.full).toBe(true)
    const byBytes = new Inflights(9, 100)
    byBytes.add(index(1), 5_000)
    expect(byBytes.full).toBe(true)
    byBytes.freeUpTo(index(1))
    expect([byBytes.full, byBytes.count, byBytes.bytes]).toEqual([false, 0, 0])
  })

  test('frees nothing for an index below all, everything for one above all', () => {
    const ring = new Inflights(4, 1_000)
    for (const i of [5, 6, 7]) ring.add(index(i), 1)
    ring.freeUpTo(index(4))
    expect(ring.count).toBe(3)
    ring.freeUpTo(index(9))
    expect(ring.count).toBe(0)
  })
})

describe('the size of one message is bounded', () => {
  test('by entries', () => {
    const cluster = new Cluster('abc', { limits: { appendEntriesMax: 3 } })
    cluster.elect('a')
    cluster.feed('a', propose(...'abcdefgh'))
    const sizes = ofType(cluster.intercept(), 'AppendEntries').filter(({ to }) => to === 'b')
    expect(sizes.map(({ entries }) => entries.length)).toEqual([3, 3, 2])
  })

  test('by bytes, with at least one entry in each', () => {
    const cluster = new Cluster('abc', { limits: { appendBytesMax: 1_000 } })
    cluster.elect('a')
    cluster.feed('a', propose('x'.repeat(300), 'y'.repeat(300), 'z'.repeat(300), 'w'.repeat(3_000), 'v'))
    const sizes = ofType(cluster.intercept(), 'AppendEntries').filter(({ to }) => to === 'b')
    expect(sizes.map(({ entries }) => entries.length)).toEqual([2, 1, 1, 1])
  })
})

import { describe, expect, test } from 'vitest'
import { READS_PENDING_MAX } from '../../src-main/raft/pending-reads'
import { Cluster } from './network/cluster'
import { appended, heartbeat, heartbeatReply, ofType, readIndexReply } from './network/messages'
import { acceptAll, followerOf, leaderOf, newLeaderOf } from './network/single'
import { memberInfo, type TestNode } from './network/test-node'

const read = (context: number) => ({ type: 'readIndex', context }) as const
const ready = (node: TestNode) => node.noticesOf('readReady').map(({ context, index }) => [context, Number(index)])
const failed = (node: TestNode) => node.noticesOf('readFailed').map(({ context }) => context)

describe('a linearizable read (ReadIndex, thesis §6.4)', () => {
  test.each(['a', 'b', 'c'])('asked on %s gets the commitIndex of its time', (id) => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    for (let context = 1; context <= 3; context++) {
      cluster.propose('a', 'x')
      cluster.read(id, context)
    }
    expect(ready(cluster.node(id))).toEqual([
      [1, 3],
      [2, 4],
      [3, 5]
    ])
  })

  test('begins a round of heartbeats at once, without waiting for the clock', () => {
    const leader = leaderOf('abc', {}, { heartbeatTicks: 3 })
    const beats = ofType(leader.step(read(1)), 'Heartbeat')
    expect(beats.map(({ to }) => to)).toEqual(['b', 'c'])
    const { term } = leader.status
    leader.receive(heartbeatReply({ from: 'b', to: 'a', term }, beats[0]!.round))
    expect(ready(leader)).toEqual([[1, 2]])
  })

  test('is not confirmed by the echo of a round that began before it', () => {
    const leader = leaderOf('abc')
    const { term } = leader.status
    const [before] = ofType(leader.tick(), 'Heartbeat')
    leader.step(read(1))
    leader.receive(heartbeatReply({ from: 'b', to: 'a', term }, before!.round))
    leader.receive(heartbeatReply({ from: 'c', to: 'a', term }, before!.round))
    expect(ready(leader)).toEqual([])
  })

  test('needs a quorum of voters: the echo of a learner does not count', () => {
    const cluster = new Cluster('abc', { learners: 'd' })
    cluster.elect('a')
    cluster.partition('ad', 'bc')
    cluster.read('a', 1)
    expect(ready(cluster.node('a'))).toEqual([])
    cluster.heal()
    cluster.tick(1)
    expect(ready(cluster.node('a'))).toEqual([[1, 2]])
  })

  test('is served on a learner', () => {
    const cluster = new Cluster('abc', { learners: 'd' })
    cluster.elect('a')
    cluster.read('d', 1)
    expect(ready(cluster.node('d'))).toEqual([[1, 2]])
  })

  test('on a voter alone is answered without a round', () => {
    const leader = leaderOf('a')
    expect(leader.step(read(1))).toEqual([])
    expect(ready(leader)).toEqual([[1, 2]])
  })

  test('in a joint configuration needs both majorities', () => {
    const cluster = new Cluster('abc', { learners: 'de' })
    cluster.elect('a')
    cluster.drop(({ type }) => type === 'AppendEntries')
    cluster.setVoters('a', 'ade')
    cluster.heal()
    cluster.partition('ade', 'bc')
    cluster.read('a', 1)
    expect(ready(cluster.node('a'))).toEqual([])
    cluster.heal()
    cluster.tick(1)
    expect(ready(cluster.node('a'))).toHaveLength(1)
  })

  test('waits when a new leader has not committed in its term, and then for a round (§8)', () => {
    const { node, messages } = newLeaderOf('abc', { log: [1, 1], commit: 1 })
    expect(ofType(node.step(read(1)), 'Heartbeat')).toEqual([])
    node.tick()
    const { term } = node.status
    for (const from of 'bc') node.receive(heartbeatReply({ from, to: 'a', term }, 99))
    expect(ready(node)).toEqual([])
    const news = node.receive(acceptAll(messages)[0]!)
    const [beat] = ofType(news, 'Heartbeat')
    expect(ready(node)).toEqual([])
    node.receive(heartbeatReply({ from: 'b', to: 'a', term }, beat!.round + 99))
    expect(ready(node)).toEqual([[1, 4]])
  })

  test('does not wait for the log: a leader whose disk is busy answers', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    for (const id of 'abc') cluster.node(id).holdWrites = true
    cluster.propose('a', 'x')
    cluster.read('b', 1)
    expect(ready(cluster.node('b'))).toEqual([[1, 2]])
  })
})

describe('rounds are shared', () => {
  test('reads that come while a round is under way go with the next, which begins when it ends', () => {
    const leader = leaderOf('abc')
    const { term } = leader.status
    const [first] = ofType(leader.step(read(1)), 'Heartbeat')
    expect([...leader.step(read(2)), ...leader.step(read(3))]).toEqual([])
    const next = ofType(leader.receive(heartbeatReply({ from: 'b', to: 'a', term }, first!.round)), 'Heartbeat')
    expect(ready(leader)).toEqual([[1, 2]])
    expect(next.map(({ to }) => to)).toEqual(['b', 'c'])
    leader.receive(heartbeatReply({ from: 'c', to: 'a', term }, next[0]!.round))
    expect(ready(leader)).toEqual([
      [1, 2],
      [2, 2],
      [3, 2]
    ])
  })

  test('a lost round delays reads only to the next heartbeat of the clock', () => {
    const leader = leaderOf('abc', {}, { heartbeatTicks: 1 })
    const { term } = leader.status
    leader.step(read(1))
    leader.step(read(2))
    const [beat] = ofType(leader.tick(), 'Heartbeat')
    leader.receive(heartbeatReply({ from: 'b', to: 'a', term }, beat!.round))
    expect(ready(leader).map(([context]) => context)).toEqual([1, 2])
  })

  test('a smaller quorum may confirm at once what waited for the larger one', () => {
    const cluster = new Cluster('ab')
    cluster.elect('a')
    cluster.drop(({ type }) => type === 'HeartbeatReply')
    cluster.read('a', 1)
    expect(ready(cluster.node('a'))).toEqual([])
    cluster.change('a', { type: 'remove', id: 'b' as never })
    expect(ready(cluster.node('a'))).toEqual([[1, 2]])
  })

  test('more reads than the bound fail at once', () => {
    const leader = leaderOf('abc')
    for (let context = 0; context <= READS_PENDING_MAX; context++) leader.step(read(context))
    expect(failed(leader)).toEqual([READS_PENDING_MAX])
  })

  test('the bound is of reads that wait: answered ones leave nothing behind', () => {
    const leader = leaderOf('abc')
    const { term } = leader.status
    const half = READS_PENDING_MAX / 2
    for (let round = 0; round < 3; round++) {
      for (let context = 0; context < half; context++) leader.step(read(round * half + context))
      const [beat] = ofType(leader.tick(), 'Heartbeat')
      leader.receive(heartbeatReply({ from: 'b', to: 'a', term }, beat!.round))
    }
    expect(failed(leader)).toEqual([])
    expect(ready(leader)).toHaveLength(3 * half)
  })
})

describe('a read that cannot be confirmed fails', () => {
  test('without a leader', () => {
    const node = followerOf('abc')
    node.step(read(1))
    expect(failed(node)).toEqual([1])
  })

  test('when the leader steps down', () => {
    const leader = leaderOf('abc')
    leader.step(read(1))
    leader.step(read(2))
    leader.receive(heartbeat({ from: 'b', to: 'a', term: 9 }))
    expect(failed(leader)).toEqual([1, 2])
  })

  test('at a leader cut off from its quorum, with its check-quorum', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.isolate('a')
    cluster.read('a', 1)
    cluster.tick(10, 'a')
    expect(ready(cluster.node('a'))).toEqual([])
    expect(failed(cluster.node('a'))).toEqual([1])
  })

  test('on a follower, when another leader is elected', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.drop(({ type }) => type === 'ReadIndexReply')
    cluster.read('b', 1)
    cluster.campaign('c')
    expect(failed(cluster.node('b'))).toEqual([1])
  })

  test('on a follower, when question or answer are lost for an election timeout', () => {
    const cluster = new Cluster('abc', { limits: { electionTicks: 10 } })
    cluster.elect('a')
    cluster.drop(({ type }) => type === 'ReadIndex')
    cluster.read('b', 1)
    cluster.tick(9)
    expect(failed(cluster.node('b'))).toEqual([])
    cluster.tick(1)
    expect(failed(cluster.node('b'))).toEqual([1])
  })

  test('on a follower that asked one who does not lead any more', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.feed('b', read(1))
    const question = cluster.intercept()
    cluster.cutBoth('a', 'b')
    cluster.campaign('c')
    cluster.heal()
    cluster.release(...question)
    expect(ready(cluster.node('b'))).toEqual([])
    expect(failed(cluster.node('b'))).toEqual([1])
  })

  test('on a follower that asked one whose leadership ended meanwhile', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.drop(({ type }) => type === 'Heartbeat')
    cluster.read('b', 1)
    cluster.tick(10, 'a')
    expect(cluster.status('a').role).toBe('follower')
    expect(failed(cluster.node('b'))).toEqual([1])
  })
})

describe('an answer serves only the attempt it was asked for', () => {
  test('twice the same answer is one', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.feed('b', read(1))
    cluster.settle()
    const [answer] = ofType(cluster.delivered, 'ReadIndexReply')
    cluster.release(answer!)
    expect(ready(cluster.node('b'))).toEqual([[1, 2]])
  })

  test('a late answer does not confirm a later read of the same context', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.drop(({ type }) => type === 'ReadIndexReply')
    cluster.read('b', 1)
    cluster.tick(10)
    expect(failed(cluster.node('b'))).toEqual([1])
    cluster.feed('a', { type: 'propose', data: ['x'] })
    cluster.settle()
    cluster.heal()
    cluster.feed('b', read(1))
    const asked = ofType(cluster.intercept(), 'ReadIndex')[0]!
    // The answer to the first attempt would have carried an earlier number.
    cluster.release(readIndexReply({ from: 'a', to: 'b', term: 2 }, asked.context - 1, 2))
    expect(ready(cluster.node('b'))).toEqual([])
    cluster.release(asked)
    expect(ready(cluster.node('b'))).toEqual([[1, 3]])
  })

  test('nor one that was asked for before a crash: the numbers start anywhere', () => {
    const cluster = new Cluster('abc', { random: (id) => () => (id === 'b' ? Math.random() : 0.5) })
    cluster.elect('a')
    const ask = () => {
      cluster.feed('b', read(1))
      return ofType(cluster.intercept(), 'ReadIndex')[0]!.context
    }
    const before = ask()
    cluster.crash('b')
    cluster.restart('b')
    cluster.tick(1)
    expect(ask()).not.toBe(before)
  })

  test('the same read asked twice on the leader is answered twice', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.read('a', 1)
    cluster.read('a', 1)
    expect(ready(cluster.node('a'))).toEqual([
      [1, 2],
      [1, 2]
    ])
  })
})

test('an old leader that wakes up after another was elected confirms no read', () => {
  const cluster = new Cluster('abc')
  cluster.elect('a')
  // a stands still, with its timers, while the others go on.
  cluster.isolate('a')
  cluster.tick(40, 'bc')
  cluster.propose(
    cluster.leaders.find((id) => id !== 'a')!,
    'news'
  )
  cluster.heal()
  cluster.feed('a', read(1))
  cluster.settle()
  expect(ready(cluster.node('a'))).toEqual([])
  expect(failed(cluster.node('a'))).toEqual([1])
})

test('the commit that a membership change makes possible releases reads too', () => {
  const cluster = new Cluster('ab', { empty: 'n' })
  cluster.elect('a')
  cluster.change('a', { type: 'addLearner', id: 'n' as never, info: memberInfo('n') })
  cluster.read('n', 1)
  expect(ready(cluster.node('n'))).toEqual([[1, 3]])
})

test('an acknowledgement of entries is no echo of a heartbeat', () => {
  const leader = leaderOf('abc')
  const { term, lastIndex } = leader.status
  leader.step(read(1))
  for (const from of 'bc') leader.receive(appended({ from, to: 'a', term }, lastIndex))
  expect(ready(leader)).toEqual([])
})

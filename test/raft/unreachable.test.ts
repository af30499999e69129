import { describe, expect, test } from 'vitest'
import { Cluster } from './network/cluster'
import { heartbeat, ofType, requestVote } from './network/messages'
import { followerOf } from './network/single'

const lost = (cluster: Cluster, leader: string, by: string) => {
  for (const id of by) cluster.unreachable(id, leader)
}

describe('a broken connection to the leader', () => {
  test('of all followers, after a crash: a new leader without waiting for any timeout', () => {
    for (const voters of ['abc', 'abcde']) {
      const cluster = new Cluster(voters)
      cluster.elect('a')
      cluster.tick(1)
      cluster.crash('a')
      lost(cluster, 'a', voters.slice(1))
      // The first by id asked before the others had noticed; the next goes a little later.
      cluster.tick(3)
      expect(cluster.leaders).toHaveLength(1)
      expect(cluster.status(cluster.leaders[0]!).term).toBe(3)
    }
  })

  test('noticed by the first follower last: it wins at once', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.tick(1)
    cluster.crash('a')
    lost(cluster, 'a', 'cb')
    expect(cluster.leaders).toEqual(['b'])
  })

  test('noticed by the first follower earlier: the other makes up for its refusal as soon as it notices too', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.tick(1)
    cluster.crash('a')
    lost(cluster, 'a', 'b')
    expect(cluster.leaders).toEqual([])
    lost(cluster, 'a', 'c')
    expect(cluster.leaders).toEqual(['b'])
  })

  test('noticed by all others: a refusal is made up for only if the leader was not heard since', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.tick(1)
    cluster.cutBoth('a', 'b')
    lost(cluster, 'a', 'b')
    cluster.tick(1, 'a')
    cluster.delivered.length = 0
    lost(cluster, 'a', 'c')
    expect(ofType(cluster.delivered, 'RequestVoteReply').filter(({ from }) => from === 'c')).toEqual([])
  })

  test('when the first by id lacks entries, another wins soon after', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.isolate('b')
    cluster.propose('a', 'x')
    cluster.heal()
    cluster.feed('b', { type: 'receive', message: heartbeat({ from: 'a', to: 'b', term: 2 }) })
    cluster.intercept()
    cluster.crash('a')
    lost(cluster, 'a', 'bc')
    cluster.tick(4)
    expect(cluster.leaders).toEqual(['c'])
  })

  test('of one follower while the others hear the leader: refused, and nothing changes', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.tick(1)
    for (let i = 0; i < 20; i++) {
      lost(cluster, 'a', 'b')
      cluster.tick(1)
      expect(cluster.leaders).toEqual(['a'])
    }
    expect(cluster.each(({ status }) => [status.term, status.leaderId])).toEqual(Array(3).fill([2, 'a']))
  })

  test('asks quickly a few times, then at the pace of election timeouts', () => {
    const follower = followerOf('abc', { term: 2 }, { electionTicks: 20 })
    follower.receive(heartbeat({ from: 'b', to: 'a', term: 2 }))
    let rounds = follower.step({ type: 'unreachable', peer: 'b' as never }).length / 2
    const perTimeout: number[] = []
    for (let timeout = 0; timeout < 5; timeout++) {
      perTimeout.push(rounds + follower.tick(20).length / 2)
      rounds = 0
    }
    expect(perTimeout[0]).toBeGreaterThan(3)
    expect(perTimeout.slice(2).every((count) => count <= 1)).toBe(true)
    expect(follower.status.term).toBe(2)
  })

  test('is forgotten when the leader is heard again', () => {
    const follower = followerOf('abc', { term: 2 })
    follower.receive(heartbeat({ from: 'c', to: 'a', term: 2 }))
    follower.tick(3)
    follower.step({ type: 'unreachable', peer: 'c' as never })
    expect(follower.status.role).toBe('preCandidate')
    follower.receive(heartbeat({ from: 'c', to: 'a', term: 2 }))
    expect(follower.status).toMatchObject({ role: 'follower', leaderId: 'c' })
    expect(follower.tick(9)).toEqual([])
    const request = requestVote({ from: 'b', to: 'a', term: 3 }, { index: 1, term: 2 }, { preVote: true })
    expect(follower.receive(request)).toMatchObject([{ voteGranted: false }])
  })

  test('makes a follower grant the pre-vote of another, which it would refuse otherwise', () => {
    const follower = followerOf('abc', { term: 2 })
    follower.receive(heartbeat({ from: 'b', to: 'a', term: 2 }))
    const request = requestVote({ from: 'c', to: 'a', term: 3 }, { index: 1, term: 2 }, { preVote: true })
    expect(follower.receive(request)).toMatchObject([{ voteGranted: false }])
    follower.step({ type: 'unreachable', peer: 'b' as never })
    expect(follower.receive(request)).toMatchObject([{ voteGranted: true }])
  })

  test('of a learner makes it only unsure of the leader', () => {
    const cluster = new Cluster('abc', { learners: 'd' })
    cluster.elect('a')
    cluster.tick(1)
    cluster.delivered.length = 0
    lost(cluster, 'a', 'd')
    expect(cluster.delivered).toEqual([])
    expect(cluster.status('d').role).toBe('follower')
  })

  test('fails reads that would be sent over it, rather than let them wait', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    lost(cluster, 'a', 'c')
    cluster.read('c', 1)
    expect(cluster.node('c').noticesOf('readFailed')).toHaveLength(1)
  })
})

test('a broken connection between followers means nothing', () => {
  const cluster = new Cluster('abc')
  cluster.elect('a')
  cluster.delivered.length = 0
  cluster.unreachable('b', 'c')
  cluster.unreachable('c', 'z')
  expect(cluster.delivered).toEqual([])
  expect(ofType(cluster.delivered, 'RequestVote')).toEqual([])
})

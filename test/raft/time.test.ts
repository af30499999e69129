import { describe, expect, test } from 'vitest'
import { Cluster } from './network/cluster'
import { heartbeat, heartbeatReply, ofType, requestVote } from './network/messages'
import { candidateOf, followerOf, leaderOf, preCandidateOf } from './network/single'

const gap = { type: 'timeGap', elapsedMs: 60_000 } as const

describe('a gap in time', () => {
  test('lets a follower wait a full election timeout before it campaigns', () => {
    const node = followerOf('abc', { term: 3 }, { electionTicks: 10 })
    node.tick(9)
    node.step(gap)
    expect(node.tick(9)).toEqual([])
    expect(node.tick(1)).not.toEqual([])
    expect(node.status).toMatchObject({ role: 'preCandidate', term: 3 })
  })

  test.each([
    ['preCandidate', () => preCandidateOf('abc', { term: 3 })],
    ['candidate', () => candidateOf('abc', { term: 3 })]
  ])('takes a %s back to follower, in its term and with its vote', (_role, make) => {
    const node = make()
    const { term, votedFor } = node.status
    node.step(gap)
    expect(node.status).toMatchObject({ role: 'follower', term, votedFor })
  })

  test('leaves a follower unsure of its leader: it refuses nobody for it', () => {
    const node = followerOf('abc', { term: 3 })
    node.receive(heartbeat({ from: 'b', to: 'a', term: 3 }))
    node.step(gap)
    const request = requestVote({ from: 'c', to: 'a', term: 4 }, { index: 1, term: 3 }, { preVote: true })
    expect(node.receive(request)).toMatchObject([{ voteGranted: true }])
    node.receive(heartbeat({ from: 'b', to: 'a', term: 3 }))
    expect(node.receive(request)).toMatchObject([{ voteGranted: false }])
  })

  test('makes a leader ask for confirmation at once', () => {
    const leader = leaderOf('abc', {}, { heartbeatTicks: 5 })
    expect(ofType(leader.step(gap), 'Heartbeat')).toHaveLength(2)
  })

  test('a leader that is confirmed goes on', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.input('a', gap)
    cluster.tick(50)
    expect(cluster.leaders).toEqual(['a'])
    expect(cluster.status('a').term).toBe(2)
  })

  test('a leader that is not confirmed within an election timeout steps down, whatever was heard before', () => {
    const leader = leaderOf('abc', {}, { electionTicks: 10 })
    const { term } = leader.status
    const [before] = ofType(leader.tick(), 'Heartbeat')
    leader.step(gap)
    for (let i = 0; i < 9; i++) {
      leader.tick()
      leader.receive(heartbeatReply({ from: 'b', to: 'a', term }, before!.round))
    }
    expect(leader.status.role).toBe('leader')
    leader.tick()
    expect(leader.status).toMatchObject({ role: 'follower', term })
  })

  test('reads asked before it at the leader need a round after it', () => {
    const leader = leaderOf('abc')
    const { term } = leader.status
    const [round] = ofType(leader.step({ type: 'readIndex', context: 1 }), 'Heartbeat')
    const [fresh] = ofType(leader.step(gap), 'Heartbeat')
    leader.receive(heartbeatReply({ from: 'b', to: 'a', term }, round!.round))
    expect(leader.noticesOf('readReady')).toEqual([])
    leader.receive(heartbeatReply({ from: 'b', to: 'a', term }, fresh!.round))
    expect(leader.noticesOf('readReady')).toHaveLength(1)
  })

  test('a leader that slept while another was elected follows it, and has answered no read', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.isolate('a')
    cluster.tick(40, 'bc')
    cluster.feed('a', gap)
    cluster.feed('a', { type: 'readIndex', context: 1 })
    cluster.heal()
    cluster.settle()
    cluster.tick(2)
    expect(cluster.node('a').noticesOf('readReady')).toEqual([])
    expect(cluster.node('a').noticesOf('readFailed')).toHaveLength(1)
    expect(cluster.status('a').role).toBe('follower')
  })

  test('an unconfirmed leader does not refuse those who would replace it', () => {
    const leader = leaderOf('abc')
    leader.step(gap)
    const request = requestVote({ from: 'b', to: 'a', term: 9 }, { index: 9, term: 8 })
    expect(leader.receive(request)).toMatchObject([{ voteGranted: true, term: 9 }])
  })

  test('of a voter alone costs nothing', () => {
    const leader = leaderOf('a')
    leader.step(gap)
    leader.step({ type: 'readIndex', context: 1 })
    leader.tick(100)
    expect(leader.status.role).toBe('leader')
    expect(leader.noticesOf('readReady')).toHaveLength(1)
  })

  test('on every node at once leads to one leader again', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    for (const id of 'abc') cluster.feed(id, gap)
    cluster.settle()
    cluster.tick(50)
    expect(cluster.leaders).toHaveLength(1)
    cluster.propose(cluster.leaders[0]!, 'x')
    expect(cluster.node('a').state).toEqual(['x'])
  })
})

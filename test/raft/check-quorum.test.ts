import { describe, expect, test } from 'vitest'
import { Cluster } from './network/cluster'
import { heartbeatReply, requestVote } from './network/messages'
import { followerOf, leaderOf } from './network/single'

describe('check-quorum (thesis §6.2)', () => {
  test('a leader that hears a quorum stays', () => {
    const leader = leaderOf('abc', {}, { electionTicks: 10 })
    const { term } = leader.status
    for (let i = 0; i < 30; i++) {
      leader.tick(5)
      leader.receive(heartbeatReply({ from: 'b', to: 'a', term }))
    }
    expect(leader.status).toMatchObject({ role: 'leader', term })
  })

  test('a leader that hears no quorum for an election timeout steps down, in its term', () => {
    const leader = leaderOf('abc', {}, { electionTicks: 10 })
    const { term } = leader.status
    leader.tick(9)
    expect(leader.status.role).toBe('leader')
    leader.tick(1)
    expect(leader.status).toMatchObject({ role: 'follower', term, leaderId: null, votedFor: 'a' })
  })

  test('a voter added just now, and not heard yet, does not unseat the leader', () => {
    const cluster = new Cluster('a', { learners: 'b', limits: { electionTicks: 10 } })
    cluster.tick(1)
    cluster.isolate('b')
    cluster.tick(30)
    cluster.setVoters('a', 'ab')
    expect(cluster.status('a').role).toBe('leader')
  })

  test('learners do not make a quorum', () => {
    const cluster = new Cluster('abc', { learners: 'de' })
    cluster.elect('a')
    cluster.partition('ade', 'bc')
    cluster.tick(10)
    expect(cluster.status('a').role).not.toBe('leader')
  })

  test('both halves of a joint configuration must be heard', () => {
    const cluster = new Cluster('abc', { learners: 'de' })
    cluster.elect('a')
    cluster.drop(({ type }) => type === 'AppendEntries')
    cluster.setVoters('a', 'ade')
    cluster.heal()
    cluster.partition('ade', 'bc')
    cluster.tick(10)
    expect(cluster.status('a').role).not.toBe('leader')
  })

  test('a leader of one alone needs nobody', () => {
    const leader = leaderOf('a')
    leader.tick(100)
    expect(leader.status.role).toBe('leader')
  })

  test('a leader of a minority steps down while the majority elects another; it follows when it is back', () => {
    const cluster = new Cluster('abcde')
    cluster.elect('a')
    cluster.propose('a', 'before')
    cluster.partition('ab', 'cde')
    cluster.propose('a', 'lost')
    cluster.tick(40)
    expect(cluster.leaders).toHaveLength(1)
    const [leader] = cluster.leaders
    expect('cde').toContain(leader)
    cluster.propose(leader!, 'kept')
    cluster.heal()
    cluster.tick(20)
    expect(cluster.each(({ state }) => state)).toEqual(Array(5).fill(['before', 'kept']))
  })
})

describe('a live leader is not disturbed (thesis §4.2.3)', () => {
  test('a follower that has heard it within the least election timeout ignores a vote of a later term', () => {
    const cluster = new Cluster('abc', { limits: { electionTicks: 10 } })
    cluster.elect('a')
    cluster.tick(1)
    const follower = cluster.node('b')
    const request = requestVote({ from: 'c', to: 'b', term: 7 }, { index: 9, term: 7 })
    expect(follower.receive(request)).toEqual([])
    expect(follower.status).toMatchObject({ term: 2, leaderId: 'a' })
    follower.tick(10)
    expect(follower.receive(request)).toMatchObject([{ voteGranted: true, term: 7 }])
  })

  test('candidates are heard again only after the leader has been silent for that long', () => {
    const cluster = new Cluster('abc', { limits: { electionTicks: 10 } })
    cluster.elect('a')
    cluster.isolate('a')
    cluster.timeOut('c')
    expect(cluster.status('c').role).toBe('preCandidate')
    cluster.sleep('b', 10)
    cluster.timeOut('c')
    expect(cluster.leaders).toContain('c')
    // The old leader has not noticed yet; it will, by its own silence or by the later term.
    cluster.heal()
    cluster.tick(1)
    expect(cluster.leaders).toEqual(['c'])
  })

  test('a node that is no voter any more and campaigns in ignorance is refused by those who hear the leader', () => {
    const cluster = new Cluster('abcd')
    cluster.elect('a')
    cluster.isolate('d')
    cluster.change('a', { type: 'remove', id: 'd' as never })
    cluster.heal()
    cluster.sleep('d', 25)
    cluster.input('d', { type: 'tick' })
    cluster.tick(40)
    expect(cluster.leaders).toEqual(['a'])
    expect(cluster.status('a').term).toBe(2)
  })

  test('a leader that has stepped down by itself is no reason to refuse it', () => {
    // Two of three are up: b must not refuse a, whom it still takes for its leader.
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.crash('c')
    cluster.cut('b', 'a')
    cluster.tick(10, 'a')
    expect(cluster.status('a').role).not.toBe('leader')
    expect(cluster.status('b').leaderId).toBe('a')
    cluster.heal()
    cluster.tick(20, 'a')
    expect(cluster.leaders).toEqual(['a'])
  })

  test('a node that knows of no leader refuses nobody for one', () => {
    const node = followerOf('abc')
    expect(node.receive(requestVote({ from: 'c', to: 'a', term: 7 }, { index: 9, term: 7 }))).toMatchObject([
      { voteGranted: true }
    ])
  })
})

describe('partial connectivity', () => {
  test('a node that hears the leader only through others cannot unseat it', () => {
    // a leads; e is cut off from a alone.
    const cluster = new Cluster('abcde')
    cluster.elect('a')
    cluster.cutBoth('a', 'e')
    cluster.tick(200)
    expect(cluster.leaders).toEqual(['a'])
    expect(cluster.status('a').term).toBe(2)
  })

  test('a leader that can send but not hear makes room for one that can do both', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.cut('b', 'a')
    cluster.cut('c', 'a')
    cluster.tick(60)
    expect(cluster.leaders).toHaveLength(1)
    expect(cluster.leaders).not.toContain('a')
  })

  test('where only one node reaches a majority, that one leads in the end and stays', () => {
    // c is the hub of a star.
    const cluster = new Cluster('abcde')
    cluster.elect('a')
    for (const one of 'abde') for (const other of 'abde') if (one !== other) cluster.cut(one, other)
    cluster.tick(200)
    expect(cluster.leaders).toEqual(['c'])
    const { term } = cluster.status('c')
    cluster.tick(200)
    expect(cluster.leaders).toEqual(['c'])
    expect(cluster.status('c').term).toBe(term)
  })
})

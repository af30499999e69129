import { describe, expect, test } from 'vitest'
import { Cluster } from './network/cluster'
import { appendEntries, heartbeat, ofType, requestVote, voteReply } from './network/messages'
import { candidateOf, followerOf, leaderOf, preCandidateOf, untilMessages } from './network/single'
import { configurationOf, stateOf, TestNode } from './network/test-node'

const founded = configurationOf({ voters: 'abc' })
const FOUNDING = { index: 1, term: 1 }

describe('who wins an election', () => {
  test.each([
    ['abc', '', 'leader'],
    ['abc', 'b', 'leader'],
    ['abc', 'bc', 'preCandidate'],
    ['abcd', 'bc', 'preCandidate'],
    ['abcde', 'bc', 'leader']
  ])('voters %s of which "%s" are down: a becomes %s', (voters, down, role) => {
    const cluster = new Cluster(voters)
    for (const id of down) cluster.crash(id)
    cluster.timeOut('a')
    expect(cluster.status('a')).toMatchObject({ role, term: role === 'leader' ? 2 : 1 })
  })

  test('a candidate whose log is behind a majority is refused, one whose log leads a majority is elected', () => {
    const states = { c: stateOf(founded, { log: [1] }) }
    const behind = new Cluster('abc', { states })
    behind.crash('b')
    behind.timeOut('a')
    expect(behind.status('a').role).not.toBe('leader')
    const ahead = new Cluster('abc', { states })
    ahead.timeOut('a')
    expect(ahead.leaders).toEqual(['a'])
  })

  test('each node can take its turn as leader', () => {
    const cluster = new Cluster('abc')
    for (const id of 'abcabc') {
      cluster.campaign(id)
      expect(cluster.leaders).toEqual([id])
      expect(cluster.each(({ status }) => status.leaderId)).toEqual([id, id, id])
    }
  })

  test('a cluster of one leads itself at its first tick, without a pre-vote', () => {
    const cluster = new Cluster('a')
    cluster.tick()
    expect(cluster.status('a')).toMatchObject({ role: 'leader', term: 2, commitIndex: 2 })
    expect(cluster.delivered).toEqual([])
  })

  test('a candidate alone among learners is elected by itself', () => {
    const cluster = new Cluster('a', { learners: 'bc' })
    cluster.tick()
    expect(cluster.leaders).toEqual(['a'])
    cluster.tick(2)
    expect(cluster.each(({ status }) => status.commitIndex)).toEqual([2, 2, 2])
  })

  test('a leader overwrites newer entries that never reached a quorum', () => {
    // d and e voted for a dead leader of term 2; its entry and c's of term 3 reached no quorum.
    const five = configurationOf({ voters: 'abcde' })
    const cluster = new Cluster('abcde', {
      states: {
        a: stateOf(five, { log: [1] }),
        b: stateOf(five, { log: [1] }),
        c: stateOf(five, { log: [2] }),
        d: stateOf(five, { term: 2, votedFor: 'c' }),
        e: stateOf(five, { term: 2, votedFor: 'c' })
      }
    })
    cluster.campaign('a')
    expect(cluster.status('a').term).toBe(2)
    expect(cluster.leaders).toEqual([])
    cluster.campaign('a')
    expect(cluster.leaders).toEqual(['a'])
    cluster.tick(1)
    expect(cluster.each((node) => node.logTerms)).toEqual(Array(5).fill([1, 1, 3]))
  })
})

describe('pre-vote changes nothing (thesis §9.6)', () => {
  test('neither at the one who asks nor at those who grant', () => {
    const node = preCandidateOf('abc', { term: 4 })
    expect(node.status).toMatchObject({ role: 'preCandidate', term: 4, votedFor: null })
    const voter = followerOf('abc', { term: 4, votedFor: 'c' })
    const replies = voter.receive(requestVote({ from: 'b', to: 'a', term: 5 }, FOUNDING, { preVote: true }))
    expect(replies).toMatchObject([{ term: 5, preVote: true, voteGranted: true }])
    expect(voter.status).toMatchObject({ role: 'follower', term: 4, votedFor: 'c' })
  })

  test('granting one does not restart the election timer', () => {
    const voter = followerOf('abc', {}, { electionTicks: 10 })
    voter.tick(9)
    voter.receive(requestVote({ from: 'b', to: 'a', term: 2 }, FOUNDING, { preVote: true }))
    expect(voter.tick(1)).not.toEqual([])
    expect(voter.status.role).toBe('preCandidate')
  })

  test('a vote given in a term stays given through a pre-vote of the same node', () => {
    const node = followerOf('abc', { term: 4, votedFor: 'b' })
    untilMessages(node)
    expect(node.status).toMatchObject({ role: 'preCandidate', votedFor: 'b' })
    expect(node.receive(requestVote({ from: 'c', to: 'a', term: 4 }, FOUNDING))).toMatchObject([{ voteGranted: false }])
  })

  test('an isolated node does not raise its term, and so disturbs nobody when it returns', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.isolate('c')
    cluster.tick(100)
    expect(cluster.status('c')).toMatchObject({ role: 'preCandidate', term: 2 })
    cluster.propose('a', 'x')
    cluster.heal()
    cluster.tick(3)
    expect(cluster.leaders).toEqual(['a'])
    expect(cluster.status('a').term).toBe(2)
    expect(cluster.node('c').state).toEqual(['x'])
  })

  test('rejections of a majority end it; the node tries again a random timeout later', () => {
    const node = preCandidateOf('abc', { term: 4 })
    node.receive(voteReply({ from: 'b', to: 'a', term: 4 }, false, true))
    expect(node.status.role).toBe('preCandidate')
    node.receive(voteReply({ from: 'c', to: 'a', term: 4 }, false, true))
    expect(node.status).toMatchObject({ role: 'follower', term: 4 })
    expect(untilMessages(node)).toHaveLength(2)
  })

  test('a rejection that tells of a later term is taken over', () => {
    const node = preCandidateOf('abc', { term: 4 })
    node.receive(voteReply({ from: 'b', to: 'a', term: 9 }, false, true))
    expect(node.status).toMatchObject({ role: 'follower', term: 9, votedFor: null })
  })

  test('a node that comes back with an old term learns the new one from its refused pre-vote', () => {
    // b has moved on to term 7; c is down. a and b are a quorum and must be able to use it.
    const cluster = new Cluster('abc', { states: { b: stateOf(founded, { term: 7 }) } })
    cluster.crash('c')
    cluster.timeOut('a')
    expect(cluster.status('a').term).toBe(7)
    cluster.timeOut('a')
    expect(cluster.leaders).toEqual(['a'])
    expect(cluster.status('a').term).toBe(8)
  })
})

describe('pre-votes and votes are kept apart', () => {
  test('a late pre-vote granted does not count for the candidate', () => {
    const node = candidateOf('abcde')
    const { term } = node.status
    for (const from of 'bcde') node.receive(voteReply({ from, to: 'a', term }, true, true))
    expect(node.status.role).toBe('candidate')
  })

  test('a vote of an earlier candidacy does not count for the pre-candidate', () => {
    const node = candidateOf('abc')
    const { term } = node.status
    untilMessages(node)
    node.receive(voteReply({ from: 'b', to: 'a', term }, true))
    expect(node.status).toMatchObject({ role: 'preCandidate', term })
  })

  test('a vote that comes twice counts once', () => {
    const node = candidateOf('abcde')
    const { term } = node.status
    node.receive(voteReply({ from: 'b', to: 'a', term }, true))
    node.receive(voteReply({ from: 'b', to: 'a', term }, true))
    expect(node.status.role).toBe('candidate')
  })

  test('the vote of one who is no voter does not count', () => {
    const node = candidateOf('abc')
    node.receive(voteReply({ from: 'z', to: 'a', term: node.status.term }, true))
    expect(node.status.role).toBe('candidate')
  })
})

describe('a node in any role answers votes by the same rules', () => {
  const LATER = { from: 'b', to: 'a', term: 12 }
  const make: Record<string, () => TestNode> = {
    follower: () => followerOf('abc', { term: 10 }),
    preCandidate: () => preCandidateOf('abc', { term: 10 }),
    candidate: () => candidateOf('abc', { term: 9 }),
    leader: () => leaderOf('abc', { term: 9 })
  }

  test.each(['follower', 'preCandidate', 'candidate'])('a %s grants its vote in a later term', (role) => {
    const node = make[role]!()
    expect(node.status.role).toBe(role)
    const replies = node.receive(requestVote(LATER, { index: 9, term: 11 }))
    expect(replies).toMatchObject([{ type: 'RequestVoteReply', term: 12, voteGranted: true }])
    expect(node.status).toMatchObject({ role: 'follower', term: 12, votedFor: 'b', leaderId: null })
  })

  test.each(['follower', 'preCandidate', 'candidate'])('a %s grants a pre-vote and stays what it is', (role) => {
    const node = make[role]!()
    const replies = node.receive(requestVote(LATER, { index: 9, term: 11 }, { preVote: true }))
    expect(replies).toMatchObject([{ term: 12, preVote: true, voteGranted: true }])
    expect(node.status).toMatchObject({ role, term: 10 })
  })

  test('a leader refuses both, unless it has asked for the election itself', () => {
    const leader = make.leader!()
    expect(leader.receive(requestVote(LATER, { index: 9, term: 11 }))).toEqual([])
    const [refusal] = leader.receive(requestVote(LATER, { index: 9, term: 11 }, { preVote: true }))
    expect(refusal).toMatchObject({ voteGranted: false, term: 10 })
    expect(leader.status).toMatchObject({ role: 'leader', term: 10 })
    const handedOver = requestVote(LATER, { index: 9, term: 11 }, { leadershipTransfer: true })
    expect(leader.receive(handedOver)).toMatchObject([{ voteGranted: true, term: 12 }])
    expect(leader.status.role).toBe('follower')
  })

  test('a request in an earlier term is refused with the later one', () => {
    const node = followerOf('abc', { term: 5 })
    const replies = node.receive(requestVote({ from: 'b', to: 'a', term: 4 }, { index: 9, term: 4 }))
    expect(replies).toMatchObject([{ term: 5, voteGranted: false }])
  })

  test('the same request again gets the same answer', () => {
    const node = followerOf('abc')
    const request = requestVote({ from: 'b', to: 'a', term: 2 }, FOUNDING)
    expect(node.receive(request)).toMatchObject([{ voteGranted: true }])
    expect(node.receive(request)).toMatchObject([{ voteGranted: true }])
  })
})

describe('transitions between the roles (Figure 4)', () => {
  test('follower, pre-candidate, candidate, leader, and back', () => {
    const node = followerOf('abc')
    expect(node.status.role).toBe('follower')
    untilMessages(node)
    expect(node.status.role).toBe('preCandidate')
    node.receive(voteReply({ from: 'b', to: 'a', term: 2 }, true, true))
    expect(node.status.role).toBe('candidate')
    node.receive(voteReply({ from: 'b', to: 'a', term: 2 }, true))
    expect(node.status).toMatchObject({ role: 'leader', term: 2, leaderId: 'a' })
    node.receive(heartbeat({ from: 'b', to: 'a', term: 3 }))
    expect(node.status).toMatchObject({ role: 'follower', term: 3, leaderId: 'b' })
  })

  test.each([
    ['follower', () => followerOf('abc')],
    ['preCandidate', () => preCandidateOf('abc')],
    ['candidate', () => candidateOf('abc')],
    ['leader', () => leaderOf('abc')]
  ])('a %s steps down for a later term, knowing a leader only from a leader’s message', (_role, make) => {
    const byAppend = make()
    byAppend.receive(appendEntries({ from: 'b', to: 'a', term: 9 }, FOUNDING))
    expect(byAppend.status).toMatchObject({ role: 'follower', term: 9, leaderId: 'b', votedFor: null })
    const byVote = make()
    byVote.receive(requestVote({ from: 'b', to: 'a', term: 9 }, { index: 9, term: 9 }, { leadershipTransfer: true }))
    expect(byVote.status).toMatchObject({ role: 'follower', term: 9, leaderId: null, votedFor: 'b' })
  })

  test('stepping down within a term keeps the vote of that term', () => {
    const node = candidateOf('abc')
    const { term } = node.status
    node.receive(appendEntries({ from: 'b', to: 'a', term }, FOUNDING))
    expect(node.status).toMatchObject({ role: 'follower', term, votedFor: 'a' })
    expect(node.receive(requestVote({ from: 'c', to: 'a', term }, { index: 9, term }))).toMatchObject([
      { voteGranted: false }
    ])
  })

  test('a candidate that is refused by a majority concedes, and its entries are replaced by the winner’s', () => {
    const cluster = new Cluster('abc')
    cluster.isolate('a')
    cluster.elect('c')
    cluster.propose('c', 'of c')
    cluster.heal()
    cluster.tick(2)
    expect(cluster.each(({ state }) => state)).toEqual([['of c'], ['of c'], ['of c']])
    expect(cluster.status('a')).toMatchObject({ role: 'follower', term: 2, leaderId: 'c' })
  })

  test('a leader that campaigns, or is told to, stays leader', () => {
    const leader = leaderOf('abc')
    const { term } = leader.status
    leader.receive({ ...heartbeat({ from: 'b', to: 'a', term }), type: 'TimeoutNow' } as never)
    expect(leader.status).toMatchObject({ role: 'leader', term })
  })
})

describe('a candidate or follower is set right by messages of the leader', () => {
  test.each([
    ['Heartbeat', (term: number) => heartbeat({ from: 'b', to: 'a', term })],
    ['AppendEntries', (term: number) => appendEntries({ from: 'b', to: 'a', term }, FOUNDING)]
  ])('a candidate follows at a %s of its term, and its timer starts over', (_type, message) => {
    const node = candidateOf('abc')
    const { term } = node.status
    node.tick(9)
    node.receive(message(term))
    expect(node.status).toMatchObject({ role: 'follower', term, leaderId: 'b' })
    expect(node.tick(9)).toEqual([])
  })

  test('a candidate in a later term than the leader frees itself by its answer', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.isolate('c')
    cluster.campaign('c')
    cluster.campaign('c')
    expect(cluster.status('c')).toMatchObject({ role: 'candidate', term: 4 })
    cluster.heal()
    cluster.tick(1, 'a')
    expect(cluster.status('a')).toMatchObject({ role: 'follower', term: 4 })
    cluster.tick(30)
    expect(cluster.leaders).toHaveLength(1)
    expect(new Set(cluster.each(({ status }) => status.term)).size).toBe(1)
  })

  test('a follower in a later term makes the leader step down, and the cluster goes on in that term', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.isolate('b')
    cluster.campaign('b')
    cluster.heal()
    cluster.tick(40)
    expect(cluster.leaders).toHaveLength(1)
    expect(cluster.status('b').term).toBe(cluster.status('a').term)
  })
})

describe('duels', () => {
  test('of two candidates, the one that the third cannot refuse wins', () => {
    const cluster = new Cluster('abc')
    cluster.cutBoth('a', 'c')
    cluster.campaign('a')
    cluster.campaign('c')
    // b voted for a; c asks in the same term and then in the next one, which b refuses while a leads.
    expect(cluster.status('a')).toMatchObject({ role: 'leader', term: 2 })
    expect(cluster.status('c')).toMatchObject({ role: 'candidate', term: 2 })
    cluster.heal()
    cluster.tick(1, 'a')
    expect(cluster.status('c')).toMatchObject({ role: 'follower', term: 2, leaderId: 'a' })
    expect(cluster.each((node) => node.logTerms)).toEqual(Array(3).fill([1, 2]))
  })

  test('of two pre-candidates, the later one gives way without a further term', () => {
    const cluster = new Cluster('abc')
    cluster.cutBoth('a', 'c')
    cluster.timeOut('a')
    cluster.timeOut('c')
    expect(cluster.status('a')).toMatchObject({ role: 'leader', term: 2 })
    // b's refusal told it of the term.
    expect(cluster.status('c')).toMatchObject({ role: 'follower', term: 2, votedFor: null })
    cluster.heal()
    cluster.tick(1, 'a')
    expect(cluster.each(({ status }) => [status.term, status.leaderId])).toEqual(Array(3).fill([2, 'a']))
  })

  test('a split vote is resolved by the random timeouts', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.crash('a')
    cluster.sleep('bc', 10)
    cluster.each((node) => node.takeMessages())
    // Both win the pre-vote of the other and vote for themselves.
    cluster.cutBoth('b', 'c')
    cluster.campaign('b')
    cluster.campaign('c')
    cluster.heal()
    expect(cluster.each(({ status }) => status.role).slice(1)).toEqual(['candidate', 'candidate'])
    cluster.tick(25, 'bc')
    expect(cluster.leaders).toHaveLength(1)
  })

  test('a node in an earlier term can be elected after a quorum was lost in a later one', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.isolate('c')
    cluster.campaign('c')
    cluster.campaign('c')
    cluster.propose('a', 'x')
    cluster.heal()
    cluster.crash('a')
    cluster.tick(60)
    // c is in the later term but lacks x, so it can only be b.
    expect(cluster.leaders).toEqual(['b'])
    expect(cluster.node('c').state).toEqual(['x'])
  })
})

describe('learners', () => {
  test('never campaign, however long they hear nothing', () => {
    const cluster = new Cluster('ab', { learners: 'c' })
    cluster.tick(100, 'c')
    cluster.campaign('c')
    expect(cluster.status('c')).toMatchObject({ role: 'follower', term: 1 })
    expect(cluster.delivered).toEqual([])
  })

  test('vote when asked: the candidate may know that they were promoted', () => {
    const cluster = new Cluster('ab', { learners: 'c' })
    const replies = cluster.node('c').receive(requestVote({ from: 'a', to: 'c', term: 2 }, FOUNDING))
    expect(ofType(replies, 'RequestVoteReply')).toMatchObject([{ voteGranted: true, term: 2 }])
  })

  test('forget a leader that keeps silent', () => {
    const cluster = new Cluster('ab', { learners: 'c' })
    cluster.elect('a')
    cluster.tick(1)
    expect(cluster.status('c').leaderId).toBe('a')
    cluster.isolate('c')
    cluster.tick(20)
    expect(cluster.status('c').leaderId).toBe(null)
  })
})

test('only a voter of the configuration in effect can be elected', () => {
  const promotable = (node: TestNode) => untilMessages(node).length > 0
  const node = (roles: Parameters<typeof configurationOf>[0]) => new TestNode('a', stateOf(configurationOf(roles)))
  expect(promotable(node({ voters: 'ab' }))).toBe(true)
  expect(promotable(node({ voters: 'bc', votersOutgoing: 'ab' }))).toBe(true)
  expect(promotable(node({ voters: 'bc' }))).toBe(false)
  expect(promotable(node({ voters: 'bc', learners: 'a' }))).toBe(false)
})

test('a node that no configuration names never campaigns', () => {
  const cluster = new Cluster('a', { empty: 'n' })
  cluster.tick(100, 'n')
  expect(cluster.status('n')).toMatchObject({ role: 'follower', term: 0 })
})

test('a restarted follower waits a full election timeout before it campaigns', () => {
  const cluster = new Cluster('abc')
  cluster.elect('a')
  cluster.crash('b')
  cluster.restart('b')
  cluster.tick(1, 'a')
  cluster.tick(50)
  expect(cluster.leaders).toEqual(['a'])
  expect(cluster.status('a').term).toBe(2)
})

test('a follower that rejects entries of the leader does not campaign for that', () => {
  const follower = followerOf('abc', { term: 2 })
  for (let i = 0; i < 10; i++) {
    follower.tick(9)
    follower.receive(appendEntries({ from: 'b', to: 'a', term: 2 }, { index: 50, term: 2 }))
  }
  expect(follower.status).toMatchObject({ role: 'follower', leaderId: 'b' })
})

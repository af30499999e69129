/** Raft paper §5.2: leader election. A campaign here is a pre-vote (thesis §9.6) and then the vote of the paper. */
import { describe, expect, test } from 'vitest'
import { appendEntries, ofType, requestVote, voteReply } from '../network/messages'
import { Prng } from '../network/prng'
import { campaigning, candidateOf, followerOf, preCandidateOf, untilMessages } from '../network/single'
import { configurationOf, stateOf, TestNode } from '../network/test-node'

const AFTER_FOUNDING = { index: 1, term: 1 }

test('a follower that hears nothing for an election timeout campaigns: next term, own vote, requests to all (§5.2)', () => {
  const { node, requests } = campaigning('abc', { term: 3 })
  expect(node.status).toMatchObject({ role: 'candidate', term: 4, votedFor: 'a' })
  expect(ofType(requests, 'RequestVote').map(({ to, term, preVote }) => [to, term, preVote])).toEqual([
    ['b', 4, false],
    ['c', 4, false]
  ])
  expect(node.disk.hardState).toMatchObject({ term: 4, votedFor: 'a' })
})

test('a candidate that hears nothing for an election timeout campaigns anew in a further term (§5.2)', () => {
  const node = candidateOf('abc')
  const { term } = node.status
  const preVotes = ofType(untilMessages(node), 'RequestVote')
  expect(preVotes.every(({ preVote }) => preVote)).toBe(true)
  node.receive(voteReply({ from: 'b', to: 'a', term: term + 1 }, true, true))
  expect(node.status).toMatchObject({ role: 'candidate', term: term + 1 })
})

describe('an election is decided by one round of votes (§5.2)', () => {
  const scenario = (voters: string, votes: Record<string, boolean>) => {
    const node = candidateOf(voters)
    const { term } = node.status
    for (const [from, granted] of Object.entries(votes)) node.receive(voteReply({ from, to: 'a', term }, granted))
    return node.status.role
  }

  test.each<[string, Record<string, boolean>]>([
    ['abc', { b: true, c: true }],
    ['abc', { b: true }],
    ['abcde', { b: true, c: true, d: true, e: true }],
    ['abcde', { b: true, c: true, d: true }],
    ['abcde', { b: true, c: true }],
    ['abcde', { b: false, c: false, d: true, e: true }]
  ])('a candidate of %s with a majority leads: %o', (voters, votes) => {
    expect(scenario(voters, votes)).toBe('leader')
  })

  test.each<[string, Record<string, boolean>]>([
    ['abc', { b: false, c: false }],
    ['abcde', { b: false, c: false, d: false, e: false }],
    ['abcde', { b: true, c: false, d: false, e: false }]
  ])('a candidate of %s against a majority is a follower: %o', (voters, votes) => {
    expect(scenario(voters, votes)).toBe('follower')
  })

  test.each<[string, Record<string, boolean>]>([
    ['abc', {}],
    ['abc', { b: false }],
    ['abcde', { b: true }],
    ['abcde', { b: false, c: false }],
    ['abcde', {}]
  ])('a candidate of %s without either waits: %o', (voters, votes) => {
    expect(scenario(voters, votes)).toBe('candidate')
  })
})

test('a node alone elects itself, once its own vote is durable (§5.2)', () => {
  const node = followerOf('a')
  node.holdWrites = true
  node.tick(5)
  expect(node.status).toMatchObject({ role: 'candidate', term: 2 })
  node.completeWrites(1)
  expect(node.status.role).toBe('leader')
})

describe('a follower votes for at most one candidate in a term, first come, first served (§5.2)', () => {
  test.each([
    [null, 'b', true],
    [null, 'c', true],
    ['b', 'b', true],
    ['c', 'c', true],
    ['b', 'c', false],
    ['c', 'b', false]
  ])('having voted for %s, asked by %s: %s', (votedFor, from, granted) => {
    const node = followerOf('abc', { term: 4, votedFor })
    const replies = node.receive(requestVote({ from, to: 'a', term: 4 }, AFTER_FOUNDING))
    expect(replies).toMatchObject([{ type: 'RequestVoteReply', to: from, term: 4, voteGranted: granted }])
  })

  test('the vote holds across a restart', () => {
    const node = followerOf('abc', { term: 4 })
    node.receive(requestVote({ from: 'b', to: 'a', term: 5 }, AFTER_FOUNDING))
    node.crash()
    node.restart()
    const replies = node.receive(requestVote({ from: 'c', to: 'a', term: 5 }, AFTER_FOUNDING))
    expect(replies).toMatchObject([{ voteGranted: false }])
  })
})

describe('a candidate that hears from a leader of its own or a later term follows it (§5.2)', () => {
  test.each([0, 1])('leader of a term later by %i', (later) => {
    const node = candidateOf('abc')
    const term = node.status.term + later
    node.receive(appendEntries({ from: 'b', to: 'a', term }, AFTER_FOUNDING))
    expect(node.status).toMatchObject({ role: 'follower', term, leaderId: 'b' })
  })
})

describe('election timeouts are random in [electionTicks, 2·electionTicks) (§5.2)', () => {
  const electionTicks = 10

  const timeouts = (make: (random: () => number) => TestNode): Set<number> => {
    const seen = new Set<number>()
    const prng = new Prng(7)
    for (let i = 0; i < 50 * electionTicks; i++) {
      const node = make(prng.next)
      let ticks = 1
      while (node.tick().length === 0) ticks++
      seen.add(ticks)
    }
    return seen
  }

  const everyTimeout = Array.from({ length: electionTicks }, (_, i) => electionTicks + i)
  const fresh = (random: () => number, voters = 'abc') =>
    new TestNode('a', stateOf(configurationOf({ voters })), { random, limits: { electionTicks } })

  test('of followers', () => {
    expect([...timeouts(fresh)].sort((a, b) => a - b)).toEqual(everyTimeout)
  })

  test('of candidates', () => {
    const candidate = (random: () => number) => {
      const node = fresh(random)
      untilMessages(node)
      node.receive(voteReply({ from: 'b', to: 'a', term: node.status.term + 1 }, true, true))
      expect(node.status.role).toBe('candidate')
      return node
    }
    expect([...timeouts(candidate)].sort((a, b) => a - b)).toEqual(everyTimeout)
  })
})

describe('random timeouts make it rare that several nodes of five campaign at once (§5.2)', () => {
  const ROUNDS = 1_000
  const conflicts = (prepare: (node: TestNode) => void): number => {
    const prng = new Prng(11)
    let count = 0
    for (let round = 0; round < ROUNDS; round++) {
      const nodes = [...'abcde'].map(
        (id) => new TestNode(id, stateOf(configurationOf({ voters: 'abcde' })), { random: prng.next })
      )
      nodes.forEach(prepare)
      for (let speakers = 0; speakers === 0;) {
        speakers = nodes.filter((node) => node.tick().length > 0).length
        if (speakers > 1) count++
      }
    }
    return count
  }

  // Five draws among ten ticks: the least is shared in about 40 of 100 cases; a tick is a twentieth of a timeout.
  test('of followers', () => {
    expect(conflicts(() => {}) / ROUNDS).toBeLessThan(0.5)
  })

  test('of candidates', () => {
    expect(conflicts((node) => untilMessages(node)) / ROUNDS).toBeLessThan(0.5)
  })
})

test('a pre-candidate has not entered the term that it asks about', () => {
  const node = preCandidateOf('abc', { term: 3 })
  expect(node.status).toMatchObject({ role: 'preCandidate', term: 3, votedFor: null })
})

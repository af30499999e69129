/** Raft paper §5.4: election restriction, and committing entries from previous terms. */
import { describe, expect, test } from 'vitest'
import { Cluster } from '../network/cluster'
import { appended, ofType, requestVote } from '../network/messages'
import { acknowledgeAll, campaigning, followerOf, newLeaderOf } from '../network/single'
import { configurationOf, stateOf } from '../network/test-node'

describe('RequestVote carries the candidate’s term and the end of its log (§5.4.1)', () => {
  test.each([
    [[], 1],
    [[1], 2],
    [[1, 2], 3]
  ])('log of terms %o after the founding entry', (log, lastLogIndex) => {
    const { node, requests } = campaigning('abc', { log, term: 5 })
    expect(ofType(requests, 'RequestVote').map(({ to }) => to)).toEqual(['b', 'c'])
    for (const request of requests) {
      expect(request).toMatchObject({ term: 6, lastLogIndex, lastLogTerm: log.at(-1) ?? 1, preVote: false })
    }
    expect(node.status.term).toBe(6)
  })
})

describe('a voter refuses a candidate whose log is less up-to-date than its own: last term first, then length (§5.4.1)', () => {
  test.each([
    [[1], { term: 1, index: 2 }, true],
    [[1], { term: 1, index: 3 }, true],
    [[1, 1], { term: 1, index: 2 }, false],
    [[1], { term: 2, index: 2 }, true],
    [[1], { term: 2, index: 3 }, true],
    [[1, 1], { term: 2, index: 2 }, true],
    [[2], { term: 1, index: 2 }, false],
    [[2], { term: 1, index: 9 }, false],
    [[1, 2], { term: 1, index: 9 }, false]
  ])('own log %o, candidate’s last %o: %s', (log, last, granted) => {
    const ask = (preVote: boolean) =>
      followerOf('abc', { log, commit: 1 }).receive(requestVote({ from: 'b', to: 'a', term: 3 }, last, { preVote }))
    expect(ask(false)).toMatchObject([{ type: 'RequestVoteReply', voteGranted: granted }])
    expect(ask(true)).toMatchObject([{ type: 'RequestVoteReply', voteGranted: granted, preVote: true }])
  })
})

describe('only entries of the leader’s own term are committed by counting (§5.4.2)', () => {
  // Terms 1, 1, 2 at indexes 1 to 3; the leader is of term 3, its no-op at 4.
  test.each([
    [2, 1],
    [3, 1],
    [4, 4]
  ])('a majority holds the log up to %i: commitIndex %i', (matchIndex, commitIndex) => {
    const { node } = newLeaderOf('abc', { log: [1, 2], commit: 1 })
    node.receive(appended({ from: 'b', to: 'a', term: 3 }, matchIndex))
    expect(node.status.commitIndex).toBe(commitIndex)
  })
})

test('an entry of an earlier term on a majority can still be lost, so it is never committed by that (Figure 8)', () => {
  const configuration = configurationOf({ voters: 'abcde' })
  const state = (...log: number[]) => stateOf(configuration, { log, term: 3, commit: 1 })
  const cluster = new Cluster('abcde', {
    states: { a: state(2), b: state(2), c: state(), d: state(), e: state(3) },
    limits: { appendEntriesMax: 1 }
  })
  // (c) a leads again, in term 4, and replicates its entry of term 2 to c; its own no-op reaches nobody.
  cluster.partition('abc', 'de')
  cluster.drop(
    (message) =>
      message.type === 'AppendEntries' &&
      message.entries[0]?.term === 4 &&
      cluster.node(message.to).raft.termAt(message.prevLogIndex) === 2
  )
  cluster.elect('a')
  cluster.tick(3, 'a')
  expect(cluster.each((node) => node.logTerms).slice(0, 3)).toEqual([
    [1, 2, 4],
    [1, 2],
    [1, 2]
  ])
  expect(cluster.status('a')).toMatchObject({ role: 'leader', term: 4, commitIndex: 1 })
  // (d) e is elected by the votes of b, c and d, and replaces the entry of term 2.
  cluster.crash('a')
  cluster.heal()
  cluster.campaign('e')
  cluster.campaign('e')
  expect(cluster.leaders).toEqual(['e'])
  expect(cluster.status('e')).toMatchObject({ term: 5, commitIndex: 3 })
  expect(cluster.each((node) => node.logTerms).slice(1)).toEqual(Array(4).fill([1, 3, 5]))
})

test('a new leader opens its term with a no-op, and so commits what its predecessors left (§8)', () => {
  const { node } = newLeaderOf('abc', { log: [1, 2], commit: 1 })
  expect(node.log.at(-1)).toMatchObject({ kind: 'noop', term: 3, index: 4 })
  acknowledgeAll(node)
  expect(node.status.commitIndex).toBe(4)
})

/** Raft paper §5.3: log replication. */
import { describe, expect, test } from 'vitest'
import { Cluster } from '../network/cluster'
import { appended, appendEntries, entriesFrom, entry, ofType } from '../network/messages'
import { acceptAll, followerOf, leaderOf, newLeaderOf } from '../network/single'
import { configurationOf, stateOf } from '../network/test-node'

const propose = (...data: string[]) => ({ type: 'propose', data }) as const

test('a leader appends a proposal to its log and sends it to every follower (§5.3)', () => {
  const leader = leaderOf('abc')
  const { term, lastIndex, commitIndex } = leader.status
  const messages = ofType(leader.step(propose('some data')), 'AppendEntries')
  expect(messages.map(({ to }) => to)).toEqual(['b', 'c'])
  for (const message of messages) {
    expect(message).toMatchObject({ prevLogIndex: lastIndex, prevLogTerm: term, leaderCommit: commitIndex })
    expect(message.entries).toMatchObject([{ index: lastIndex + 1, term, kind: 'command', data: 'some data' }])
  }
  expect(leader.status).toMatchObject({ lastIndex: lastIndex + 1, commitIndex })
})

test('a leader commits an entry once a majority holds it, applies it, and tells the followers (§5.3)', () => {
  const leader = leaderOf('abc')
  const { commitIndex } = leader.status
  const [first] = acceptAll(leader.step(propose('some data')))
  const news = leader.receive(first!)
  expect(leader.status.commitIndex).toBe(commitIndex + 1)
  expect(leader.state).toEqual(['some data'])
  expect(ofType(news, 'AppendEntries').map(({ to, leaderCommit }) => [to, leaderCommit])).toEqual([
    ['b', commitIndex + 1],
    ['c', commitIndex + 1]
  ])
})

describe('an entry is committed once a majority acknowledges it, the leader included (§5.3)', () => {
  test.each([
    ['a', '', true],
    ['abc', '', false],
    ['abc', 'b', true],
    ['abc', 'bc', true],
    ['abcde', '', false],
    ['abcde', 'b', false],
    ['abcde', 'bc', true],
    ['abcde', 'bcd', true],
    ['abcde', 'bcde', true]
  ])('voters %s, acknowledged by a and "%s": %s', (voters, acceptors, committed) => {
    const leader = leaderOf(voters)
    const { commitIndex } = leader.status
    for (const reply of acceptAll(leader.step(propose('some data')))) {
      if (acceptors.includes(reply.from)) leader.receive(reply)
    }
    expect(leader.status.commitIndex).toBe(committed ? commitIndex + 1 : commitIndex)
  })
})

describe('a commit takes with it what precedes it, of earlier terms too (§5.3)', () => {
  test.each([[[]], [[2]], [[1, 2]], [[1]]])('log of terms %o before the election', (log) => {
    const { node, messages } = newLeaderOf('abc', { term: 2, log })
    node.receive(acceptAll(messages)[0]!)
    node.receive(acceptAll(node.step(propose('some data')))[0]!)
    expect(node.status.commitIndex).toBe(log.length + 3)
    expect(node.state).toEqual([...log.map((term, i) => `${term}.${i + 2}`), 'some data'])
  })
})

describe('a follower applies entries, in order, once it learns that they are committed (§5.3)', () => {
  test.each([
    [['some data'], 2],
    [['some data', 'some data2'], 3],
    [['some data2', 'some data'], 3],
    [['some data', 'some data2'], 2]
  ])('entries %o, leaderCommit %i', (data, leaderCommit) => {
    const node = followerOf('abc')
    const entries = data.map((text, i) => entry(2 + i, 1, text))
    node.receive(appendEntries({ from: 'b', to: 'a', term: 1 }, { index: 1, term: 1 }, entries, leaderCommit))
    expect(node.status.commitIndex).toBe(leaderCommit)
    expect(node.state).toEqual(data.slice(0, leaderCommit - 1))
  })
})

describe('follower rejects AppendEntries when prevLogTerm differs, and names where the logs may agree (§5.3)', () => {
  // Index 1 is the founding configuration of term 1.
  const follower = () => followerOf('abc', { log: [1, 2], commit: 1 })

  test.each([
    [1, 1],
    [2, 1],
    [3, 2]
  ])('accepts after index %i of term %i', (index, term) => {
    const [reply] = follower().receive(appendEntries({ from: 'b', to: 'a', term: 3 }, { index, term }))
    expect(reply).toMatchObject({ success: true, matchIndex: index })
  })

  test.each([
    [2, 2, { matchIndex: 2, hintIndex: 2, hintTerm: 1 }],
    [3, 1, { matchIndex: 3, hintIndex: 2, hintTerm: 1 }],
    [3, 3, { matchIndex: 3, hintIndex: 3, hintTerm: 2 }],
    [4, 3, { matchIndex: 4, hintIndex: 3, hintTerm: 2 }],
    [9, 1, { matchIndex: 9, hintIndex: 2, hintTerm: 1 }]
  ])('rejects after index %i of term %i: %o', (index, term, expected) => {
    const [reply] = follower().receive(appendEntries({ from: 'b', to: 'a', term: 3 }, { index, term }))
    expect(reply).toMatchObject({ success: false, ...expected })
  })
})

describe('a follower deletes what conflicts with the leader’s entries and appends the rest (§5.3)', () => {
  // Before: terms [1, 1, 2] at indexes 1, 2, 3.
  test.each([
    [{ index: 3, term: 2 }, [3], [1, 1, 2, 3], [3]],
    [{ index: 2, term: 1 }, [3, 4], [1, 1, 3, 4], [3, 4]],
    [{ index: 1, term: 1 }, [1], [1, 1, 2], []],
    [{ index: 1, term: 1 }, [3], [1, 3], [3]],
    [{ index: 1, term: 1 }, [1, 2], [1, 1, 2], []],
    [{ index: 1, term: 1 }, [1, 2, 4], [1, 1, 2, 4], [4]]
  ])('after %o entries of terms %o: log %o, written %o', (prev, terms, log, written) => {
    const node = followerOf('abc', { log: [1, 2], commit: 1 })
    node.holdWrites = true
    node.receive(appendEntries({ from: 'b', to: 'a', term: 4 }, prev, entriesFrom(prev.index + 1, ...terms)))
    expect(node.logTerms).toEqual(log)
    const entries = node.held.flatMap((operation) => (operation.type === 'persist' ? operation.entries : []))
    expect(entries.map(({ term }) => term)).toEqual(written)
    node.completeWrites()
    expect(node.disk.entries.map(({ term }) => term)).toEqual(log)
  })
})

describe('a leader brings the logs of Figure 7 into agreement with its own (§5.3)', () => {
  // The paper's logs, after the founding entry.
  const leaderLog = [1, 1, 4, 4, 5, 5, 6, 6, 6]
  test.each([
    ['a: entries missing', [1, 1, 4, 4, 5, 5, 6, 6]],
    ['b: entries missing', [1, 1]],
    ['c: an entry too many', [1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ['d: entries of a later term too many', [1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ['e: both', [1, 1, 4, 4, 4, 4]],
    ['f: both, over several terms', [1, 1, 2, 2, 2, 3, 3, 3, 3, 3]]
  ])('%s', (_case, log) => {
    const configuration = configurationOf({ voters: 'abc' })
    const cluster = new Cluster('abc', {
      states: {
        a: stateOf(configuration, { log: leaderLog, term: 7, commit: 10 }),
        b: stateOf(configuration, { log, term: 7 }),
        c: stateOf(configuration, { log: [], term: 7 })
      }
    })
    cluster.cutBoth('a', 'b')
    cluster.elect('a')
    cluster.heal()
    cluster.tick(2)
    expect(cluster.status('a').term).toBe(8)
    expect(cluster.node('b').log).toEqual(cluster.node('a').log)
    expect(cluster.node('c').log).toEqual(cluster.node('a').log)
  })
})

test('a leader acknowledges nothing on its own disk alone', () => {
  const leader = leaderOf('abc')
  const { commitIndex, term } = leader.status
  leader.step(propose('x'))
  leader.receive(appended({ from: 'b', to: 'a', term }, commitIndex))
  expect(leader.status.commitIndex).toBe(commitIndex)
})

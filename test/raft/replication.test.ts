import { describe, expect, test } from 'vitest'
import { InvariantViolated } from '../../src-main/raft/invariants'
import { Cluster } from './network/cluster'
import {
  appended,
  appendEntries,
  entriesFrom,
  entry,
  heartbeat,
  heartbeatReply,
  ofType,
  refused
} from './network/messages'
import { acceptAll, followerOf, leaderOf, newLeaderOf } from './network/single'
import { configurationOf, stateOf, type TestNode } from './network/test-node'

const FOUNDING = { index: 1, term: 1 }
const founded = configurationOf({ voters: 'abc' })
const propose = (...data: string[]) => ({ type: 'propose', data }) as const
const progressOf = (leader: TestNode, id: string) => leader.status.progress.find((one) => one.id === id)!

describe('proposals', () => {
  test.each([
    ['abc', '', true],
    ['abc', 'b', true],
    ['abc', 'bc', false],
    ['abcde', 'bc', true],
    ['abcde', 'bcd', false]
  ])('of %s with "%s" down: committed %s', (voters, down, committed) => {
    const cluster = new Cluster(voters)
    cluster.elect('a')
    for (const id of down) cluster.crash(id)
    cluster.propose('a', 'x')
    expect(cluster.node('a').state).toEqual(committed ? ['x'] : [])
    expect(cluster.node('a').log.at(-1)).toMatchObject({ data: 'x', index: 3, term: 2 })
  })

  test('of one input are one batch: one write, one message to each peer, one application', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    const leader = cluster.node('a')
    leader.holdWrites = true
    cluster.feed('a', propose('x', 'y', 'z'))
    const appends = ofType(cluster.intercept(), 'AppendEntries')
    expect(appends.map(({ to, entries }) => [to, entries.length])).toEqual([
      ['b', 3],
      ['c', 3]
    ])
    expect(appends[0]!.entries).toBe(appends[1]!.entries)
    expect(leader.held).toHaveLength(1)
    expect(leader.noticesOf('proposed')).toEqual([{ type: 'proposed', firstIndex: 3, term: 2, count: 3 }])
  })

  test('follow each other through several leaders without loss', () => {
    const cluster = new Cluster('abc')
    for (const [i, id] of [...'abcba'].entries()) {
      cluster.campaign(id)
      cluster.propose(id, `${i}`)
    }
    cluster.tick(2)
    expect(cluster.each(({ state }) => state)).toEqual(Array(3).fill(['0', '1', '2', '3', '4']))
  })

  test('are refused by who does not lead, with a hint who does', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.propose('b', 'x')
    expect(cluster.node('b').noticesOf('refused')).toEqual([{ type: 'refused', reason: 'notLeader', leaderId: 'a' }])
    expect(cluster.status('b').lastIndex).toBe(2)
  })

  test('reach learners, whose acknowledgement does not count', () => {
    const cluster = new Cluster('ab', { learners: 'c' })
    cluster.elect('a')
    cluster.propose('a', 'x')
    cluster.tick(1)
    expect(cluster.node('c').state).toEqual(['x'])
    cluster.crash('b')
    cluster.propose('a', 'y')
    expect(cluster.status('a').progress).toMatchObject([{ matchIndex: 3 }, { id: 'c', matchIndex: 4 }])
    expect(cluster.node('a').state).toEqual(['x'])
  })

  test('of a node alone are committed when its own barrier has returned, not before', () => {
    const leader = leaderOf('a')
    leader.holdWrites = true
    leader.step(propose('x'))
    expect(leader.status).toMatchObject({ lastIndex: 3, commitIndex: 2 })
    leader.completeWrites()
    expect(leader.status.commitIndex).toBe(3)
    expect(leader.state).toEqual(['x'])
  })

  test('of an empty batch are refused', () => {
    const leader = leaderOf('a')
    leader.step(propose())
    expect(leader.noticesOf('refused')).toMatchObject([{ reason: 'invalid' }])
  })
})

describe('bytes that wait for a commit are bounded', () => {
  const limits = { uncommittedBytesMax: 1_000 }
  const data = 'x'.repeat(400)

  test('beyond the bound proposals are refused, until commits make room', () => {
    const leader = leaderOf('abc', {}, limits)
    const messages = [...leader.step(propose(data)), ...leader.step(propose(data))]
    leader.step(propose(data))
    expect(leader.noticesOf('refused')).toEqual([{ type: 'refused', reason: 'overloaded', leaderId: 'a' }])
    expect(leader.noticesOf('proposed')).toHaveLength(2)
    for (const reply of acceptAll(messages)) leader.receive(reply)
    leader.step(propose(data))
    expect(leader.noticesOf('proposed')).toHaveLength(3)
  })

  test('a batch above the bound is taken when nothing else waits', () => {
    const leader = leaderOf('abc', {}, limits)
    leader.step(propose(data.repeat(100)))
    expect(leader.noticesOf('proposed')).toHaveLength(1)
    leader.step(propose('x'))
    expect(leader.noticesOf('refused')).toHaveLength(1)
  })

  test('what a new leader finds uncommitted counts too', () => {
    const { node } = newLeaderOf('abc', { log: Array<number>(30).fill(1) }, limits)
    node.step(propose('x'))
    expect(node.noticesOf('refused')).toMatchObject([{ reason: 'overloaded' }])
  })

  test('a leader cut off from its quorum does not grow without end', () => {
    const cluster = new Cluster('abc', { limits })
    cluster.elect('a')
    cluster.isolate('a')
    for (let i = 0; i < 100; i++) cluster.propose('a', data)
    expect(cluster.status('a').lastIndex).toBe(4)
  })
})

describe('a follower’s answer to AppendEntries', () => {
  // Terms 1, 1, 2 at indexes 1 to 3, of which 1 is committed.
  const follower = () => followerOf('abc', { log: [1, 2], commit: 1 })
  const from = { from: 'b', to: 'a', term: 2 }

  test.each([
    ['prevLogTerm differs', { index: 3, term: 3 }, [], 4, { lastIndex: 3, commitIndex: 1 }, false],
    ['prevLogIndex beyond the end', { index: 4, term: 3 }, [], 4, { lastIndex: 3, commitIndex: 1 }, false],
    ['nothing new', { index: 2, term: 1 }, [], 2, { lastIndex: 3, commitIndex: 2 }, true],
    ['from the start, conflicting', FOUNDING, [2], 2, { lastIndex: 2, commitIndex: 2 }, true],
    ['more', { index: 3, term: 2 }, [2, 2], 4, { lastIndex: 5, commitIndex: 4 }, true],
    ['overlapping', { index: 2, term: 1 }, [2], 4, { lastIndex: 3, commitIndex: 3 }, true],
    ['commit beyond what matches', { index: 2, term: 1 }, [], 9, { lastIndex: 3, commitIndex: 2 }, true],
    ['commit beyond what matches, with entries', FOUNDING, [1], 9, { lastIndex: 3, commitIndex: 2 }, true]
  ])('%s', (_case, prev, terms, leaderCommit, expected, success) => {
    const node = follower()
    const term = Math.max(2, ...terms, prev.term)
    const message = appendEntries({ ...from, term }, prev, entriesFrom(prev.index + 1, ...terms), leaderCommit)
    expect(node.receive(message)).toMatchObject([{ type: 'AppendEntriesReply', success }])
    expect(node.status).toMatchObject(expected)
  })

  test('is the same when the message comes twice, or late after further ones', () => {
    const node = followerOf('abc')
    const first = appendEntries({ ...from, term: 1 }, FOUNDING, entriesFrom(2, 1))
    const second = appendEntries({ ...from, term: 1 }, { index: 2, term: 1 }, entriesFrom(3, 1, 1))
    const empty = appendEntries({ ...from, term: 1 }, FOUNDING)
    for (const message of [first, second, first, empty, second]) node.receive(message)
    expect(node.logTerms).toEqual([1, 1, 1, 1])
  })

  test('out of order: what comes too early is refused, and sent again', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.crash('c')
    cluster.feed('a', propose('x'))
    const [first] = ofType(cluster.intercept(), 'AppendEntries').filter(({ to }) => to === 'b')
    cluster.feed('a', propose('y'))
    const [second] = ofType(cluster.intercept(), 'AppendEntries').filter(({ to }) => to === 'b')
    cluster.release(second!)
    cluster.release(first!)
    cluster.tick(1)
    expect(cluster.node('b').log).toEqual(cluster.node('a').log)
    expect(cluster.node('a').state).toEqual(['x', 'y'])
  })

  test('goes on from its commitIndex when the message begins before it, compacted or not', () => {
    const node = followerOf('abc', { snapshot: { index: 10, term: 3 }, log: [3, 3], commit: 12 })
    const entries = entriesFrom(6, 3, 3, 3, 3, 3, 3, 3, 4)
    const [reply] = node.receive(appendEntries({ ...from, term: 4 }, { index: 5, term: 3 }, entries, 5))
    expect(reply).toMatchObject({ success: true, matchIndex: 13 })
    expect(node.status).toMatchObject({ lastIndex: 13, commitIndex: 12 })
    const [again] = node.receive(appendEntries({ ...from, term: 4 }, { index: 2, term: 2 }, entriesFrom(3, 2)))
    expect(again).toMatchObject({ success: true, matchIndex: 12 })
  })

  test('is none to a message that is no AppendEntries: a gap within, terms that fall', () => {
    const node = followerOf('abc')
    const gap = [entry(2, 1), entry(4, 1)]
    const falling = [entry(2, 2), entry(3, 1)]
    expect(node.receive(appendEntries(from, FOUNDING, gap))).toEqual([])
    expect(node.receive(appendEntries(from, FOUNDING, falling))).toEqual([])
    expect(node.receive(appendEntries(from, FOUNDING, [entry(2, 9)]))).toEqual([])
    expect(node.status.lastIndex).toBe(1)
  })

  test('is owed for the news of a commit only where the leader may wait for it', () => {
    const node = followerOf('abc')
    expect(node.receive(appendEntries(from, FOUNDING, entriesFrom(2, 2)))).toHaveLength(1)
    expect(node.receive(appendEntries(from, { index: 2, term: 2 }, [], 2))).toEqual([])
    expect(node.status.commitIndex).toBe(2)
    // Again: no news at all, so it is a probe.
    expect(node.receive(appendEntries(from, { index: 2, term: 2 }, [], 2))).toHaveLength(1)
  })

  test('never truncates what is committed: the node stops instead', () => {
    const node = followerOf('abc', { log: [1, 1], commit: 3 })
    expect(() => node.receive(appendEntries({ ...from, term: 3 }, FOUNDING, entriesFrom(2, 1, 3, 3)))).toThrow(
      'a leader has every committed entry'
    )
  })

  test('to a commitIndex beyond the log is none: entries that it acknowledged are gone, so the node stops', () => {
    const node = followerOf('abc', { log: [1, 1], commit: 3 })
    expect(() => node.receive(heartbeat({ from: 'b', to: 'a', term: 2 }, 9))).toThrow(
      'committed entries are in the log'
    )
    // And stays stopped.
    expect(() => node.tick()).toThrow(InvariantViolated)
  })
})

describe('heartbeats', () => {
  test('carry to each follower the commitIndex it is known to hold, and no more', () => {
    const { node, messages } = newLeaderOf('abc', { log: [1, 1], commit: 1 })
    node.receive(acceptAll(messages)[0]!)
    expect(node.status.commitIndex).toBe(4)
    expect(ofType(node.tick(), 'Heartbeat').map(({ to, leaderCommit }) => [to, leaderCommit])).toEqual([
      ['b', 4],
      ['c', 0]
    ])
  })

  test('advance the commitIndex of a follower, and are echoed', () => {
    const node = followerOf('abc', { log: [1, 1], commit: 1 })
    const replies = node.receive(heartbeat({ from: 'b', to: 'a', term: 1 }, 2, 7))
    expect(node.status.commitIndex).toBe(2)
    expect(replies).toMatchObject([{ type: 'HeartbeatReply', to: 'b', round: 7 }])
    node.receive(heartbeat({ from: 'b', to: 'a', term: 1 }, 1, 8))
    expect(node.status.commitIndex).toBe(2)
  })

  test('a leader does not answer what only a follower sends, nor the other way round', () => {
    const leader = leaderOf('abc')
    const { term, commitIndex } = leader.status
    expect(leader.receive(heartbeatReply({ from: 'z', to: 'a', term }))).toEqual([])
    expect(leader.receive(appended({ from: 'z', to: 'a', term }, commitIndex))).toEqual([])
    const follower = followerOf('abc')
    expect(follower.receive(heartbeatReply({ from: 'b', to: 'a', term: 1 }))).toEqual([])
    expect(follower.receive(appended({ from: 'b', to: 'a', term: 1 }, 1))).toEqual([])
  })

  test('their echo makes the leader send what a follower lacks, once', () => {
    const { node } = newLeaderOf('abc', { log: [1, 1], commit: 1 })
    const { term, lastIndex } = node.status
    node.tick()
    const sent = node.receive(heartbeatReply({ from: 'b', to: 'a', term }))
    expect(ofType(sent, 'AppendEntries')).toMatchObject([{ to: 'b', prevLogIndex: 3 }])
    expect(node.receive(heartbeatReply({ from: 'b', to: 'a', term }))).toEqual([])
    node.receive(appended({ from: 'b', to: 'a', term }, lastIndex))
    node.tick()
    expect(ofType(node.receive(heartbeatReply({ from: 'b', to: 'a', term })), 'AppendEntries')).toEqual([])
  })
})

describe('progress of a follower', () => {
  test('probe: one message with entries, then wait for the answer or a heartbeat’s echo', () => {
    const { node, messages } = newLeaderOf('abc', { log: [1, 1], commit: 1 })
    expect(ofType(messages, 'AppendEntries')).toHaveLength(2)
    const { term } = node.status
    for (let i = 0; i < 3; i++) expect(ofType(node.step(propose('x')), 'AppendEntries')).toEqual([])
    for (let i = 0; i < 3; i++) {
      node.tick()
      expect(ofType(node.receive(heartbeatReply({ from: 'b', to: 'a', term })), 'AppendEntries')).toHaveLength(1)
      expect(ofType(node.step(propose('x')), 'AppendEntries')).toEqual([])
    }
    expect(progressOf(node, 'b')).toMatchObject({ state: 'probe', matchIndex: 0, nextIndex: 4 })
  })

  test('probe to replicate with the first agreement, and everything that is missing follows', () => {
    const { node } = newLeaderOf('abc', { log: [1, 1], commit: 1 })
    node.step(propose('x'))
    const sent = node.receive(appended({ from: 'b', to: 'a', term: 2 }, 4))
    expect(ofType(sent, 'AppendEntries').filter(({ entries }) => entries.length > 0)).toMatchObject([
      { to: 'b', prevLogIndex: 4, entries: [{ data: 'x' }] }
    ])
    expect(progressOf(node, 'b')).toMatchObject({ state: 'replicate', matchIndex: 4, nextIndex: 6 })
  })

  test('replicate: every proposal goes out at once, nextIndex runs ahead', () => {
    const leader = leaderOf('abc')
    const { lastIndex } = leader.status
    for (let i = 1; i <= 3; i++) {
      expect(ofType(leader.step(propose('x')), 'AppendEntries')).toHaveLength(2)
      expect(progressOf(leader, 'b')).toMatchObject({ matchIndex: lastIndex, nextIndex: lastIndex + i + 1 })
    }
  })

  test('replicate: a refusal leads back to the last agreement', () => {
    const leader = leaderOf('abc')
    const { term, lastIndex } = leader.status
    leader.step(propose('x'))
    leader.step(propose('y'))
    const sent = leader.receive(refused({ from: 'b', to: 'a', term }, lastIndex + 1, { index: lastIndex, term }))
    expect(ofType(sent, 'AppendEntries')).toMatchObject([{ prevLogIndex: lastIndex, entries: { length: 2 } }])
    expect(progressOf(leader, 'b')).toMatchObject({ state: 'probe', matchIndex: lastIndex, nextIndex: lastIndex + 1 })
  })

  test('a stale refusal changes nothing', () => {
    const leader = leaderOf('abc')
    const { term, lastIndex } = leader.status
    const before = progressOf(leader, 'b')
    expect(leader.receive(refused({ from: 'b', to: 'a', term }, lastIndex - 1))).toEqual([])
    expect(progressOf(leader, 'b')).toEqual(before)
  })

  test('a stale acknowledgement changes nothing', () => {
    const leader = leaderOf('abc')
    const { term, lastIndex } = leader.status
    leader.receive(appended({ from: 'b', to: 'a', term }, lastIndex - 1))
    expect(progressOf(leader, 'b')).toMatchObject({ matchIndex: lastIndex, nextIndex: lastIndex + 1 })
  })

  test('unreachable: back to probe, silent until the peer is heard', () => {
    const leader = leaderOf('abc')
    const { term, lastIndex } = leader.status
    leader.step(propose('x'))
    leader.step({ type: 'unreachable', peer: 'b' as never })
    expect(progressOf(leader, 'b')).toMatchObject({ state: 'probe', nextIndex: lastIndex + 1 })
    expect(ofType(leader.step(propose('y')), 'AppendEntries').map(({ to }) => to)).toEqual(['c'])
    leader.tick()
    const sent = leader.receive(heartbeatReply({ from: 'b', to: 'a', term }))
    expect(ofType(sent, 'AppendEntries')).toMatchObject([{ to: 'b', entries: { length: 2 } }])
  })

  test('the leader’s own progress is what its disk has acknowledged', () => {
    const leader = leaderOf('abcde')
    const { commitIndex, lastIndex, term } = leader.status
    leader.holdWrites = true
    leader.step(propose('x'))
    leader.receive(appended({ from: 'b', to: 'a', term }, lastIndex + 1))
    leader.receive(appended({ from: 'c', to: 'a', term }, lastIndex + 1))
    expect(leader.status.commitIndex).toBe(commitIndex)
    leader.completeWrites()
    expect(leader.status.commitIndex).toBe(commitIndex + 1)
  })

  test('followers can commit without the leader’s own disk, and the leader applies once its disk is there', () => {
    const leader = leaderOf('abc')
    const { lastIndex, term } = leader.status
    leader.holdWrites = true
    leader.step(propose('x'))
    for (const from of 'bc') leader.receive(appended({ from, to: 'a', term }, lastIndex + 1))
    expect(leader.status.commitIndex).toBe(lastIndex + 1)
    expect(leader.state).toEqual([])
    leader.completeWrites()
    expect(leader.state).toEqual(['x'])
  })
})

describe('after a rejection the leader skips whole terms (§5.3)', () => {
  // Cases by the two logs after the founding entry: how many AppendEntries until the first acceptance.
  test.each([
    [[1, 1, 4, 4, 5, 5, 6, 6, 6], [1, 1, 2, 2, 2, 3, 3, 3, 3, 3], 2],
    [[1, 3, 3, 3, 5, 5, 5], [1, 2, 2, 4, 4, 4], 3],
    [[1, 1, 1, 1, 1, 4], [1, 1, 1, 1, 1, 1, 1, 1], 2],
    [[3, 3, 3, 3, 3, 3, 3], [1, 1, 1, 1, 1, 1], 2],
    [[1, 2, 3, 4, 5, 6], [], 2],
    [[6, 6, 6], [2, 3, 4, 5, 5, 5], 2]
  ])('leader %o, follower %o: %i messages', (leaderLog, log, messages) => {
    const cluster = new Cluster('abc', {
      states: { a: stateOf(founded, { log: leaderLog, term: 7 }), b: stateOf(founded, { log, term: 7 }) }
    })
    cluster.isolate('b')
    cluster.elect('a')
    cluster.heal()
    cluster.delivered.length = 0
    cluster.tick(1, 'a')
    const toB = cluster.delivered.filter(({ to, type }) => to === 'b' && type === 'AppendEntries')
    const acceptedAt = cluster.delivered.findIndex(
      (message) => message.type === 'AppendEntriesReply' && message.from === 'b' && message.success
    )
    const until = toB.filter((message) => cluster.delivered.indexOf(message) < acceptedAt)
    expect(until).toHaveLength(messages)
    expect(cluster.node('b').log).toEqual(cluster.node('a').log)
  })
})

describe('commits after an election', () => {
  test('entries of earlier terms wait for the no-op of the new one', () => {
    const cluster = new Cluster('abcde')
    cluster.elect('a')
    cluster.partition('a', 'bcde')
    cluster.propose('a', 'x', 'y')
    cluster.heal()
    cluster.drop((message) => message.type === 'AppendEntries' && message.to !== 'b')
    cluster.tick(3, 'a')
    expect(cluster.status('b').lastIndex).toBe(4)
    expect(cluster.status('a').commitIndex).toBe(2)
    // b now leads with x and y in its log.
    cluster.crash('a')
    cluster.heal()
    cluster.drop((message) => message.type === 'AppendEntries' && message.entries.some(({ term }) => term === 3))
    cluster.sleep('cde', 10)
    cluster.campaign('b')
    expect(cluster.leaders).toContain('b')
    expect(cluster.status('b').commitIndex).toBe(2)
    cluster.heal()
    cluster.tick(2)
    expect(cluster.status('b').commitIndex).toBe(5)
    expect(cluster.each(({ state }) => state).slice(1)).toEqual(Array(4).fill(['x', 'y']))
  })

  test('messages of an earlier leader change nothing', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.campaign('b')
    cluster.campaign('a')
    const { term } = cluster.status('a')
    cluster.release(appendEntries({ from: 'b', to: 'a', term: term - 1 }, { index: 2, term: 2 }, [entry(3, 3)]))
    expect(cluster.status('a').role).toBe('leader')
    cluster.propose('a', 'x')
    cluster.tick(1)
    expect(cluster.each((node) => node.logTerms)).toEqual(Array(3).fill([1, 2, 3, 4, 4]))
  })

  test('a follower learns of the commit even if the messages that told of it are lost', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.drop((message) => message.type === 'AppendEntries' && message.entries.length === 0)
    cluster.propose('a', 'x')
    expect(cluster.node('b').state).toEqual([])
    cluster.tick(1)
    expect(cluster.node('b').state).toEqual(['x'])
  })

  test('a follower does not commit what it holds beyond the agreement with the leader', () => {
    // b was cut off with entries of a dead leader, at indexes that the new leader commits.
    const cluster = new Cluster('abc', {
      states: { b: stateOf(founded, { log: [2, 2, 2, 2], term: 2 }), a: stateOf(founded, { log: [3], term: 3 }) }
    })
    cluster.isolate('b')
    cluster.elect('a')
    cluster.propose('a', 'x')
    cluster.heal()
    cluster.drop((message) => message.to === 'b' && message.type === 'AppendEntries')
    cluster.tick(3)
    expect(cluster.status('b')).toMatchObject({ leaderId: 'a', commitIndex: 1, lastIndex: 5 })
    cluster.heal()
    cluster.tick(2)
    expect(cluster.node('b').log).toEqual(cluster.node('a').log)
  })
})

describe('a follower whose disk was set back to an earlier state', () => {
  const beat = { from: 'b', to: 'a', term: 9 }

  test('does not commit by a heartbeat what only an earlier process had acknowledged', () => {
    const node = followerOf('abc', { log: [1, 5, 5], commit: 1 })
    node.receive(heartbeat(beat, 4))
    expect(node.status.commitIndex).toBe(1)
    // An entry of the leader's own term stands for all before it (§5.3).
    const same = followerOf('abc', { log: [1, 5, 9], term: 9, commit: 1 })
    same.receive(heartbeat(beat, 4))
    expect(same.status.commitIndex).toBe(4)
  })

  test('commits by a heartbeat what it has acknowledged itself in this term', () => {
    const node = followerOf('abc', { log: [1, 5, 5], commit: 1 })
    node.receive(appendEntries(beat, { index: 4, term: 5 }))
    node.receive(heartbeat(beat, 4))
    expect(node.status.commitIndex).toBe(4)
  })

  test('stops when it misses what the leader counts on', () => {
    const short = followerOf('abc', { log: [1, 5], commit: 1 })
    expect(() => short.receive(heartbeat(beat, 4))).toThrow('was the disk restored?')
    const other = followerOf('abc', { log: [1, 5, 5], commit: 1 })
    other.receive(heartbeat(beat, 4))
    expect(() => other.receive(appendEntries(beat, { index: 4, term: 7 }))).toThrow('was the disk restored?')
  })

  test('goes on under a leader that does not count on it', () => {
    const node = followerOf('abc', { log: [1, 5, 5], commit: 1 })
    node.receive(heartbeat(beat, 0))
    const [refusal] = ofType(node.receive(appendEntries(beat, { index: 4, term: 7 })), 'AppendEntriesReply')
    expect(refusal).toMatchObject({ success: false })
  })
})

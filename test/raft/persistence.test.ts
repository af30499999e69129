import { describe, expect, test } from 'vitest'
import { Raft } from '../../src-main/raft/raft'
import { asIndex, asNodeId, asTerm } from '../../src-main/raft/types'
import { Cluster } from './network/cluster'
import { appended, appendEntries, entriesFrom, heartbeat, ofType, requestVote, voteReply } from './network/messages'
import { acknowledgeAll, followerOf, leaderOf, newLeaderOf, preCandidateOf } from './network/single'
import { configurationOf, LIMITS, stateOf } from './network/test-node'

const FOUNDING = { index: 1, term: 1 }
const from = (term: number) => ({ from: 'b', to: 'a', term })
const snapshotMeta = {
  configuration: configurationOf({ voters: 'abc' }),
  configurationIndex: asIndex(1),
  bytes: 0,
  sha256: '',
  format: 1
}
const propose = (...data: string[]) => ({ type: 'propose', data }) as const

describe('nothing is promised before it is durable', () => {
  test('a vote leaves with its barrier', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    expect(node.receive(requestVote(from(2), FOUNDING))).toEqual([])
    expect(node.held).toMatchObject([{ type: 'persist', hardState: { term: 2, votedFor: 'b' }, sync: true }])
    expect(node.completeWrites()).toMatchObject([{ type: 'RequestVoteReply', voteGranted: true }])
  })

  test('a vote whose barrier a crash prevents was never given', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    node.receive(requestVote(from(2), FOUNDING))
    node.crash()
    node.holdWrites = false
    node.restart()
    expect(node.status).toMatchObject({ term: 1, votedFor: null })
    expect(node.receive(requestVote({ ...from(2), from: 'c' }, FOUNDING))).toMatchObject([{ voteGranted: true }])
  })

  test('a candidacy asks for votes, and counts its own, when its term is durable', () => {
    const node = preCandidateOf('abc')
    node.holdWrites = true
    expect(node.receive(voteReply(from(2), true, true))).toEqual([])
    expect(node.status).toMatchObject({ role: 'candidate', term: 2 })
    node.receive(voteReply(from(2), true))
    expect(node.status.role).toBe('candidate')
    expect(ofType(node.completeWrites(1), 'RequestVote')).toHaveLength(2)
    expect(node.status.role).toBe('leader')
  })

  test('a candidate’s own vote that becomes durable after it lost counts for nothing', () => {
    const node = preCandidateOf('abc')
    node.holdWrites = true
    node.receive(voteReply(from(2), true, true))
    node.receive(voteReply(from(2), false))
    node.receive(voteReply({ ...from(2), from: 'c' }, false))
    expect(node.status).toMatchObject({ role: 'follower', term: 2, votedFor: 'a' })
    node.completeWrites()
    expect(node.status).toMatchObject({ role: 'follower', term: 2 })
    expect(node.receive(voteReply(from(2), true))).toEqual([])
    expect(node.status.role).toBe('follower')
  })

  test('an entry of the old leader is refused by who has voted for a new one, though the vote is not durable yet', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    node.receive(requestVote({ ...from(2), from: 'c' }, FOUNDING))
    node.receive(appendEntries(from(1), FOUNDING, entriesFrom(2, 1)))
    expect(node.status).toMatchObject({ term: 2, lastIndex: 1 })
    const replies = node.completeWrites()
    expect(replies).toMatchObject([
      { voteGranted: true, to: 'c' },
      { success: false, term: 2, to: 'b' }
    ])
  })

  test('what was promised to an old leader stays here when a barrier returns after a new one was heard', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    node.receive(appendEntries(from(1), FOUNDING, entriesFrom(2, 1, 1, 1)))
    node.receive(appendEntries(from(1), { index: 4, term: 1 }, []))
    node.receive(appendEntries({ ...from(2), from: 'c' }, FOUNDING, entriesFrom(2, 2)))
    expect(node.completeWrites()).toMatchObject([
      // With the barrier that makes it true, and not once more when the entries are gone.
      { to: 'b', term: 1, matchIndex: 4 },
      { to: 'c', term: 2, matchIndex: 2 }
    ])
  })

  test('a candidate whose disk is slow does not campaign in one further term after the other', () => {
    const node = preCandidateOf('abc')
    node.holdWrites = true
    node.receive(voteReply(from(2), true, true))
    node.tick(200)
    expect(node.status).toMatchObject({ role: 'candidate', term: 2 })
    expect(node.held).toHaveLength(1)
  })

  test('entries are acknowledged with their barrier, and not by an earlier one', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    node.receive(appendEntries(from(1), FOUNDING, entriesFrom(2, 1)))
    node.receive(appendEntries(from(1), { index: 2, term: 1 }, entriesFrom(3, 1)))
    expect(node.held).toHaveLength(2)
    expect(node.completeWrites(1)).toMatchObject([{ matchIndex: 2 }])
    expect(node.completeWrites(1)).toMatchObject([{ matchIndex: 3 }])
  })

  test('entries that come again while their barrier runs are acknowledged when it has returned', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    const message = appendEntries(from(1), FOUNDING, entriesFrom(2, 1))
    node.receive(message)
    expect(node.receive(message)).toEqual([])
    expect(node.held).toHaveLength(1)
    expect(node.completeWrites(1)).toMatchObject([{ matchIndex: 2 }, { matchIndex: 2 }])
  })

  test('heartbeats are answered while a barrier for entries runs, but not in a term that is not durable', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    node.receive(appendEntries(from(1), FOUNDING, entriesFrom(2, 1)))
    expect(node.receive(heartbeat(from(1)))).toMatchObject([{ type: 'HeartbeatReply', term: 1 }])
    expect(node.receive(heartbeat(from(2)))).toEqual([])
    expect(node.receive(heartbeat(from(2)))).toEqual([])
    expect(node.completeWrites(1)).toMatchObject([{ matchIndex: 2 }])
    expect(ofType(node.completeWrites(1), 'HeartbeatReply')).toHaveLength(2)
  })

  test('a refusal waits for the term it speaks of', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    expect(node.receive(appendEntries(from(4), { index: 9, term: 3 }))).toEqual([])
    expect(node.completeWrites()).toMatchObject([{ success: false, term: 4 }])
  })

  test('a cluster of one acknowledges nothing before its barrier', () => {
    const cluster = new Cluster('a')
    cluster.tick()
    cluster.node('a').holdWrites = true
    cluster.propose('a', 'x')
    expect(cluster.node('a').state).toEqual([])
    cluster.crash('a')
    cluster.node('a').holdWrites = false
    cluster.restart('a')
    cluster.tick()
    expect(cluster.node('a').state).toEqual([])
  })
})

describe('the leader writes and sends at the same time', () => {
  test('AppendEntries and heartbeats do not wait for its barrier', () => {
    const leader = leaderOf('abc')
    leader.holdWrites = true
    expect(ofType(leader.step(propose('x')), 'AppendEntries')).toHaveLength(2)
    expect(ofType(leader.step(propose('y')), 'AppendEntries')).toHaveLength(2)
    expect(ofType(leader.tick(), 'Heartbeat')).toHaveLength(2)
    expect(leader.held).toHaveLength(2)
  })

  test('barriers return in order, and each counts for what it covers', () => {
    const leader = leaderOf('abc')
    const { lastIndex, term } = leader.status
    leader.holdWrites = true
    for (const data of 'xyz') leader.step(propose(data))
    leader.receive(appended(from(term), lastIndex + 3))
    for (let i = 1; i <= 3; i++) {
      leader.completeWrites(1)
      expect(leader.status.commitIndex).toBe(lastIndex + i)
    }
  })

  test('one completion may stand for all before it', () => {
    const leader = leaderOf('a')
    leader.holdWrites = true
    for (const data of 'xyz') leader.step(propose(data))
    const tokens = leader.held.map((operation) => (operation.type === 'persist' ? operation.token : 0))
    leader.step({ type: 'persisted', token: tokens[2]! })
    expect(leader.state).toEqual(['x', 'y', 'z'])
    for (const token of tokens) leader.step({ type: 'persisted', token })
    expect(leader.state).toEqual(['x', 'y', 'z'])
  })
})

describe('a barrier counts for what stands in the log now, not for what stood there when it was asked for', () => {
  /** At index 2: of term 2, replaced by one of term 3, replaced by the same of term 2. Three writes held. */
  const replacedTwice = () => {
    const node = followerOf('abc')
    node.holdWrites = true
    node.receive(appendEntries(from(2), FOUNDING, entriesFrom(2, 2)))
    node.receive(appendEntries({ ...from(3), from: 'c' }, FOUNDING, entriesFrom(2, 3)))
    node.receive(appendEntries(from(4), FOUNDING, entriesFrom(2, 2)))
    return node
  }

  test('A-B-A: the barrier of the first A acknowledges nothing of the second', () => {
    const node = replacedTwice()
    const acknowledged = () => ofType(node.completeWrites(1), 'AppendEntriesReply').filter(({ term }) => term === 4)
    expect(acknowledged()).toEqual([])
    node.receive(appendEntries(from(4), FOUNDING, entriesFrom(2, 2), 2))
    expect(acknowledged()).toEqual([])
    expect(node.applied.filter(({ index }) => index === 2)).toEqual([])
    expect(acknowledged()).toMatchObject([{ matchIndex: 2 }, { matchIndex: 2 }])
    expect(node.applied.filter(({ index }) => index === 2)).toMatchObject([{ term: 2 }])
  })

  test('a barrier for entries that a snapshot has replaced meanwhile counts for nothing', () => {
    const node = followerOf('abc')
    node.tick()
    node.holdWrites = true
    node.receive(appendEntries(from(1), FOUNDING, entriesFrom(2, 1, 1, 1, 1)))
    const meta = { ...snapshotMeta, index: asIndex(3), term: asTerm(2) }
    node.receiveSnapshot('c', 2, { meta, state: [] })
    node.receive(appendEntries({ ...from(2), from: 'c' }, { index: 3, term: 2 }, entriesFrom(4, 2, 2), 5))
    node.completeWrites(1)
    expect(node.status.lastApplied).toBe(3)
    const replies = node.completeWrites()
    expect(ofType(replies, 'AppendEntriesReply').map(({ matchIndex }) => Number(matchIndex))).toEqual([3, 5])
    expect(node.status.lastApplied).toBe(5)
    expect(node.disk.entries.map(({ index, term }) => [Number(index), Number(term)])).toEqual([
      [4, 2],
      [5, 2]
    ])
  })

  test('A-B-A with a crash after B is on disk: what was acknowledged is there', () => {
    const node = replacedTwice()
    node.completeWrites(2)
    node.crash()
    node.holdWrites = false
    node.restart()
    expect(node.logTerms).toEqual([1, 3])
  })

  test('a leader does not count what it wrote as follower of another, and was overwritten', () => {
    // a led term 2 with an entry still on its way to disk, lost leadership, and leads again without that entry.
    const leader = leaderOf('abc')
    const { lastIndex } = leader.status
    leader.holdWrites = true
    leader.step(propose('old'))
    leader.receive(
      appendEntries({ ...from(3), from: 'c' }, { index: lastIndex, term: 2 }, entriesFrom(lastIndex + 1, 3))
    )
    expect(leader.held).toHaveLength(2)
    leader.completeWrites(1)
    leader.step({ type: 'receive', message: { ...voteReply(from(3), true), type: 'TimeoutNow' } as never })
    expect(leader.status.role).toBe('follower')
    leader.completeWrites()
    leader.step({
      type: 'receive',
      message: { ...voteReply({ ...from(3), from: 'c' }, true), type: 'TimeoutNow' } as never
    })
    leader.completeWrites()
    leader.receive(voteReply(from(4), true))
    expect(leader.status.role).toBe('leader')
    leader.receive(appended(from(4), lastIndex + 2))
    expect(leader.status.commitIndex).toBe(lastIndex)
    leader.completeWrites()
    expect(leader.status.commitIndex).toBe(lastIndex + 2)
  })
})

describe('what is written', () => {
  test('an idle node writes nothing, not even the commitIndex it learns', () => {
    const node = followerOf('abc', { log: [1], commit: 1 })
    node.receive(heartbeat(from(1)))
    node.holdWrites = true
    for (let i = 0; i < 50; i++) {
      node.tick()
      node.receive(heartbeat(from(1), 2, i))
    }
    expect(node.status.commitIndex).toBe(2)
    expect(node.held).toEqual([])
  })

  test('the commitIndex goes along with the next entries', () => {
    const node = followerOf('abc', { log: [1], commit: 1 })
    node.receive(appendEntries(from(1), { index: 2, term: 1 }, entriesFrom(3, 1), 2))
    expect(node.disk.hardState.commit).toBe(2)
  })

  test('entries that replace others begin where the stored log is to be cut', () => {
    const node = followerOf('abc', { log: [1, 1, 1], commit: 1 })
    node.holdWrites = true
    node.receive(appendEntries(from(2), { index: 2, term: 1 }, entriesFrom(3, 2)))
    expect(node.held).toMatchObject([{ entries: [{ index: 3, term: 2 }] }])
    node.completeWrites()
    expect(node.disk.entries.map(({ term }) => term)).toEqual([1, 1, 2])
  })

  test('entries already written are not written again when others follow them', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    node.receive(appendEntries(from(1), FOUNDING, entriesFrom(2, 1)))
    node.receive(appendEntries(from(1), FOUNDING, entriesFrom(2, 1, 1, 1)))
    const written = node.held.map((operation) => (operation.type === 'persist' ? operation.entries : []))
    expect(written.map((entries) => entries.map(({ index }) => Number(index)))).toEqual([[2], [3, 4]])
  })

  test('a step without consequences gives no effects', () => {
    const raft = new Raft({
      id: asNodeId('a'),
      limits: LIMITS,
      random: () => 0,
      recovered: stateOf(configurationOf({ voters: 'abc' }))
    })
    // The first step of all hands out what was committed before.
    expect(raft.step({ type: 'tick' })).toMatchObject([{ type: 'apply', entries: [{ index: 1 }] }])
    expect(raft.step({ type: 'tick' })).toEqual([])
    expect(raft.step({ type: 'applied', index: 1 as never })).toEqual([])
    expect(raft.step({ type: 'unreachable', peer: asNodeId('b') })).toEqual([])
  })

  test('the effects of a step are in the one order that is safe', () => {
    const node = followerOf('abc')
    node.tick()
    node.holdWrites = true
    const order = (effects: readonly { type: string }[]) => effects.map(({ type }) => type)
    expect(order(node.run({ type: 'receive', message: heartbeat(from(3)) }))).toEqual(['role', 'persist'])
    const alone = followerOf('a')
    alone.holdWrites = true
    alone.tick()
    const token = (alone.held[0] as { token: number }).token
    expect(order(alone.run({ type: 'persisted', token }))).toEqual(['role', 'persist'])
    expect(order(alone.run({ type: 'propose', data: ['x'] }))).toEqual(['proposed', 'persist'])
    const leader = leaderOf('abc')
    leader.holdWrites = true
    expect(order(leader.run({ type: 'propose', data: ['x'] }))).toEqual(['proposed', 'send', 'persist'])
  })
})

describe('a crash', () => {
  test('of all at once loses nothing that was acknowledged', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.node('c').holdWrites = true
    cluster.propose('a', 'x', 'y')
    expect(cluster.node('a').state).toEqual(['x', 'y'])
    for (const id of 'abc') {
      cluster.crash(id)
      cluster.node(id).holdWrites = false
      cluster.restart(id)
    }
    cluster.tick(40)
    expect(cluster.leaders).toHaveLength(1)
    expect(cluster.each(({ state }) => state)).toEqual(Array(3).fill(['x', 'y']))
  })

  test('during an election leaves term and vote as they were promised', () => {
    const cluster = new Cluster('abc')
    cluster.timeOut('a')
    for (const id of 'abc') {
      const { term, votedFor } = cluster.status(id)
      cluster.crash(id)
      cluster.restart(id)
      expect(cluster.status(id)).toMatchObject({ term, votedFor, role: 'follower', leaderId: null })
    }
  })

  test('forgets what was applied and applies it again from the log', () => {
    const cluster = new Cluster('a')
    cluster.tick()
    cluster.propose('a', 'x', 'y')
    cluster.crash('a')
    cluster.restart('a')
    expect(cluster.node('a').state).toEqual([])
    cluster.tick(2)
    expect(cluster.node('a').state).toEqual(['x', 'y'])
  })
})

describe('a disk that stalls', () => {
  test('costs a leader its leadership, handed to the best follower', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.node('a').holdWrites = true
    cluster.propose('a', 'x')
    cluster.input('a', { type: 'diskStalled' })
    expect(cluster.leaders).toHaveLength(1)
    expect(cluster.leaders).not.toContain('a')
    cluster.tick(2)
    expect(cluster.node('b').state).toEqual(['x'])
  })

  test('keeps a node from campaigning until a barrier returns', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    node.receive(appendEntries(from(1), FOUNDING, entriesFrom(2, 1)))
    node.step({ type: 'diskStalled' })
    expect(node.tick(100)).toEqual([])
    expect(node.status.role).toBe('follower')
    node.completeWrites()
    expect(node.tick(20)).not.toEqual([])
  })

  test('does not stop a node for good where nothing was being written', () => {
    const leader = leaderOf('abc')
    leader.step({ type: 'diskStalled' })
    expect(leader.status.role).toBe('follower')
    leader.tick(20)
    expect(leader.status.role).toBe('preCandidate')
  })
})

test('a leader of one commits its no-op and goes on after each restart', () => {
  const cluster = new Cluster('a')
  for (let term = 2; term < 6; term++) {
    cluster.tick(1)
    expect(cluster.status('a')).toMatchObject({ role: 'leader', term, commitIndex: term })
    cluster.crash('a')
    cluster.restart('a')
  }
})

test('a completed barrier that was never asked for stops the node', () => {
  expect(() => followerOf('abc').step({ type: 'persisted', token: 7 })).toThrow('token was issued')
})

test('followers’ acknowledgements that come after the leader stepped down are ignored', () => {
  const { node } = newLeaderOf('abc')
  const { term, lastIndex } = node.status
  node.receive(heartbeat(from(term + 1)))
  node.receive(appended(from(term), lastIndex))
  expect(node.status).toMatchObject({ role: 'follower', commitIndex: 1 })
  expect(acknowledgeAll(node)).toEqual([])
})

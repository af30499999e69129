import { describe, expect, test } from 'vitest'
import { Raft } from '../../src-main/raft/raft'
import { asIndex, asNodeId, asTerm, type SnapshotMeta } from '../../src-main/raft/types'
import { Cluster, ids } from './network/cluster'
import { appended, appendEntries, entriesFrom, heartbeat, heartbeatReply, ofType } from './network/messages'
import { acknowledgeAll, candidateOf, followerOf, newLeaderOf, preCandidateOf } from './network/single'
import { configurationOf, LIMITS, memberInfo, stateOf, TestNode } from './network/test-node'

const founded = configurationOf({ voters: 'abc' })
const metaOf = (index: number, term: number, more: Partial<SnapshotMeta> = {}): SnapshotMeta => ({
  index: asIndex(index),
  term: asTerm(term),
  configuration: founded,
  configurationIndex: asIndex(1),
  bytes: 0,
  sha256: '',
  format: 1,
  ...more
})
const snapshotOf = (index: number, term: number, more: Partial<SnapshotMeta> = {}) => ({
  meta: metaOf(index, term, more),
  state: ['snapshot']
})
const installs = (node: TestNode) => node.noticesOf('installSnapshot')
const requested = (node: TestNode) => node.noticesOf('sendSnapshot').map(({ to }) => to)

/** A leader of term 12 whose log begins after its snapshot at index 11 of term 11. */
const compactedLeader = (log: number[] = []) => {
  const { node } = newLeaderOf('abc', { snapshot: { index: 11, term: 11 }, log, term: 11 })
  return node
}

describe('a leader sends a snapshot', () => {
  test('when the follower needs what is compacted, and then waits', () => {
    const leader = compactedLeader()
    const term = 12
    const [refusal] = [{ ...appended({ from: 'b', to: 'a', term }, 11), success: false, hintIndex: asIndex(2) }]
    leader.receive({ ...refusal!, hintTerm: asTerm(1) })
    expect(requested(leader)).toEqual(['b'])
    expect(leader.status.progress[0]).toMatchObject({ state: 'snapshot', matchIndex: 0 })
    expect(ofType(leader.step({ type: 'propose', data: ['x'] }), 'AppendEntries').map(({ to }) => to)).toEqual([])
    leader.tick()
    expect(ofType(leader.receive(heartbeatReply({ from: 'b', to: 'a', term })), 'AppendEntries')).toEqual([])
    expect(requested(leader)).toEqual(['b'])
  })

  const underWay = () => {
    const leader = compactedLeader([11, 11])
    const refusal = { ...appended({ from: 'b', to: 'a', term: 12 }, 13), success: false, hintIndex: asIndex(2) }
    leader.receive({ ...refusal, hintTerm: asTerm(1) })
    expect(leader.status.progress[0]).toMatchObject({ state: 'snapshot' })
    return leader
  }

  test('and probes behind it when it has arrived', () => {
    const leader = underWay()
    const sent = leader.step({ type: 'snapshotSent', to: ids('b')[0]!, success: true })
    expect(leader.status.progress[0]).toMatchObject({ state: 'probe', matchIndex: 0, nextIndex: 12 })
    expect(ofType(sent, 'AppendEntries')).toMatchObject([{ to: 'b', prevLogIndex: 11, prevLogTerm: 11 }])
  })

  test('and starts over when it has failed, at the next echo of a heartbeat', () => {
    const leader = underWay()
    expect(leader.step({ type: 'snapshotSent', to: ids('b')[0]!, success: false })).toEqual([])
    expect(leader.status.progress[0]).toMatchObject({ state: 'probe', matchIndex: 0, nextIndex: 1 })
    leader.tick()
    leader.receive(heartbeatReply({ from: 'b', to: 'a', term: 12 }))
    expect(requested(leader)).toEqual(['b', 'b'])
  })

  test('and replicates as soon as the follower acknowledges it, whatever became of the report', () => {
    const leader = underWay()
    const sent = leader.receive(appended({ from: 'b', to: 'a', term: 12 }, 11))
    expect(leader.status.progress[0]).toMatchObject({ state: 'replicate', matchIndex: 11 })
    expect(ofType(sent, 'AppendEntries')).toMatchObject([{ prevLogIndex: 11, entries: { length: 3 } }])
    leader.step({ type: 'snapshotSent', to: ids('b')[0]!, success: false })
    expect(leader.status.progress[0]).toMatchObject({ state: 'replicate' })
  })

  test('and replicates at an acknowledgement before the snapshot, if the log still reaches there', () => {
    const cluster = new Cluster('abc', { limits: { trailingEntries: 2 } })
    cluster.elect('a')
    cluster.isolate('c')
    cluster.propose('a', '1', '2', '3', '4')
    cluster.snapshot('a')
    expect(cluster.status('a').firstIndex).toBe(5)
    cluster.holdSnapshots = true
    cluster.heal()
    cluster.tick(3)
    expect(cluster.status('a').progress[1]).toMatchObject({ id: 'c', state: 'snapshot' })
    cluster.release(appended({ from: 'c', to: 'a', term: 2 }, 4))
    expect(cluster.status('a').progress[1]!.state).not.toBe('snapshot')
  })

  test('and stays waiting at an acknowledgement that the log does not reach', () => {
    const leader = underWay()
    leader.receive(appended({ from: 'b', to: 'a', term: 12 }, 3))
    expect(leader.status.progress[0]).toMatchObject({ state: 'snapshot', matchIndex: 3 })
  })

  test('only to a peer that is heard of: a dead one gets none', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.crash('c')
    cluster.propose('a', 'x')
    cluster.tick(15)
    cluster.snapshot('a')
    cluster.holdSnapshots = true
    cluster.propose('a', 'y')
    cluster.tick(5)
    expect(cluster.snapshotsHeld).toEqual([])
    cluster.restart('c')
    cluster.tick(3)
    expect(cluster.snapshotsHeld).toEqual([{ from: 'a', to: 'c' }])
  })

  test('to a follower that is at its last index exactly, and does not get stuck', () => {
    // The snapshot ends where the log ends: there is no entry whose acknowledgement could be news.
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.isolate('c')
    cluster.propose('a', 'x')
    cluster.snapshot('a')
    cluster.heal()
    cluster.tick(3)
    expect(cluster.status('a').progress[1]).toMatchObject({ id: 'c', state: 'replicate', matchIndex: 3 })
    cluster.propose('a', 'y')
    expect(cluster.node('c').state).toEqual(['x', 'y'])
  })

  test('of the peers, only the slow one is served so', () => {
    const cluster = new Cluster('abcde')
    cluster.elect('a')
    cluster.isolate('e')
    for (let i = 0; i < 10; i++) cluster.propose('a', `${i}`)
    cluster.snapshot('a')
    cluster.heal()
    cluster.tick(3)
    cluster.propose('a', 'last')
    expect(cluster.each(({ state }) => state.length)).toEqual([11, 11, 11, 11, 11])
    expect(cluster.each((node) => installs(node).length)).toEqual([0, 0, 0, 0, 1])
  })

  test('a second time, when the first was overtaken by compaction', () => {
    const cluster = new Cluster('abc')
    cluster.elect('a')
    cluster.isolate('c')
    cluster.propose('a', 'x')
    cluster.snapshot('a')
    cluster.holdSnapshots = true
    cluster.heal()
    cluster.tick(3)
    cluster.deliverSnapshot('a', 'c')
    cluster.intercept()
    for (let i = 0; i < 20; i++) cluster.propose('a', `${i}`)
    cluster.snapshot('a')
    cluster.holdSnapshots = false
    cluster.tick(4)
    expect(cluster.node('c').state).toEqual(cluster.node('a').state)
  })
})

describe('a follower that receives a snapshot', () => {
  test('replaces state, log and configuration by it', () => {
    const node = followerOf('abc', { log: [1, 1, 1], commit: 1 })
    const configuration = configurationOf({ voters: 'abd', learners: 'e' })
    const replies = node.receiveSnapshot('b', 11, snapshotOf(11, 11, { configuration, configurationIndex: asIndex(9) }))
    expect(node.status).toMatchObject({ commitIndex: 11, lastIndex: 11, lastApplied: 11, firstIndex: 12, term: 11 })
    expect(node.status).toMatchObject({ configuration, configurationIndex: 9, role: 'follower' })
    expect(node.state).toEqual(['snapshot'])
    expect(node.raft.termAt(asIndex(11))).toBe(11)
    expect(installs(node)).toMatchObject([{ keepLog: false, hardState: { term: 11, commit: 11 } }])
    expect(replies).toMatchObject([{ type: 'AppendEntriesReply', success: true, matchIndex: 11, to: 'b' }])
    expect(node.disk.entries).toEqual([])
  })

  test('keeps what follows it in the log, where the log agrees with it (§7), and of what precedes it the trail', () => {
    const node = followerOf('abc', { log: [1, 2, 2, 2], commit: 1 }, { trailingEntries: 1 })
    const replies = node.receiveSnapshot('b', 2, snapshotOf(3, 2))
    expect(installs(node)).toMatchObject([{ keepLog: true }])
    expect(node.logTerms).toEqual([2, 2, 2])
    expect(node.status).toMatchObject({ firstIndex: 3, commitIndex: 3, lastIndex: 5, lastApplied: 3, snapshotIndex: 3 })
    expect(replies).toMatchObject([{ success: true, matchIndex: 3 }])
    expect(node.state).toEqual(['snapshot'])
  })

  test('drops what follows it in the log, where the log contradicts it', () => {
    const node = followerOf('abc', { log: [1, 1, 1, 1], commit: 1, term: 2 })
    node.receiveSnapshot('b', 2, snapshotOf(3, 2))
    expect(installs(node)).toMatchObject([{ keepLog: false }])
    expect(node.status).toMatchObject({ firstIndex: 4, lastIndex: 3 })
    node.receive(appendEntries({ from: 'b', to: 'a', term: 2 }, { index: 3, term: 2 }, entriesFrom(4, 2)))
    expect(node.disk.entries.map(({ index, term }) => [Number(index), Number(term)])).toEqual([[4, 2]])
  })

  test('does not keep a configuration that stood in the dropped log', () => {
    // b was cut off with an uncommitted removal of c at index 3; the snapshot is of a later leader.
    const cluster = new Cluster('abc')
    cluster.elect('b')
    cluster.isolate('b')
    cluster.change('b', { type: 'remove', id: ids('c')[0]! })
    expect(cluster.status('b').configurationIndex).toBe(3)
    cluster.tick(40, 'ac')
    const leader = cluster.leaders.find((id) => id !== 'b')!
    cluster.propose(leader, 'x')
    cluster.snapshot(leader)
    cluster.heal()
    cluster.tick(3)
    expect(installs(cluster.node('b'))).toMatchObject([{ keepLog: false }])
    expect(cluster.status('b')).toMatchObject({ configurationIndex: 1 })
    expect(cluster.status('b').configuration.voters).toEqual(ids('abc'))
  })

  test('keeps a configuration that follows it in the kept log', () => {
    const cluster = new Cluster('abc', { empty: 'd' })
    cluster.elect('a')
    cluster.propose('a', 'x')
    const early = { meta: metaOf(2, 2), state: [] }
    cluster.drop(({ type }) => type === 'Heartbeat')
    cluster.change('a', { type: 'addLearner', id: ids('d')[0]!, info: memberInfo('d') })
    const { configurationIndex } = cluster.status('b')
    cluster.node('b').receiveSnapshot('a', 2, early)
    expect(cluster.status('b').configurationIndex).toBe(configurationIndex)
  })

  test('ignores one that it is already beyond, and says how far it is', () => {
    const node = followerOf('abc', { log: [1, 1], commit: 3 })
    const replies = node.receiveSnapshot('b', 1, snapshotOf(2, 1))
    expect(installs(node)).toEqual([])
    expect(node.state).toEqual(['1.2', '1.3'].slice(0, node.state.length))
    expect(replies).toMatchObject([{ success: true, matchIndex: 3 }])
  })

  test('installs one from a leader of an earlier term too: its content is committed; but does not answer it', () => {
    const node = followerOf('abc', { term: 9 })
    expect(node.receiveSnapshot('b', 5, snapshotOf(7, 4))).toEqual([])
    expect(node.status).toMatchObject({ term: 9, leaderId: null, commitIndex: 7 })
  })

  test.each(['preCandidate', 'candidate'])('takes it though it has become %s meanwhile', (role) => {
    const node = role === 'candidate' ? candidateOf('abc') : preCandidateOf('abc')
    expect(node.status.role).toBe(role)
    const { term } = node.status
    const replies = node.receiveSnapshot('b', term, snapshotOf(9, 1))
    expect(node.status).toMatchObject({ commitIndex: 9, lastIndex: 9 })
    expect(replies).toMatchObject([{ success: true, matchIndex: 9 }])
  })

  test('does not take its sender for the leader: it may have been deposed meanwhile', () => {
    const node = followerOf('abc')
    node.receiveSnapshot('b', 7, snapshotOf(5, 2))
    expect(node.status).toMatchObject({ term: 7, leaderId: null })
    node.receive(heartbeat({ from: 'c', to: 'a', term: 7 }))
    expect(node.status.leaderId).toBe('c')
    node.receiveSnapshot('b', 7, snapshotOf(9, 2))
    expect(node.status).toMatchObject({ leaderId: 'c', commitIndex: 9 })
  })

  test('and two of them in quick succession ends at the later one', () => {
    const node = followerOf('abc')
    node.receiveSnapshot('b', 2, snapshotOf(5, 2))
    node.receiveSnapshot('b', 2, snapshotOf(9, 2))
    node.receiveSnapshot('b', 2, snapshotOf(5, 2))
    expect(node.status).toMatchObject({ commitIndex: 9, lastIndex: 9, snapshotIndex: 9 })
  })

  test('while entries are being applied, applies nothing of before afterwards', () => {
    const node = followerOf('abc', { log: [1, 1], commit: 1 }, { applyBytesMax: 1 })
    node.holdApplies = true
    node.receive(appendEntries({ from: 'b', to: 'a', term: 1 }, { index: 3, term: 1 }, [], 3))
    expect(node.appliesHeld).toHaveLength(1)
    node.receiveSnapshot('b', 2, snapshotOf(9, 2))
    expect(node.status).toMatchObject({ lastApplied: 9 })
    node.receive(appendEntries({ from: 'b', to: 'a', term: 2 }, { index: 9, term: 2 }, entriesFrom(10, 2), 10))
    expect(node.appliesHeld.slice(1).flat()).toMatchObject([{ index: 10 }])
  })

  test('acknowledges it only with a term that is durable', () => {
    const node = followerOf('abc')
    node.holdWrites = true
    expect(node.receiveSnapshot('b', 7, snapshotOf(5, 7))).toEqual([])
    expect(node.completeWrites()).toMatchObject([{ success: true, matchIndex: 5, term: 7 }])
  })

  test('as a learner becomes what the snapshot says', () => {
    const learnerThen = configurationOf({ voters: 'abc', learners: 'd' })
    const voterNow = configurationOf({ voters: 'abcd' })
    const node = new TestNode('d', stateOf(learnerThen))
    node.receiveSnapshot('a', 2, snapshotOf(9, 2, { configuration: voterNow, configurationIndex: asIndex(8) }))
    expect(node.status.configuration.voters).toEqual(ids('abcd'))
    node.receiveSnapshot('a', 2, snapshotOf(12, 2, { configuration: learnerThen, configurationIndex: asIndex(11) }))
    expect(node.status.configuration.learners).toEqual(ids('d'))
    expect(node.noticesOf('removed')).toEqual([])
  })

  test('with a joint configuration is in it', () => {
    const configuration = configurationOf({ voters: 'bcd', votersOutgoing: 'abc', learnersNext: 'a' })
    const node = followerOf('abc')
    node.receiveSnapshot('b', 2, snapshotOf(9, 2, { configuration, configurationIndex: asIndex(9) }))
    expect(node.status.configuration).toEqual(configuration)
  })

  test('that does not name it any more learns that it was removed', () => {
    const configuration = configurationOf({ voters: 'bc' })
    const node = followerOf('abc')
    node.receiveSnapshot('b', 2, snapshotOf(9, 2, { configuration, configurationIndex: asIndex(8) }))
    expect(node.noticesOf('removed')).toHaveLength(1)
  })

  test('from before it was taken in does not think so', () => {
    const cluster = new Cluster('abc', { empty: 'n' })
    cluster.elect('a')
    cluster.propose('a', 'x')
    cluster.snapshot('a')
    cluster.drop(({ to, type }) => to === 'n' && type === 'AppendEntries')
    cluster.change('a', { type: 'addLearner', id: ids('n')[0]!, info: memberInfo('n') })
    cluster.deliverSnapshot('a', 'n')
    expect(cluster.status('n')).toMatchObject({ commitIndex: 3, snapshotIndex: 3 })
    expect(cluster.node('n').noticesOf('removed')).toEqual([])
  })
})

describe('compaction', () => {
  test('forgets the log before a snapshot, but for the trailing entries', () => {
    const cluster = new Cluster('a', { limits: { trailingEntries: 3 } })
    cluster.tick()
    cluster.propose('a', ...'123456789')
    cluster.snapshot('a')
    expect(cluster.status('a')).toMatchObject({ snapshotIndex: 11, firstIndex: 9, lastIndex: 11 })
    expect(cluster.node('a').noticesOf('compact')).toEqual([{ type: 'compact', firstIndex: 9 }])
    expect(
      cluster
        .node('a')
        .raft.entriesFrom(asIndex(1))
        .map(({ data }) => data)
    ).toEqual(['7', '8', '9'])
  })

  test('an older snapshot than the last changes nothing', () => {
    const cluster = new Cluster('a')
    cluster.tick()
    cluster.propose('a', 'x')
    cluster.snapshot('a')
    cluster.input('a', { type: 'snapshotCreated', meta: metaOf(2, 2) })
    expect(cluster.status('a')).toMatchObject({ snapshotIndex: 3 })
  })

  test('of what is not applied is refused', () => {
    const node = followerOf('abc', { log: [1, 1], commit: 1 })
    expect(() => node.step({ type: 'snapshotCreated', meta: metaOf(3, 1) })).toThrow('holds applied entries')
  })

  test('spares what a follower with a snapshot under way will need next', () => {
    const cluster = new Cluster('abc', { limits: { trailingEntries: 2 } })
    cluster.elect('a')
    cluster.isolate('c')
    cluster.propose('a', ...'123456')
    cluster.snapshot('a')
    cluster.holdSnapshots = true
    cluster.heal()
    cluster.tick(3)
    cluster.propose('a', ...'abcdef')
    const sent = cluster.node('a').disk.snapshot!
    cluster.snapshot('a')
    expect(cluster.status('a').firstIndex).toBe(sent.meta.index + 1)
    cluster.node('c').receiveSnapshot('a', 2, sent)
    cluster.release(appended({ from: 'c', to: 'a', term: 2 }, sent.meta.index))
    expect(cluster.node('c').status.lastIndex).toBe(cluster.status('a').lastIndex)
  })

  test('does not spare it without end', () => {
    const cluster = new Cluster('abc', { limits: { trailingEntries: 2 } })
    cluster.elect('a')
    cluster.isolate('c')
    cluster.propose('a', ...'123456')
    cluster.snapshot('a')
    cluster.holdSnapshots = true
    cluster.heal()
    cluster.tick(3)
    for (let i = 0; i < 10; i++) {
      cluster.propose('a', ...'abcdef')
      cluster.snapshot('a')
    }
    const { firstIndex, lastIndex } = cluster.status('a')
    expect(lastIndex - firstIndex).toBeLessThanOrEqual(8 * 2)
  })
})

describe('a restart', () => {
  test('with a snapshot and the entries after it goes on from there', () => {
    const node = followerOf('abc', { snapshot: { index: 10, term: 3 }, log: [3, 4], commit: 12 })
    expect(node.status).toMatchObject({ firstIndex: 11, lastIndex: 12, commitIndex: 12, lastApplied: 10 })
    node.tick()
    expect(node.state).toEqual(['3.11', '4.12'])
  })

  test('after a change of membership was compacted finds it in the snapshot', () => {
    const cluster = new Cluster('abc', { learners: 'd' })
    cluster.elect('a')
    cluster.setVoters('a', 'abcd')
    cluster.propose('a', 'x')
    for (const id of 'abcd') {
      cluster.tick(1)
      cluster.snapshot(id)
      cluster.crash(id)
      cluster.restart(id)
      expect(cluster.status(id)).toMatchObject({ configurationIndex: 3, firstIndex: 5 })
      expect(cluster.status(id).configuration.voters).toEqual(ids('abcd'))
    }
  })

  test('with trailing entries keeps all but the first, whose predecessor’s term is unknown', () => {
    const recovered = stateOf(founded, { snapshot: { index: 10, term: 3 } })
    const node = new TestNode('a', { ...recovered, entries: entriesFrom(7, 3, 3, 3, 3, 3) })
    expect(node.status).toMatchObject({ firstIndex: 8, lastIndex: 11, snapshotIndex: 10, commitIndex: 10 })
    expect(node.raft.termAt(asIndex(7))).toBe(3)
    expect(node.raft.termAt(asIndex(6))).toBe(undefined)
  })

  test.each([
    ['ends before the snapshot', entriesFrom(2, 1, 1)],
    ['contradicts the snapshot', entriesFrom(2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)]
  ])('refuses a log that %s: storage discards it first', (_case, entries) => {
    const recovered = stateOf(founded, { snapshot: { index: 10, term: 3 } })
    const build = (): Raft =>
      new Raft({
        id: asNodeId('a'),
        limits: LIMITS,
        random: () => 0,
        recovered: { ...recovered, entries: [...stateOf(founded).entries, ...entries] }
      })
    expect(build).toThrow('belong together')
  })

  test('refuses a log that leaves a gap after the snapshot', () => {
    const recovered = stateOf(founded, { snapshot: { index: 10, term: 3 } })
    expect(() => new TestNode('a', { ...recovered, entries: entriesFrom(12, 3) })).toThrow('no gap')
  })

  test('refuses a log that is shorter than what was committed', () => {
    expect(() => followerOf('abc', { log: [1], commit: 5 })).toThrow('committed entries are in the log')
  })
})

test('a leader that has just compacted everything elects, replicates and commits as before', () => {
  const leader = compactedLeader()
  acknowledgeAll(leader)
  expect(leader.status).toMatchObject({ commitIndex: 12, role: 'leader' })
})

test('a follower whose log was behind the compaction catches up while proposals go on', () => {
  const cluster = new Cluster('abc', { limits: { inflightMessagesMax: 2, appendEntriesMax: 2 } })
  cluster.elect('a')
  cluster.isolate('b')
  for (let i = 0; i < 10; i++) cluster.propose('a', `${i}`)
  cluster.snapshot('a')
  cluster.heal()
  for (let i = 0; i < 10; i++) {
    cluster.propose('a', `later ${i}`)
    cluster.tick(1)
  }
  expect(cluster.node('b').state).toEqual(cluster.node('a').state)
  expect(cluster.status('a').progress[0]).toMatchObject({ id: 'b', state: 'replicate' })
})

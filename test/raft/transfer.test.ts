import { describe, expect, test } from 'vitest'
import { Cluster } from './network/cluster'
import { ofType, requestVote } from './network/messages'
import { leaderOf } from './network/single'
import type { TestNode } from './network/test-node'

const ended = (node: TestNode) => node.noticesOf('transferEnded').map(({ to, success }) => [to, success])
const refusals = (node: TestNode) => node.noticesOf('refused').map(({ reason }) => reason)

const ledByA = (voters = 'abc', options: ConstructorParameters<typeof Cluster>[1] = {}) => {
  const cluster = new Cluster(voters, options)
  cluster.elect('a')
  return cluster
}

describe('leadership transfer (thesis §3.10)', () => {
  test('to a follower that holds everything is immediate', () => {
    const cluster = ledByA()
    cluster.transfer('a', 'c')
    expect(cluster.leaders).toEqual(['c'])
    expect(cluster.status('a')).toMatchObject({ role: 'follower', leaderId: 'c', term: 3 })
    expect(ended(cluster.node('a'))).toEqual([['c', true]])
  })

  test('works though the other followers hear the old leader, because the candidate says why it asks', () => {
    const cluster = ledByA()
    cluster.tick(1)
    cluster.transfer('a', 'b')
    const votes = ofType(cluster.delivered, 'RequestVote').filter(({ from }) => from === 'b')
    expect(votes.every(({ leadershipTransfer, preVote }) => leadershipTransfer && !preVote)).toBe(true)
    expect(cluster.leaders).toEqual(['b'])
  })

  test('asked of a follower is refused, with the leader’s name', () => {
    const cluster = ledByA()
    cluster.transfer('b', 'b')
    expect(cluster.node('b').noticesOf('refused')).toEqual([{ type: 'refused', reason: 'notLeader', leaderId: 'a' }])
    expect(cluster.leaders).toEqual(['a'])
  })

  test('first brings a slow follower up to date', () => {
    const cluster = ledByA()
    cluster.isolate('c')
    cluster.propose('a', 'x')
    cluster.heal()
    cluster.transfer('a', 'c')
    cluster.tick(1)
    expect(cluster.leaders).toEqual(['c'])
    expect(cluster.node('c').state).toEqual(['x'])
  })

  test('first brings a follower up to date by snapshot, if it must', () => {
    const cluster = ledByA()
    cluster.isolate('c')
    cluster.propose('a', 'x')
    cluster.snapshot('a')
    expect(cluster.status('a').firstIndex).toBe(4)
    cluster.heal()
    cluster.transfer('a', 'c')
    cluster.tick(3)
    expect(cluster.leaders).toEqual(['c'])
    expect(cluster.node('c').state).toEqual(['x'])
  })

  test('to itself has succeeded already', () => {
    const cluster = ledByA()
    cluster.transfer('a', 'a')
    expect(ended(cluster.node('a'))).toEqual([['a', true]])
    expect(cluster.leaders).toEqual(['a'])
  })

  test.each([
    ['nobody known', 'z'],
    ['a learner', 'd']
  ])('to %s is refused', (_who, to) => {
    const cluster = ledByA('abc', { learners: 'd' })
    cluster.transfer('a', to)
    expect(refusals(cluster.node('a'))).toEqual(['unknownMember'])
    expect(cluster.status('a').transferTarget).toBe(null)
  })

  test('to the best voter picks the one that holds most among those who answer', () => {
    const cluster = ledByA('abcd')
    cluster.isolate('b')
    cluster.propose('a', 'x')
    cluster.transfer('a', null)
    expect(cluster.leaders).toContain('c')
    expect(ended(cluster.node('a'))).toEqual([['c', true]])
  })

  test('to the best voter passes over one whose connection broke', () => {
    const cluster = ledByA()
    cluster.unreachable('a', 'b')
    cluster.transfer('a', null)
    expect(cluster.leaders).toEqual(['c'])
  })

  test('of a voter alone is refused: there is nobody', () => {
    const leader = leaderOf('a')
    leader.step({ type: 'transferLeadership', to: null })
    expect(refusals(leader)).toEqual(['unknownMember'])
  })

  test('is given up after an election timeout, and proposals are taken again', () => {
    const cluster = ledByA('abc', { limits: { electionTicks: 10 } })
    cluster.isolate('c')
    cluster.transfer('a', 'c')
    cluster.propose('a', 'too early')
    expect(refusals(cluster.node('a'))).toEqual(['leadershipTransferInProgress'])
    cluster.tick(9)
    expect(cluster.status('a').transferTarget).toBe('c')
    cluster.tick(1)
    expect(cluster.status('a')).toMatchObject({ role: 'leader', transferTarget: null })
    expect(ended(cluster.node('a'))).toEqual([['c', false]])
    cluster.propose('a', 'x')
    expect(cluster.node('a').state).toEqual(['x'])
  })

  test('is asked for again when TimeoutNow was lost', () => {
    const cluster = ledByA()
    cluster.drop(({ type }) => type === 'TimeoutNow')
    cluster.transfer('a', 'c')
    cluster.heal()
    cluster.tick(1)
    expect(cluster.leaders).toEqual(['c'])
  })

  test('refuses proposals and membership changes meanwhile, and serves reads', () => {
    const cluster = ledByA()
    cluster.drop(({ type }) => type === 'TimeoutNow')
    cluster.transfer('a', 'c')
    cluster.propose('a', 'x')
    cluster.change('a', { type: 'remove', id: 'b' as never })
    cluster.read('a', 1)
    expect(refusals(cluster.node('a'))).toEqual(['leadershipTransferInProgress', 'leadershipTransferInProgress'])
    expect(cluster.node('a').noticesOf('readReady')).toHaveLength(1)
  })

  test('ends without success when somebody else takes over', () => {
    const cluster = ledByA()
    cluster.isolate('c')
    cluster.transfer('a', 'c')
    cluster.campaign('b')
    expect(cluster.leaders).toEqual(['b'])
    expect(ended(cluster.node('a'))).toEqual([['c', false]])
  })

  test('ends without success when nobody takes over in time', () => {
    const cluster = ledByA()
    cluster.drop(({ type }) => type === 'TimeoutNow')
    cluster.transfer('a', 'c')
    cluster.input('a', {
      type: 'receive',
      message: requestVote({ from: 'b', to: 'a', term: 9 }, { index: 1, term: 1 }, { leadershipTransfer: true })
    })
    expect(cluster.status('a').role).toBe('follower')
    expect(ended(cluster.node('a'))).toEqual([])
    cluster.tick(10, 'a')
    expect(ended(cluster.node('a'))).toEqual([['c', false]])
  })

  test('back again', () => {
    const cluster = ledByA()
    cluster.transfer('a', 'c')
    cluster.transfer('c', 'a')
    expect(cluster.leaders).toEqual(['a'])
  })

  test('to another than the one under way takes its place', () => {
    const cluster = ledByA()
    cluster.isolate('c')
    cluster.transfer('a', 'c')
    cluster.transfer('a', 'b')
    expect(cluster.leaders).toEqual(['b'])
    expect(ended(cluster.node('a'))).toEqual([
      ['c', false],
      ['b', true]
    ])
  })

  test('to the one under way is refused and does not lengthen its time', () => {
    const cluster = ledByA('abc', { limits: { electionTicks: 10 } })
    cluster.isolate('c')
    cluster.transfer('a', 'c')
    cluster.tick(5)
    cluster.transfer('a', 'c')
    expect(refusals(cluster.node('a'))).toEqual(['leadershipTransferInProgress'])
    cluster.tick(5)
    expect(cluster.status('a').transferTarget).toBe(null)
  })

  test('under load goes on: no proposal is taken that the target could lack', () => {
    const cluster = ledByA('abcdefg')
    for (let i = 0; i < 20; i++) cluster.feed('a', { type: 'propose', data: [`${i}`] })
    cluster.feed('a', { type: 'transferLeadership', to: 'g' as never })
    cluster.feed('a', { type: 'propose', data: ['refused'] })
    cluster.settle()
    expect(cluster.leaders).toEqual(['g'])
    cluster.tick(2)
    expect(new Set(cluster.each(({ state }) => state.join())).size).toBe(1)
    expect(cluster.node('g').state).toHaveLength(20)
  })
})

describe('TimeoutNow', () => {
  test('to a node that is no voter does nothing', () => {
    const cluster = ledByA('abc', { learners: 'd' })
    cluster.campaign('d')
    expect(cluster.status('d')).toMatchObject({ role: 'follower', term: 2 })
  })

  test('of an earlier term does nothing', () => {
    const cluster = ledByA()
    cluster.campaign('b')
    const late = { type: 'TimeoutNow', from: 'a', to: 'c', term: 2 } as never
    cluster.release(late)
    expect(cluster.leaders).toEqual(['b'])
    expect(cluster.status('c').term).toBe(3)
  })
})

test('membership is not changed while leadership is handed over, so the target stays a voter', () => {
  const cluster = ledByA()
  cluster.isolate('c')
  cluster.transfer('a', 'c')
  cluster.setVoters('a', 'ab')
  expect(refusals(cluster.node('a'))).toEqual(['leadershipTransferInProgress'])
  expect(cluster.status('a').configuration.voters).toEqual(['a', 'b', 'c'])
})

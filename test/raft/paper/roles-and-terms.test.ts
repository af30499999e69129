/** Raft paper §5.1: terms and the roles' rules about them. */
import { describe, expect, test } from 'vitest'
import { appendEntries, heartbeat, ofType } from '../network/messages'
import { candidateOf, followerOf, leaderOf } from '../network/single'

const FROM_B = { from: 'b', to: 'a', term: 9 }
const AFTER_FOUNDING = { index: 1, term: 1 }

describe('a later term in a message is taken over, and the node is a follower of that term (§5.1)', () => {
  test.each([
    ['follower', () => followerOf('abc')],
    ['candidate', () => candidateOf('abc')],
    ['leader', () => leaderOf('abc')]
  ])('%s takes over the term of AppendEntries', (_role, make) => {
    const node = make()
    node.receive(appendEntries(FROM_B, AFTER_FOUNDING))
    expect(node.status).toMatchObject({ role: 'follower', term: 9, leaderId: 'b' })
    expect(node.disk.hardState).toMatchObject({ term: 9, votedFor: null })
  })
})

test('a request of an earlier term is rejected, and its sender told of the later one (§5.1)', () => {
  const node = followerOf('abc', { term: 5, log: [5] })
  const replies = node.receive(appendEntries({ from: 'b', to: 'a', term: 4 }, AFTER_FOUNDING, [], 1))
  expect(ofType(replies, 'AppendEntriesReply')).toMatchObject([{ success: false, term: 5, to: 'b' }])
  expect(node.status).toMatchObject({ term: 5, leaderId: null, lastIndex: 2 })
})

test('a node starts as follower (§5.2)', () => {
  expect(followerOf('abc').status).toMatchObject({ role: 'follower', leaderId: null })
})

test('a leader sends heartbeats to all followers at every heartbeat interval (§5.2)', () => {
  const leader = leaderOf('abc', {}, { heartbeatTicks: 3 })
  expect(leader.tick(2)).toEqual([])
  expect(ofType(leader.tick(1), 'Heartbeat').map(({ to, term }) => [to, term])).toEqual([
    ['b', leader.status.term],
    ['c', leader.status.term]
  ])
})

test('a follower that hears its leader stays follower (§5.2)', () => {
  const node = followerOf('abc', { term: 2 })
  for (let i = 0; i < 100; i++) {
    node.receive(heartbeat({ from: 'b', to: 'a', term: 2 }))
    node.tick(5)
  }
  expect(node.status).toMatchObject({ role: 'follower', term: 2, leaderId: 'b' })
})

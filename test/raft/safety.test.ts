/** Each safety property that the random runs check is shown to fail where it is broken. */
import { describe, expect, test } from 'vitest'
import { entriesFrom, voteReply } from './network/messages'
import { Safety } from './network/safety'
import { leaderOf, newLeaderOf } from './network/single'
import { configurationOf, stateOf, TestNode, type Disk } from './network/test-node'

const founded = configurationOf({ voters: 'abc' })
const node = (id: string, log: readonly number[], commit = 1) => new TestNode(id, stateOf(founded, { log, commit }))
const disksOf = (...nodes: TestNode[]) => new Map<string, Disk>(nodes.map(({ id, disk }) => [id, disk]))

describe('the checker finds out', () => {
  test('two votes in one term', () => {
    const safety = new Safety()
    safety.sent(voteReply({ from: 'a', to: 'b', term: 3 }, true))
    safety.sent(voteReply({ from: 'a', to: 'b', term: 3 }, true))
    safety.sent(voteReply({ from: 'a', to: 'c', term: 4 }, true))
    safety.sent(voteReply({ from: 'a', to: 'c', term: 3 }, false))
    expect(() => safety.sent(voteReply({ from: 'a', to: 'c', term: 3 }, true))).toThrow('one vote per term')
  })

  test('two leaders in one term', () => {
    const safety = new Safety()
    const [one, other] = [leaderOf('abc'), leaderOf('abc')]
    Object.defineProperty(other, 'id', { value: 'b' })
    const disks = new Map([...'abc'].map((id) => [id, one.disk]))
    safety.check(one, disks)
    expect(() => safety.check(other, disks)).toThrow('election safety')
  })

  test('a commit that no quorum holds durably', () => {
    const safety = new Safety()
    const leader = leaderOf('abc')
    expect(() => safety.check(leader, disksOf(leader, node('b', []), node('c', [])))).toThrow('durable on a quorum')
    expect(() => new Safety().check(leader, new Map([...'abc'].map((id) => [id, leader.disk])))).not.toThrow()
  })

  test('two entries committed at one index', () => {
    const safety = new Safety()
    safety.check(node('a', [2], 2), new Map())
    safety.check(node('b', [2], 2), new Map())
    expect(() => safety.check(node('c', [3], 2), new Map())).toThrow('state machine safety')
  })

  test('an entry applied that nobody has committed', () => {
    const safety = new Safety()
    const hasty = node('a', [2, 2], 1)
    hasty.applied.push(...entriesFrom(3, 2))
    expect(() => safety.check(hasty, new Map())).toThrow('only committed entries are applied')
  })

  test('a leader without what was committed before', () => {
    const safety = new Safety()
    safety.check(node('b', [2], 2), new Map())
    const { node: leader } = newLeaderOf('abc', { log: [1], term: 2 })
    expect(() => safety.check(leader, disksOf(leader))).toThrow('leader completeness')
  })

  test('logs that differ before an entry they share', () => {
    const safety = new Safety()
    safety.checkLogMatching([node('a', [2, 4]), node('b', [2, 4]), node('c', [2])])
    safety.checkLogMatching([node('a', [2, 4]), node('b', [3, 3])])
    expect(() => safety.checkLogMatching([node('a', [2, 4]), node('b', [3, 4])])).toThrow('log matching')
  })
})

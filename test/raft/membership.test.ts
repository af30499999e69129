import { describe, expect, test } from 'vitest'
import type { ConfigurationChange } from '../../src-main/raft/types'
import { Cluster, ids } from './network/cluster'
import { acceptAll, newLeaderOf } from './network/single'
import { configurationOf, memberInfo, stateOf, type TestNode } from './network/test-node'

const addLearner = (id: string): ConfigurationChange => ({ type: 'addLearner', id: id as never, info: memberInfo(id) })
const remove = (id: string): ConfigurationChange => ({ type: 'remove', id: id as never })
const refusals = (node: TestNode) => node.noticesOf('refused').map(({ reason }) => reason)
const removed = (node: TestNode) => node.noticesOf('removed').length > 0
const votersOf = (node: TestNode) => node.status.configuration.voters.join('')

const ledByA = (voters: string, options: ConstructorParameters<typeof Cluster>[1] = {}) => {
  const cluster = new Cluster(voters, options)
  cluster.elect('a')
  return cluster
}

describe('a configuration is in effect from the moment it is in the log (§6)', () => {
  test('at the leader before anybody has acknowledged it, at a follower before it is committed', () => {
    const cluster = ledByA('abc', { empty: 'd' })
    cluster.isolate('c')
    cluster.drop(({ type }) => type === 'AppendEntriesReply')
    cluster.change('a', addLearner('d'))
    for (const id of 'ab') {
      expect(cluster.status(id)).toMatchObject({ configurationIndex: 3, configurationCommitted: false })
      expect(cluster.status(id).configuration.learners).toEqual(['d'])
    }
    cluster.heal()
    cluster.tick(2)
    expect(cluster.status('c').configurationCommitted).toBe(true)
    expect(
      cluster
        .node('b')
        .noticesOf('configuration')
        .map(({ committed }) => committed)
    ).toEqual([false, true])
  })

  test('is taken back where its entry is truncated', () => {
    const cluster = ledByA('abc')
    cluster.isolate('a')
    cluster.change('a', remove('c'))
    expect(votersOf(cluster.node('a'))).toBe('ab')
    cluster.campaign('b')
    cluster.heal()
    cluster.tick(2)
    expect(cluster.status('a')).toMatchObject({ configurationIndex: 1, configurationCommitted: true })
    expect(votersOf(cluster.node('a'))).toBe('abc')
    expect(cluster.node('a').noticesOf('configuration').at(-1)).toMatchObject({ index: 1, committed: true })
  })

  test('is taken back to the one before, of several', () => {
    const cluster = ledByA('abc', { empty: 'd' })
    cluster.change('a', addLearner('d'))
    cluster.isolate('a')
    cluster.setVoters('a', 'abcd')
    cluster.campaign('b')
    cluster.heal()
    cluster.tick(2)
    expect(cluster.status('a')).toMatchObject({ configurationIndex: 3 })
    expect(cluster.status('a').configuration.learners).toEqual(['d'])
  })

  test('is found again after a restart, committed or not', () => {
    const cluster = ledByA('abc')
    cluster.drop(({ type }) => type === 'AppendEntriesReply')
    cluster.change('a', remove('c'))
    cluster.crash('b')
    cluster.restart('b')
    expect(cluster.status('b')).toMatchObject({ configurationIndex: 3, configurationCommitted: false })
    expect(votersOf(cluster.node('b'))).toBe('ab')
  })
})

describe('one change at a time', () => {
  test('a second one is refused until the first is committed, and leaves no trace', () => {
    const cluster = ledByA('abc', { empty: 'd' })
    cluster.drop(({ type }) => type === 'AppendEntriesReply')
    cluster.change('a', addLearner('d'))
    cluster.change('a', remove('b'))
    expect(refusals(cluster.node('a'))).toEqual(['configurationChangeInProgress'])
    expect(cluster.status('a').lastIndex).toBe(3)
    cluster.heal()
    cluster.tick(2)
    cluster.change('a', remove('b'))
    expect(votersOf(cluster.node('a'))).toBe('ac')
  })

  test('none is allowed before the leader has committed an entry of its own term (the bug of 2015)', () => {
    const { node, messages } = newLeaderOf('abc')
    node.step({ type: 'changeConfiguration', change: remove('c') })
    expect(refusals(node)).toEqual(['configurationChangeInProgress'])
    node.receive(acceptAll(messages)[0]!)
    node.step({ type: 'changeConfiguration', change: remove('c') })
    expect(votersOf(node)).toBe('ab')
  })

  test('a change that a dead leader left uncommitted still counts as under way', () => {
    const cluster = ledByA('abc')
    cluster.isolate('c')
    cluster.drop(({ type }) => type === 'AppendEntriesReply')
    cluster.change('a', remove('c'))
    cluster.heal()
    cluster.drop((message) => message.type === 'AppendEntries' && message.entries.some(({ term }) => term === 3))
    cluster.campaign('b')
    expect(cluster.status('b')).toMatchObject({ role: 'leader', configurationIndex: 3, configurationCommitted: false })
    cluster.change('b', { type: 'updateInfo', id: 'a' as never, info: memberInfo('a') })
    expect(refusals(cluster.node('b'))).toEqual(['configurationChangeInProgress'])
    cluster.heal()
    cluster.tick(3)
    expect(cluster.status('b').configurationCommitted).toBe(true)
  })

  test('two leaders’ changes can never have disjoint quorums', () => {
    // Four voters: a removes d and is cut off with it uncommitted; b leads and wants to remove c.
    const cluster = ledByA('abcd')
    cluster.partition('a', 'bcd')
    cluster.change('a', remove('d'))
    cluster.campaign('b')
    cluster.change('b', remove('c'))
    // b had to commit in its own term with three of four, so a can be elected by nobody any more.
    expect(cluster.status('b')).toMatchObject({ role: 'leader', configurationCommitted: true })
    cluster.heal()
    cluster.partition('ac', 'bd')
    cluster.tick(60)
    expect(cluster.leaders).toEqual(['b'])
  })

  test('asked of a follower is refused', () => {
    const cluster = ledByA('abc')
    cluster.change('b', remove('c'))
    expect(refusals(cluster.node('b'))).toEqual(['notLeader'])
  })
})

describe('what is refused', () => {
  test.each<[string, ConfigurationChange, string]>([
    ['a member again', addLearner('b'), 'alreadyMember'],
    ['a learner again', addLearner('d'), 'alreadyMember'],
    ['a nameless member', addLearner(''), 'invalid'],
    ['news of a stranger', { type: 'updateInfo', id: 'z' as never, info: memberInfo('z') }, 'unknownMember'],
    ['removal of a stranger', remove('z'), 'unknownMember'],
    ['a stranger as voter', { type: 'setVoters', voters: ids('az') }, 'unknownMember'],
    ['no voters', { type: 'setVoters', voters: [] }, 'lastVoter']
  ])('%s', (_case, change, reason) => {
    const cluster = ledByA('abc', { learners: 'd' })
    cluster.change('a', change)
    expect(refusals(cluster.node('a'))).toEqual([reason])
    expect(cluster.status('a').lastIndex).toBe(2)
  })

  test('removal of the last voter, even with learners left', () => {
    const cluster = ledByA('a', { learners: 'b' })
    cluster.tick(1)
    cluster.change('a', remove('a'))
    expect(refusals(cluster.node('a'))).toEqual(['lastVoter'])
  })

  test('a name that objects have by nature', () => {
    const cluster = ledByA('a')
    cluster.change('a', addLearner('__proto__'))
    expect(refusals(cluster.node('a'))).toEqual(['invalid'])
  })
})

describe('learners', () => {
  test('a new one is brought up to date at once, from nothing', () => {
    const cluster = ledByA('abc', { empty: 'n' })
    cluster.propose('a', 'x', 'y')
    cluster.change('a', addLearner('n'))
    expect(cluster.node('n').state).toEqual(['x', 'y'])
    expect(cluster.status('n')).toMatchObject({ leaderId: 'a', configurationCommitted: true })
    expect(cluster.status('a').progress.find(({ id }) => id === 'n')).toMatchObject({ state: 'replicate' })
  })

  test('a new one is brought up to date by snapshot where the log is compacted', () => {
    const cluster = ledByA('abc', { empty: 'n' })
    cluster.propose('a', 'x', 'y')
    cluster.snapshot('a')
    cluster.change('a', addLearner('n'))
    cluster.tick(2)
    expect(cluster.node('n').state).toEqual(['x', 'y'])
    expect(cluster.status('n').configuration.learners).toEqual(['n'])
    expect(removed(cluster.node('n'))).toBe(false)
  })

  test('is promoted, votes, and can lead', () => {
    const cluster = ledByA('a', { empty: 'n' })
    cluster.change('a', addLearner('n'))
    cluster.setVoters('a', 'an')
    expect(cluster.each(votersOf)).toEqual(['an', 'an'])
    cluster.transfer('a', 'n')
    expect(cluster.leaders).toEqual(['n'])
  })

  test('a promotion takes effect with the entry: the new voter counts for the very commit of it', () => {
    const cluster = ledByA('a', { learners: 'b' })
    cluster.tick(1)
    cluster.crash('b')
    cluster.setVoters('a', 'ab')
    expect(cluster.status('a')).toMatchObject({ configurationCommitted: false, commitIndex: 2 })
    cluster.propose('a', 'x')
    expect(cluster.node('a').state).toEqual([])
    cluster.restart('b')
    cluster.tick(2)
    expect(cluster.node('a').state).toEqual(['x'])
  })

  test('a learner stays one over a restart; a promoted one stays a voter', () => {
    const cluster = ledByA('abc', { learners: 'de' })
    cluster.setVoters('a', 'abcd')
    for (const id of 'de') {
      cluster.crash(id)
      cluster.restart(id)
    }
    expect(cluster.status('e').configuration).toMatchObject({ voters: ids('abcd'), learners: ids('e') })
    expect(votersOf(cluster.node('d'))).toBe('abcd')
  })

  test('a promoted learner that does not know so yet is asked, and its vote counts', () => {
    // Only a knows that d votes; b is down. Without d's vote nobody could be elected.
    const cluster = ledByA('ab', { learners: 'd' })
    cluster.cutBoth('a', 'd')
    cluster.setVoters('a', 'abd')
    expect(cluster.status('a').configurationCommitted).toBe(true)
    cluster.crash('a')
    cluster.restart('a')
    cluster.crash('b')
    cluster.heal()
    cluster.tick(40)
    expect(cluster.leaders).toEqual(['a'])
    expect(votersOf(cluster.node('d'))).toBe('abd')
  })
})

describe('removal', () => {
  test('of a follower: it hears of it, is told that it is out, and is sent to no more', () => {
    const cluster = ledByA('abc')
    cluster.change('a', remove('c'))
    expect(removed(cluster.node('c'))).toBe(true)
    expect(cluster.status('a').progress.map(({ id }) => id)).toEqual(['b'])
    cluster.tick(10)
    cluster.delivered.length = 0
    cluster.propose('a', 'x')
    cluster.tick(5)
    expect(cluster.delivered.filter(({ to }) => to === 'c')).toEqual([])
    expect(cluster.node('c').state).toEqual([])
    expect(cluster.leaders).toEqual(['a'])
  })

  test('of a follower that is away: the leader forgets it an election timeout after the commit', () => {
    const cluster = ledByA('abc')
    cluster.crash('c')
    cluster.change('a', remove('c'))
    cluster.tick(10)
    cluster.delivered.length = 0
    cluster.restart('c')
    cluster.tick(3, 'a')
    expect(cluster.delivered.filter(({ to }) => to === 'c')).toEqual([])
  })

  test('of a learner', () => {
    const cluster = ledByA('abc', { learners: 'd' })
    cluster.change('a', remove('d'))
    expect(cluster.status('a').configuration.learners).toEqual([])
    expect(removed(cluster.node('d'))).toBe(true)
    expect(removed(cluster.node('c'))).toBe(false)
  })

  test('commits at once what the smaller quorum already has', () => {
    const cluster = ledByA('ab')
    cluster.drop((message) => message.type === 'AppendEntriesReply' && message.matchIndex === 3)
    cluster.propose('a', 'x')
    cluster.crash('b')
    expect(cluster.node('a').state).toEqual([])
    cluster.change('a', remove('b'))
    expect(cluster.node('a').state).toEqual(['x'])
    expect(cluster.status('a').commitIndex).toBe(4)
  })

  test('of the leader: it leads until that is committed, without counting itself, then steps down', () => {
    const cluster = ledByA('abc')
    cluster.crash('c')
    cluster.drop(({ type }) => type === 'AppendEntriesReply')
    cluster.change('a', remove('a'))
    expect(cluster.status('a')).toMatchObject({ role: 'leader', configurationCommitted: false })
    cluster.propose('a', 'x')
    cluster.heal()
    cluster.tick(3)
    // b alone is no quorum of b and c.
    expect(cluster.status('a')).toMatchObject({ role: 'leader', commitIndex: 2 })
    cluster.restart('c')
    cluster.tick(3)
    expect(cluster.status('a').role).toBe('follower')
    expect(removed(cluster.node('a'))).toBe(true)
    expect(cluster.node('b').state).toEqual(['x'])
  })

  test('of the leader: the best follower takes over at once, and the removed one never campaigns', () => {
    const cluster = ledByA('abc')
    cluster.change('a', remove('a'))
    expect(cluster.leaders).toHaveLength(1)
    expect(cluster.leaders).not.toContain('a')
    const { term } = cluster.status('b')
    cluster.tick(100)
    expect(cluster.status('b').term).toBe(term)
  })

  test('of one of two, the other being the leader, then growing again', () => {
    const cluster = ledByA('ab', { empty: 'n' })
    cluster.change('a', remove('b'))
    expect(votersOf(cluster.node('a'))).toBe('a')
    cluster.change('a', addLearner('n'))
    cluster.setVoters('a', 'an')
    cluster.propose('a', 'x')
    expect(cluster.node('n').state).toEqual(['x'])
  })

  test('of the leader of two that crashes before its follower knows: it must lead once more (thesis §4.2.2)', () => {
    const cluster = ledByA('ab')
    cluster.cutBoth('a', 'b')
    cluster.change('a', remove('a'))
    cluster.crash('a')
    cluster.restart('a')
    cluster.heal()
    // b lacks the entry, so it cannot be elected against a's longer log.
    cluster.tick(60)
    expect(cluster.leaders).toEqual(['b'])
    expect(votersOf(cluster.node('b'))).toBe('b')
  })

  test('a removed voter’s vote elects nobody, and its messages do not bring it back', () => {
    const cluster = ledByA('abc')
    cluster.isolate('c')
    cluster.change('a', remove('c'))
    expect(votersOf(cluster.node('a'))).toBe('ab')
    cluster.crash('a')
    cluster.heal()
    cluster.tick(60)
    // b needs a; c in its ignorance is refused by b's longer log.
    expect(cluster.leaders).toEqual([])
    cluster.restart('a')
    cluster.tick(40)
    expect(cluster.leaders).toHaveLength(1)
    expect(votersOf(cluster.node(cluster.leaders[0]!))).toBe('ab')
  })
})

describe('joint consensus (§6)', () => {
  test('a change of more than one voter goes through a joint configuration, which is left by itself', () => {
    const cluster = ledByA('abc', { learners: 'de' })
    cluster.setVoters('a', 'ade')
    const steps = cluster.node('a').noticesOf('configuration')
    expect(
      steps.map(({ configuration, committed }) => [
        configuration.voters.join(''),
        configuration.votersOutgoing.join(''),
        committed
      ])
    ).toEqual([
      ['ade', 'abc', false],
      ['ade', 'abc', true],
      ['ade', '', false],
      ['ade', '', true]
    ])
    cluster.tick(1)
    for (const id of 'abcde') {
      expect(cluster.status(id).configuration).toMatchObject({ voters: ids('ade'), learners: ids('bc') })
    }
  })

  test('a change of one voter needs no joint configuration', () => {
    const cluster = ledByA('abc', { learners: 'd' })
    cluster.setVoters('a', 'abcd')
    expect(cluster.status('a').configurationIndex).toBe(3)
    cluster.setVoters('a', 'abd')
    expect(cluster.status('a').configurationIndex).toBe(4)
    expect(cluster.status('a').configuration.learners).toEqual(['c'])
  })

  test('needs both majorities for a commit', () => {
    const cluster = ledByA('abc', { learners: 'de' })
    cluster.partition('ade', 'bc')
    cluster.setVoters('a', 'ade')
    cluster.propose('a', 'x')
    expect(cluster.status('a')).toMatchObject({ configurationCommitted: false, commitIndex: 2 })
    cluster.heal()
    cluster.partition('abc', 'de')
    cluster.tick(3)
    expect(cluster.status('a').configurationCommitted).toBe(false)
    cluster.heal()
    cluster.tick(3)
    expect(cluster.node('a').state).toEqual(['x'])
  })

  test('needs both majorities for an election', () => {
    const cluster = ledByA('abc', { learners: 'de' })
    cluster.drop((message) => message.type === 'AppendEntries' && message.entries.some(({ index }) => index > 3))
    cluster.setVoters('a', 'ade')
    expect(cluster.status('d').configuration.votersOutgoing).toEqual(ids('abc'))
    cluster.crash('a')
    cluster.heal()
    cluster.partition('de', 'bc')
    cluster.tick(60)
    expect(cluster.leaders).toEqual([])
    cluster.heal()
    cluster.tick(60)
    expect(cluster.leaders).toHaveLength(1)
  })

  test('is left by a new leader, once it has committed in its own term', () => {
    const cluster = ledByA('abc', { learners: 'de' })
    cluster.drop((message) => message.type === 'AppendEntries' && message.entries.some(({ index }) => index > 3))
    cluster.setVoters('a', 'ade')
    cluster.heal()
    cluster.crash('a')
    cluster.sleep('bcde', 10)
    cluster.each((node) => node.takeMessages())
    cluster.tick(60)
    const [leader] = cluster.leaders
    expect('de').toContain(leader)
    cluster.tick(2)
    expect(cluster.status(leader!).configuration).toMatchObject({
      voters: ids('ade'),
      votersOutgoing: [],
      learners: ids('bc')
    })
  })

  test('is found again in the middle after a crash of all', () => {
    const cluster = ledByA('abc', { learners: 'de' })
    cluster.drop((message) => message.type === 'AppendEntries' && message.entries.some(({ index }) => index > 3))
    cluster.setVoters('a', 'ade')
    for (const id of cluster.ids) cluster.crash(id)
    cluster.heal()
    for (const id of cluster.ids) cluster.restart(id)
    expect(cluster.status('b').configuration.votersOutgoing).toEqual(ids('abc'))
    cluster.tick(60)
    expect(cluster.leaders).toHaveLength(1)
    expect(cluster.each(votersOf)).toEqual(Array(5).fill('ade'))
  })

  test('refuses further changes until it is left', () => {
    const cluster = ledByA('abc', { learners: 'de' })
    cluster.drop((message) => message.type === 'AppendEntries' && message.entries.some(({ index }) => index > 3))
    cluster.setVoters('a', 'ade')
    cluster.change('a', remove('b'))
    expect(refusals(cluster.node('a'))).toEqual(['configurationChangeInProgress'])
  })

  test('that replaces the leader: it steps down when the new configuration is committed', () => {
    const cluster = ledByA('abc', { learners: 'de' })
    cluster.setVoters('a', 'bde')
    expect(cluster.status('a')).toMatchObject({ role: 'follower' })
    expect(cluster.leaders).toHaveLength(1)
    expect('bde').toContain(cluster.leaders[0])
    cluster.tick(1)
    expect(cluster.status('a').configuration.learners).toEqual(ids('ac'))
    expect(removed(cluster.node('a'))).toBe(false)
  })

  test('of one voter into three, and back', () => {
    const cluster = ledByA('a', { learners: 'bc' })
    cluster.tick(1)
    cluster.setVoters('a', 'abc')
    expect(votersOf(cluster.node('a'))).toBe('abc')
    cluster.setVoters('a', 'a')
    expect(cluster.status('a').configuration).toMatchObject({ voters: ids('a'), learners: ids('bc') })
    cluster.partition('a', 'bc')
    cluster.propose('a', 'x')
    expect(cluster.node('a').state).toEqual(['x'])
  })

  test('with the batch that brings it: commits count by the new quorum, not the old one', () => {
    // One voter becomes three while proposals run: nothing may commit on the one alone any more.
    const cluster = ledByA('a', { learners: 'bc' })
    cluster.tick(1)
    cluster.partition('a', 'bc')
    cluster.feed('a', { type: 'changeConfiguration', change: { type: 'setVoters', voters: ids('abc') } })
    cluster.feed('a', { type: 'propose', data: ['x'] })
    cluster.settle()
    expect(cluster.node('a').state).toEqual([])
  })
})

test('news of a member travels in the configuration', () => {
  const cluster = ledByA('abc')
  const info = { ...memberInfo('b'), rpcAddress: 'elsewhere:1' }
  cluster.change('a', { type: 'updateInfo', id: 'b' as never, info })
  expect(cluster.status('c').configuration.members.b).toEqual(info)
  expect(votersOf(cluster.node('c'))).toBe('abc')
})

test('the status names every other member once', () => {
  const cluster = ledByA('abc', { learners: 'de' })
  expect(cluster.status('a').progress.map(({ id }) => id)).toEqual(ids('bcde'))
  expect(cluster.status('b').progress).toEqual([])
})

test('a configuration entry that is none stops the node', () => {
  const recovered = stateOf(configurationOf({ voters: 'abc' }), { log: [1] })
  const broken = [recovered.entries[0]!, { ...recovered.entries[1]!, kind: 'configuration' as const, data: '{' }]
  expect(() => new Cluster('abc', { states: { a: { ...recovered, entries: broken } } })).toThrow('configuration entry')
})

test('the configuration of an index is that of the last change before it', () => {
  const cluster = ledByA('abc', { empty: 'd' })
  cluster.change('a', addLearner('d'))
  cluster.propose('a', 'x')
  const { raft } = cluster.node('a')
  expect(raft.configurationAsOf(2 as never).index).toBe(1)
  expect(raft.configurationAsOf(3 as never).index).toBe(3)
  expect(raft.configurationAsOf(4 as never).index).toBe(3)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeConfiguration,
  electorate,
  encodeConfiguration,
  flaw,
  isJoint,
  leaveJoint,
  participants,
  planChange
} from '../../src-main/raft/configuration'
import { quorumValue } from '../../src-main/raft/quorum'
import type { Configuration, ConfigurationChange } from '../../src-main/raft/types'
import { ids } from './network/cluster'
import { configurationOf, memberInfo } from './network/test-node'

const addLearner = (id: string): ConfigurationChange => ({ type: 'addLearner', id: ids(id)[0]!, info: memberInfo(id) })
const remove = (id: string): ConfigurationChange => ({ type: 'remove', id: ids(id)[0]! })
const setVoters = (voters: string): ConfigurationChange => ({ type: 'setVoters', voters: ids(voters) })

const short = ({ voters, votersOutgoing, learners, learnersNext }: Configuration): string =>
  [voters, votersOutgoing, learners, learnersNext].map((list) => list.join('')).join('/')

const plan = (current: Configuration, change: ConfigurationChange): string => {
  const result = planChange(current, change)
  return result.ok ? short(result.configuration) : result.reason
}

// Written voters/outgoing/learners/learnersNext.
describe('the way from one configuration to the next', () => {
  test.each<[string, string, ConfigurationChange, string]>([
    ['abc', '', addLearner('d'), 'abc//d/'],
    ['abc', 'e', addLearner('d'), 'abc//de/'],
    ['abc', 'd', addLearner('d'), 'alreadyMember'],
    ['abc', '', addLearner('a'), 'alreadyMember'],
    ['abc', 'd', remove('d'), 'abc///'],
    ['abc', 'd', remove('c'), 'ab//d/'],
    ['a', 'd', remove('a'), 'lastVoter'],
    ['abc', '', remove('d'), 'unknownMember'],
    ['abc', 'd', setVoters('abcd'), 'abcd///'],
    ['abc', '', setVoters('ab'), 'ab//c/'],
    ['abc', '', setVoters('abc'), 'abc///'],
    ['abc', '', setVoters('cba'), 'abc///'],
    ['abc', '', setVoters('aab'), 'ab//c/'],
    ['abc', 'd', setVoters('abd'), 'abd/abc//c'],
    ['abc', 'de', setVoters('ade'), 'ade/abc//bc'],
    ['abc', 'de', setVoters('abcde'), 'abcde/abc//'],
    ['abc', '', setVoters('a'), 'a/abc//bc'],
    ['abc', 'd', setVoters('d'), 'd/abc//abc'],
    ['abc', '', setVoters(''), 'lastVoter'],
    ['abc', '', setVoters('abz'), 'unknownMember']
  ])('voters %s, learners "%s", %o: %s', (voters, learners, change, expected) => {
    expect(plan(configurationOf({ voters, learners }), change)).toBe(expected)
  })

  test('keeps the infos of exactly the members', () => {
    const current = configurationOf({ voters: 'abc', learners: 'd' })
    const result = planChange(current, remove('c'))
    expect(result.ok && Object.keys(result.configuration.members)).toEqual(ids('abd'))
    const joint = planChange(current, setVoters('ad'))
    expect(joint.ok && Object.keys(joint.configuration.members)).toEqual(ids('abcd'))
  })

  test('an update of an info changes nothing else', () => {
    const current = configurationOf({ voters: 'abc', learners: 'd' })
    const info = { ...memberInfo('d'), rpcAddress: 'moved:1' }
    const result = planChange(current, { type: 'updateInfo', id: ids('d')[0]!, info })
    expect(result.ok && short(result.configuration)).toBe('abc//d/')
    expect(result.ok && result.configuration.members.d).toEqual(info)
    expect(plan(current, { type: 'updateInfo', id: ids('z')[0]!, info })).toBe('unknownMember')
  })
})

describe('leaving a joint configuration', () => {
  test.each([
    [{ voters: 'abd', votersOutgoing: 'abc', learnersNext: 'c' }, 'abd//c/'],
    [{ voters: 'abd', votersOutgoing: 'abc' }, 'abd///'],
    [{ voters: 'd', votersOutgoing: 'abc', learners: 'e', learnersNext: 'abc' }, 'd//abce/']
  ])('%o: %s', (roles, expected) => {
    const left = leaveJoint(configurationOf(roles))
    expect(short(left)).toBe(expected)
    expect(flaw(left)).toBe(null)
  })
})

describe('what makes a configuration none', () => {
  const good = configurationOf({ voters: 'abc', learners: 'd' })
  test.each<[string, Configuration, string]>([
    ['no voters', configurationOf({ learners: 'a' }), 'no voters'],
    ['ids out of order', { ...good, voters: ids('bac') }, 'not sorted'],
    ['an id twice', { ...good, voters: ids('aabc') }, 'not unique'],
    ['a voter that is a learner', { ...good, learners: ids('a') }, 'a learner votes'],
    [
      'an outgoing voter that is a learner',
      configurationOf({ voters: 'ab', votersOutgoing: 'c', learners: 'c' }),
      'votes'
    ],
    ['a coming learner that does not leave', { ...good, learnersNext: ids('d') }, 'not among votersOutgoing'],
    [
      'a coming learner that stays voter',
      configurationOf({ voters: 'ab', votersOutgoing: 'bc', learnersNext: 'b' }),
      'among voters'
    ],
    ['a voter without info', { ...good, members: { a: memberInfo('a') } }, 'unknown'],
    ['an info without member', { ...good, members: { ...good.members, z: memberInfo('z') } }, 'takes no part']
  ])('%s', (_case, configuration, reason) => {
    expect(flaw(configuration)).toContain(reason)
    expect(() => decodeConfiguration(encodeConfiguration(configuration))).toThrow('valid')
  })

  test('a good one has no flaw and survives its encoding', () => {
    expect(flaw(good)).toBe(null)
    expect(decodeConfiguration(encodeConfiguration(good))).toEqual(good)
  })
})

test('participants and electorate name everybody once, in order', () => {
  const configuration = configurationOf({ voters: 'acd', votersOutgoing: 'abc', learners: 'e', learnersNext: 'b' })
  expect(participants(configuration)).toEqual(ids('abcde'))
  expect(electorate(configuration)).toEqual(ids('abcd'))
})

describe('for any sequence of changes', () => {
  const change = fc.oneof(
    fc.constantFrom(...'abcdefg').map(addLearner),
    fc.constantFrom(...'abcdefg').map(remove),
    fc.subarray([...'abcdefg']).map((voters) => setVoters(voters.join('')))
  )

  test('each configuration is valid, and shares a quorum with the one before', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.subarray([...'abcdefg']), (changes, acknowledging) => {
        const hasQuorum = (configuration: Configuration, of: readonly string[]) =>
          quorumValue(configuration, (id) => (of.includes(id) ? 1 : 0)) === 1
        const rest = [...'abcdefg'].filter((id) => !acknowledging.includes(id))
        const step = (from: Configuration, to: Configuration) => {
          expect(flaw(to)).toBe(null)
          expect(hasQuorum(from, acknowledging) && hasQuorum(to, rest)).toBe(false)
        }
        let current = configurationOf({ voters: 'abc' })
        for (const one of changes) {
          const result = planChange(current, one)
          if (!result.ok) continue
          step(current, result.configuration)
          const next = isJoint(result.configuration) ? leaveJoint(result.configuration) : result.configuration
          step(result.configuration, next)
          current = next
        }
      })
    )
  })
})

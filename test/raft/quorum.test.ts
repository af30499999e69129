import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { majority, quorumValue, voteResult } from '../../src-main/raft/quorum'
import type { NodeId } from '../../src-main/raft/types'
import { ids } from './network/cluster'
import { configurationOf } from './network/test-node'

const NAMES = 'abcdefghi'
const valuesOf = (values: Record<string, number>) => (id: NodeId) => values[id] ?? 0
const votesOf = (votes: Record<string, boolean>) =>
  new Map(Object.entries(votes).map(([id, granted]) => [ids(id)[0]!, granted]))

describe('what a majority has reached', () => {
  test.each<[string, Record<string, number>, number]>([
    ['a', { a: 12 }, 12],
    ['a', {}, 0],
    ['ab', { a: 12, b: 5 }, 5],
    ['abc', { a: 12, b: 5, c: 6 }, 6],
    ['abc', { a: 101, b: 101 }, 101],
    ['abc', { a: 101 }, 0],
    ['abcd', { a: 4, b: 3, c: 2, d: 1 }, 2],
    ['abcde', { a: 5, b: 4, c: 3, d: 2, e: 1 }, 3],
    ['abcde', { a: 5, b: 4 }, 0],
    ['abc', { a: 1, b: 1, c: 1, d: 9, e: 9 }, 1]
  ])('voters %s with %o: %i', (voters, values, expected) => {
    expect(quorumValue(configurationOf({ voters }), valuesOf(values))).toBe(expected)
  })

  test('is nothing without voters', () => {
    expect(quorumValue(configurationOf({}), () => 9)).toBe(0)
  })

  test('is reached by more than half of any number of voters', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9].map(majority)).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5])
  })
})

describe('what both majorities of a joint configuration have reached', () => {
  test.each<[string, string, Record<string, number>, number]>([
    ['abc', 'def', { a: 9, b: 9, c: 9, d: 1, e: 2, f: 3 }, 2],
    ['abc', 'bcd', { a: 100, b: 101, c: 102, d: 99 }, 101],
    ['abc', 'a', { b: 7, c: 7 }, 0],
    ['a', 'abc', { a: 7, b: 3 }, 3],
    ['ab', 'cd', { a: 5, b: 6, c: 7, d: 8 }, 5],
    ['abc', 'cde', { a: 4, b: 4, d: 6, e: 6 }, 4]
  ])('voters %s, outgoing %s with %o: %i', (voters, votersOutgoing, values, expected) => {
    expect(quorumValue(configurationOf({ voters, votersOutgoing }), valuesOf(values))).toBe(expected)
  })
})

describe('the votes of a majority', () => {
  test.each<[string, Record<string, boolean>, string]>([
    ['a', {}, 'pending'],
    ['a', { a: true }, 'won'],
    ['a', { a: false }, 'lost'],
    ['ab', { a: true }, 'pending'],
    ['ab', { a: false }, 'lost'],
    ['ab', { a: true, b: true }, 'won'],
    ['abc', { a: true, b: false }, 'pending'],
    ['abc', { a: true, b: false, c: true }, 'won'],
    ['abc', { a: false, b: false }, 'lost'],
    ['abc', { a: true, x: true, y: true }, 'pending'],
    ['abcd', { a: true, b: true }, 'pending'],
    ['abcd', { a: false, b: false }, 'lost'],
    ['abcde', { a: true, b: true, c: false, d: false }, 'pending'],
    ['abcde', { a: true, b: true, c: true }, 'won']
  ])('voters %s with %o: %s', (voters, votes, expected) => {
    expect(voteResult(configurationOf({ voters }), votesOf(votes))).toBe(expected)
  })

  test('of nobody elect nobody', () => {
    expect(voteResult(configurationOf({}), votesOf({ a: true }))).toBe('lost')
  })
})

describe('the votes of both majorities of a joint configuration', () => {
  test.each<[string, string, Record<string, boolean>, string]>([
    ['abc', 'def', { a: true, b: true }, 'pending'],
    ['abc', 'def', { a: true, b: true, d: true, e: true }, 'won'],
    ['abc', 'def', { a: true, b: true, d: false, e: false }, 'lost'],
    ['abc', 'bcd', { b: true, c: true }, 'won'],
    ['abc', 'bcd', { a: true, b: true }, 'pending'],
    ['a', 'abc', { b: true, c: true }, 'pending'],
    ['a', 'abc', { a: false, b: true, c: true }, 'lost']
  ])('voters %s, outgoing %s with %o: %s', (voters, votersOutgoing, votes, expected) => {
    expect(voteResult(configurationOf({ voters, votersOutgoing }), votesOf(votes))).toBe(expected)
  })
})

describe('for any voters and any values', () => {
  const voterSet = fc.subarray([...NAMES], { minLength: 1 }).map((names) => names.join(''))
  const outgoingSet = fc.subarray([...NAMES]).map((names) => names.join(''))
  const values = fc.dictionary(fc.constantFrom(...NAMES), fc.nat(20))

  /** By definition, not by sorting: the highest value that more than half are at or above. */
  const byDefinition = (voters: string, of: Record<string, number>) => {
    for (let value = 20; value > 0; value--) {
      if ([...voters].filter((id) => (of[id] ?? 0) >= value).length * 2 > voters.length) return value
    }
    return 0
  }

  test('the value of a quorum is what its definition says', () => {
    fc.assert(
      fc.property(voterSet, outgoingSet, values, (voters, votersOutgoing, of) => {
        const expected = Math.min(
          byDefinition(voters, of),
          votersOutgoing === '' ? Infinity : byDefinition(votersOutgoing, of)
        )
        expect(quorumValue(configurationOf({ voters, votersOutgoing }), valuesOf(of))).toBe(expected)
      })
    )
  })

  test('two candidates cannot both win, in configurations that differ by one voter or share a half', () => {
    fc.assert(
      fc.property(voterSet, fc.constantFrom(...NAMES), fc.array(fc.boolean()), (voters, other, choice) => {
        const next = voters.includes(other) && voters.length > 1 ? voters.replace(other, '') : `${voters}${other}`
        const first = Object.fromEntries([...NAMES].map((id, i) => [id, choice[i] ?? false]))
        const second = Object.fromEntries([...NAMES].map((id, i) => [id, !(choice[i] ?? false)]))
        const results = [
          voteResult(configurationOf({ voters }), votesOf(first)),
          voteResult(configurationOf({ voters: next }), votesOf(second)),
          voteResult(configurationOf({ voters: 'a', votersOutgoing: voters }), votesOf(second))
        ]
        expect(results[0] === 'won' && (results[1] === 'won' || results[2] === 'won')).toBe(false)
      })
    )
  })
})

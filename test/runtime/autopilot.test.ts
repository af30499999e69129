import { describe, expect, test } from 'vitest'
import { asNodeId } from '../../src-main/raft/types'
import { AUTOPILOT_LIMITS, planVoters, type ClusterView, type MemberView } from '../../src-main/runtime/autopilot'
import { Cluster, printer } from './cluster'

const LIMITS = AUTOPILOT_LIMITS
const LONG = LIMITS.voterAbsentMs
const voter = (id: string, given: Partial<MemberView> = {}): MemberView => ({
  id: asNodeId(id),
  voter: true,
  alive: true,
  caughtUp: true,
  matchIndex: 100,
  stableMs: LONG,
  absentMs: 0,
  manual: false,
  ...given
})
const learner = (id: string, given: Partial<MemberView> = {}): MemberView => voter(id, { voter: false, ...given })
const AWAY = { alive: false, caughtUp: false, stableMs: 0, absentMs: LONG }
const JUST_AWAY = { ...AWAY, absentMs: 2000 }
const NEW = { stableMs: 100 }

const plan = (members: MemberView[], unfitMs = 0): string | null => {
  const view: ClusterView = { leader: asNodeId('a'), members, unfitMs }
  const result = planVoters(view, LIMITS)
  return result === null ? null : `${result.why}: ${result.voters.join('')}`
}

describe('who should vote', () => {
  test.each<[string, MemberView[], string | null]>([
    ['one machine: one voter', [voter('a')], null],
    ['two: one voter and a learner', [voter('a'), learner('b')], null],
    ['three: all vote, in one change', [voter('a'), learner('b'), learner('c')], 'grow: abc'],
    ['four: three vote', [voter('a'), voter('b'), voter('c'), learner('d')], null],
    ['five: all vote', [voter('a'), voter('b'), voter('c'), learner('d'), learner('e')], 'grow: abcde'],
    ['five at once', [voter('a'), learner('b'), learner('c'), learner('d'), learner('e')], 'grow: abcde'],
    [
      'seven: five vote',
      [voter('a'), voter('b'), voter('c'), voter('d'), voter('e'), learner('f'), learner('g')],
      null
    ],
    ['a learner that came just now waits', [voter('a'), learner('b', NEW), learner('c')], null],
    ['a learner that lags waits', [voter('a'), learner('b', { stableMs: 0, caughtUp: false }), learner('c')], null]
  ])('%s', (_name, members, expected) => {
    expect(plan(members)).toBe(expected)
  })

  test('a voter that stays away is replaced by a learner that is there, the one with the longest log', () => {
    const members = [voter('a'), voter('b'), voter('c', AWAY), learner('d'), learner('e', { matchIndex: 120 })]
    expect(plan(members)).toBe('replace: abe')
  })

  test('one that is away for a moment is not', () => {
    expect(plan([voter('a'), voter('b'), voter('c', JUST_AWAY), learner('d')])).toBeNull()
  })

  test('of several that are away one is replaced at a time', () => {
    const five = [voter('a'), voter('b'), voter('c'), voter('d', AWAY), voter('e', AWAY)]
    expect(plan([...five, learner('f'), learner('g')])).toBe('replace: abcef')
  })

  test.each([
    ['four machines left of five', [voter('a'), voter('b'), voter('c'), voter('d'), voter('e', AWAY)]],
    ['three machines left of five', [voter('a'), voter('b'), voter('c'), voter('d', AWAY), voter('e', AWAY)]]
  ])('%s, none to replace who is away: three vote', (_name, members) => {
    expect(plan(members)).toBe('shrink: abc')
  })

  test('three voters stay three while one is away: never below for absence', () => {
    expect(plan([voter('a'), voter('b'), voter('c', AWAY)])).toBeNull()
  })

  test('after a removal an even number becomes odd, and the leader keeps its vote', () => {
    expect(plan([voter('a'), voter('b')], LIMITS.stableMs)).toBe('odd: a')
    expect(plan([voter('a'), voter('b')], LIMITS.stableMs - 1)).toBeNull()
    expect(plan([voter('a'), voter('b', JUST_AWAY), voter('c'), voter('d')], LIMITS.stableMs)).toBe('odd: acd')
  })

  test('of more voters than the most some learn again, the leader and those who are there last of all', () => {
    const seven = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => voter(id, id === 'b' ? JUST_AWAY : {}))
    expect(plan(seven, LIMITS.stableMs)).toBe('most: acdef')
    expect(plan(seven, LIMITS.stableMs - 1)).toBeNull()
    expect(plan([...seven.slice(0, 6), voter('g', { manual: true })], LIMITS.stableMs)).toBeNull()
  })

  test('an even number waits for a learner that is on its way', () => {
    expect(plan([voter('a'), voter('b'), learner('c', NEW)], LIMITS.stableMs)).toBeNull()
    expect(plan([voter('a'), voter('b'), learner('c')], LIMITS.stableMs)).toBe('grow: abc')
  })

  test('nothing is done without a majority that answers', () => {
    expect(plan([voter('a'), voter('b', AWAY), voter('c', AWAY), learner('d'), learner('e')])).toBeNull()
  })

  test('no change leads to voters without a majority that answers', () => {
    const members = [voter('a'), voter('b', JUST_AWAY), learner('c'), learner('d')]
    expect(plan(members, LONG)).toBeNull()
  })

  test('what people chose is left alone', () => {
    expect(plan([voter('a'), voter('b'), learner('c', { manual: true })], 0)).toBeNull()
    expect(plan([voter('a'), voter('b', { manual: true })], LONG)).toBeNull()
  })
})

describe('a cluster', () => {
  const FAST = { autopilot: { voterAbsentMs: 5000 } }

  test('of seven has five voters; one lost for good is replaced; back to three machines, three vote', async () => {
    const cluster = await Cluster.of(7, FAST)
    const votersOf = (): readonly string[] => cluster.voters(cluster.leader() ?? 'n1') ?? []
    expect(votersOf()).toHaveLength(5)
    for (let left = 7; left > 3; left--) {
      const leader = cluster.leader()!
      const victim = cluster.running().find((id) => id !== leader && votersOf().includes(id))!
      cluster.crash(victim)
      const expected = left - 1 >= 5 ? 5 : 3
      await cluster.time.until(
        () => cluster.leader() !== null && votersOf().length === expected && !votersOf().includes(victim),
        60_000
      )
      await cluster.time.of(cluster.write(cluster.leader()!, printer(`after-${victim}`)))
    }
    expect(cluster.running()).toHaveLength(3)
    expect(votersOf().toSorted()).toEqual(cluster.running().toSorted())
  })

  test('a voter that is away for less than the time keeps its vote', async () => {
    const cluster = await Cluster.of(4, FAST)
    const leader = cluster.leader()!
    const victim = cluster.running().find((id) => id !== leader && cluster.voters(leader)!.includes(id))!
    cluster.crash(victim)
    await cluster.time.advance(3000)
    await cluster.start(victim)
    await cluster.time.advance(10_000)
    expect(cluster.voters(leader)).toContain(victim)
  })

  test('gives no vote to a learner whose log does not name all who would vote with it', async () => {
    const cluster = await Cluster.of(2, { autopilot: { stableMs: 300, intervalMs: 100 } })
    cluster.network.isolate(asNodeId('n2'))
    await cluster.join('n3')
    await cluster.time.advance(1200)
    expect(cluster.voters('n1')).toEqual(['n1'])
    cluster.network.heal()
    await cluster.time.until(() => cluster.voters('n1')?.length === 3)
  })

  test('of two has one voter, and grows to three voters in one change', async () => {
    const cluster = await Cluster.of(2)
    expect(cluster.voters('n1')).toEqual(['n1'])
    await cluster.join('n3')
    await cluster.time.until(() => cluster.voters('n1')?.length === 3)
    const sizes = cluster.events('n1', 'membership').map(({ fields }) => (fields['voters'] as string[]).length)
    expect(sizes).not.toContain(2)
  })
})

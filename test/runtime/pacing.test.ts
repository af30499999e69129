import { describe, expect, test } from 'vitest'
import {
  asIndex,
  asNodeId,
  asTerm,
  type AppendEntries,
  type Configuration,
  type Message,
  type NodeId
} from '../../src-main/raft/types'
import { Pacing } from '../../src-main/runtime/pacing'
import { VirtualTime } from './virtual-clock'

const self = asNodeId('a')
const [fast, other] = [asNodeId('b'), asNodeId('c')]

/** After `prev` entries, `data`; everything up to `commit` is committed. */
const append = (to: NodeId, prev: number, commit: number, data: readonly string[] = []): AppendEntries => ({
  type: 'AppendEntries',
  from: self,
  to,
  term: asTerm(1),
  prevLogIndex: asIndex(prev),
  prevLogTerm: asTerm(1),
  entries: data.map((text, at) => ({ index: asIndex(prev + 1 + at), term: asTerm(1), kind: 'command', data: text })),
  leaderCommit: asIndex(commit)
})

const votersOf = (...voters: readonly NodeId[]): Configuration => ({
  voters,
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  members: {}
})

function pacing() {
  const time = new VirtualTime()
  const sent: Message[] = []
  const state = { halted: false }
  const paced = new Pacing({
    self,
    clock: time.clock(),
    send: (message) => void sent.push(message),
    halted: () => state.halted
  })
  paced.onConfiguration(votersOf(self, fast, other))
  const acknowledge = (from: NodeId, matchIndex: number): void =>
    paced.onReply({
      type: 'AppendEntriesReply',
      from,
      to: self,
      term: asTerm(1),
      success: true,
      matchIndex: asIndex(matchIndex),
      hintIndex: asIndex(0),
      hintTerm: asTerm(0)
    })
  const received = (): readonly NodeId[] => sent.splice(0).map(({ to }) => to)
  return { time, sent, state, paced, acknowledge, received }
}

describe('notices of the commitIndex', () => {
  test('are left out when entries follow at once', async () => {
    const { time, sent, paced } = pacing()
    paced.pass(append(fast, 1, 1))
    const next = append(fast, 1, 1, ['x'])
    paced.pass(next)
    await time.advance(10)
    expect(sent).toEqual([next])
  })

  test('leave by themselves after a moment, only the latest', async () => {
    const { time, sent, paced } = pacing()
    paced.pass(append(fast, 2, 1))
    paced.pass(append(fast, 2, 2))
    expect(sent).toEqual([])
    await time.advance(4)
    expect(sent).toEqual([append(fast, 2, 2)])
  })

  test('go at once to a member that waits, also the one held back', () => {
    const { sent, paced } = pacing()
    paced.pass(append(fast, 2, 1))
    paced.waits(fast)
    paced.pass(append(fast, 2, 2))
    expect(sent).toEqual([append(fast, 2, 1), append(fast, 2, 2)])
  })

  test('never leave a node that has halted', async () => {
    const { time, sent, state, paced } = pacing()
    paced.pass(append(fast, 1, 1))
    state.halted = true
    await time.advance(10)
    expect(sent).toEqual([])
  })
})

describe('entries', () => {
  test('leave at once to as many voters as a majority takes, and to the others within a moment', async () => {
    const { time, paced, received } = pacing()
    paced.pass(append(fast, 0, 0, ['x']))
    paced.pass(append(other, 0, 0, ['x']))
    expect(received()).toEqual([fast])
    await time.advance(4)
    expect(received()).toEqual([other])
  })

  test('held back leave as one message, with the latest commitIndex', async () => {
    const { time, sent, paced } = pacing()
    paced.pass(append(other, 0, 0, ['x']))
    paced.pass(append(other, 1, 1))
    paced.pass(append(other, 1, 1, ['y', 'z']))
    await time.advance(4)
    expect(sent).toEqual([append(other, 0, 1, ['x', 'y', 'z'])])
  })

  test('that do not follow what is held back leave after it, in order', async () => {
    const { time, sent, paced } = pacing()
    paced.pass(append(other, 5, 0, ['x']))
    paced.pass(append(other, 2, 0, ['w']))
    expect(sent).toEqual([append(other, 5, 0, ['x'])])
    await time.advance(4)
    expect(sent).toEqual([append(other, 5, 0, ['x']), append(other, 2, 0, ['w'])])
  })

  test('go at once to a member that waits, joined with what was held back', () => {
    const { sent, paced } = pacing()
    paced.pass(append(other, 0, 0, ['x']))
    paced.waits(other)
    paced.pass(append(other, 1, 0, ['y']))
    expect(sent).toEqual([append(other, 0, 0, ['x']), append(other, 1, 0, ['y'])])
  })

  test('go first to another voter when the first has not answered within the moment', async () => {
    const { time, paced, received } = pacing()
    paced.pass(append(fast, 0, 0, ['x']))
    paced.pass(append(other, 0, 0, ['x']))
    await time.advance(4)
    expect(received()).toEqual([fast, other])
    paced.pass(append(fast, 1, 0, ['y']))
    paced.pass(append(other, 1, 0, ['y']))
    expect(received()).toEqual([other])
  })

  test('that a majority has without it wait for two moments more, joined with what comes meanwhile', async () => {
    const { time, sent, paced, acknowledge } = pacing()
    for (let index = 0; index < 3; index++) {
      paced.pass(append(fast, index, index, ['x']))
      acknowledge(fast, index + 1)
      paced.pass(append(other, index, index, ['x']))
      expect(sent.splice(0)).toEqual([append(fast, index, index, ['x'])])
      await time.advance(4)
    }
    expect(sent).toEqual([append(other, 0, 2, ['x', 'x', 'x'])])
  })

  test('that came to a notice wait as long', async () => {
    const { time, paced, acknowledge, received } = pacing()
    paced.pass(append(other, 1, 1))
    paced.pass(append(other, 1, 1, ['x']))
    acknowledge(fast, 2)
    await time.advance(11)
    expect(received()).toEqual([])
    await time.advance(1)
    expect(received()).toEqual([other])
  })

  test('wait no longer where what came meanwhile is not acknowledged', async () => {
    const { time, paced, acknowledge, received } = pacing()
    paced.pass(append(other, 0, 0, ['x']))
    acknowledge(fast, 1)
    paced.pass(append(other, 1, 0, ['y']))
    await time.advance(4)
    expect(received()).toEqual([])
    await time.advance(4)
    expect(received()).toEqual([other])
  })

  test.each([
    [31, []],
    [32, [other]]
  ])('%i of them: after the first moment %j', async (count, expected) => {
    const { time, paced, acknowledge, received } = pacing()
    paced.pass(append(other, 0, 0, Array<string>(count).fill('x')))
    acknowledge(fast, count)
    await time.advance(4)
    expect(received()).toEqual(expected)
  })

  test('go on to the voter that answers in time', async () => {
    const { time, paced, acknowledge, received } = pacing()
    paced.pass(append(fast, 0, 0, ['x']))
    paced.pass(append(other, 0, 0, ['x']))
    acknowledge(fast, 1)
    await time.advance(4)
    received()
    paced.pass(append(other, 1, 0, ['y']))
    paced.pass(append(fast, 1, 0, ['y']))
    expect(received()).toEqual([fast])
  })

  test.each([
    ['two of four other voters', [], 2],
    ['all while two majorities count', [self, fast, other], 4]
  ])('leave at once to %s', (_, votersOutgoing, count) => {
    const { paced, received } = pacing()
    const voters = [self, fast, other, asNodeId('d'), asNodeId('e')]
    paced.onConfiguration({ ...votersOf(...voters), votersOutgoing })
    for (const to of voters.slice(1)) paced.pass(append(to, 0, 0, ['x']))
    expect(received()).toEqual(voters.slice(1, 1 + count))
  })
})

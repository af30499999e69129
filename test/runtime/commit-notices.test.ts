import { describe, expect, test } from 'vitest'
import { asIndex, asNodeId, asTerm, type AppendEntries, type Message } from '../../src-main/raft/types'
import { CommitNotices } from '../../src-main/runtime/commit-notices'
import { VirtualTime } from './virtual-clock'

const follower = asNodeId('b')

const append = (commit: number, data: readonly string[] = []): AppendEntries => ({
  type: 'AppendEntries',
  from: asNodeId('a'),
  to: follower,
  term: asTerm(1),
  prevLogIndex: asIndex(commit),
  prevLogTerm: asTerm(1),
  entries: data.map((text, at) => ({ index: asIndex(commit + 1 + at), term: asTerm(1), kind: 'command', data: text })),
  leaderCommit: asIndex(commit)
})

function passing() {
  const time = new VirtualTime()
  const sent: Message[] = []
  const state = { halted: false }
  const send = (message: Message): void => void sent.push(message)
  return { time, sent, state, notices: new CommitNotices(time.clock(), send, () => state.halted) }
}

describe('notices of the commitIndex', () => {
  test('are left out when entries follow at once', async () => {
    const { time, sent, notices } = passing()
    notices.pass(append(1))
    const next = append(1, ['x'])
    notices.pass(next)
    await time.advance(10)
    expect(sent).toEqual([next])
  })

  test('leave by themselves after a moment, only the latest', async () => {
    const { time, sent, notices } = passing()
    notices.pass(append(1))
    notices.pass(append(2))
    expect(sent).toEqual([])
    await time.advance(2)
    expect(sent).toEqual([append(2)])
  })

  test('go at once to a member that waits, also the one held back', () => {
    const { sent, notices } = passing()
    notices.pass(append(1))
    notices.waits(follower)
    notices.pass(append(2))
    expect(sent).toEqual([append(1), append(2)])
  })

  test('never leave a node that has halted', async () => {
    const { time, sent, state, notices } = passing()
    notices.pass(append(1))
    state.halted = true
    await time.advance(10)
    expect(sent).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import type { Raft } from '../../src-main/raft/raft'
import {
  asIndex,
  asNodeId,
  asTerm,
  type Effect,
  type Input,
  type Message,
  type RaftStatus
} from '../../src-main/raft/types'
import { Driver, type EffectSink } from '../../src-main/runtime/driver'
import type { LogWriter } from '../../src-main/runtime/log-writer'
import { VirtualTime } from './virtual-clock'

/** A driver around a core that does what `step` says. */
function driverOf(
  time: VirtualTime,
  step: (input: Input) => readonly Effect[],
  send: (message: Message) => void = () => {}
): Driver {
  const status = { term: asTerm(0), role: 'follower', leaderId: null } as Partial<RaftStatus> as RaftStatus
  const raft = { status: () => status, step } as Partial<Raft> as Raft
  const writer = { kick: () => {} } as Partial<LogWriter> as LogWriter
  const sink: Partial<EffectSink> = {
    gather: () => {},
    onTurnEnd: () => {},
    onBroken: () => driver.halt(),
    onRole: () => {}
  }
  const driver = new Driver(raft, time.clock(), writer, send, sink as EffectSink)
  return driver
}

describe('a turn', () => {
  test('in which a step breaks gives every input of its batch a verdict', async () => {
    const time = new VirtualTime()
    let steps = 0
    const driver = driverOf(time, () => {
      if (++steps === 2) throw new Error('a broken invariant')
      return []
    })
    const verdicts = await time.of(Promise.all([1, 2, 3, 4].map(() => driver.attempt({ type: 'tick' }))))
    expect(verdicts.map(({ refusal }) => refusal)).toEqual([null, 'notLeader', 'notLeader', 'notLeader'])
    expect(driver.halted).toBe(true)
  })

  test('that halts the node gives the rest of its batch a verdict', async () => {
    const time = new VirtualTime()
    const driver = driverOf(time, () => {
      driver.halt()
      return []
    })
    const verdicts = await time.of(Promise.all([1, 2].map(() => driver.attempt({ type: 'tick' }))))
    expect(verdicts.map(({ refusal }) => refusal)).toEqual([null, 'notLeader'])
  })
})

describe('a barrier that covers several steps', () => {
  /** What a follower in `term` persists, and acknowledges to that term's leader. */
  const persisted = (term: number, token: number, leader: string): Extract<Effect, { type: 'persist' }> => ({
    type: 'persist',
    token,
    hardState: { term: asTerm(term), votedFor: null, commit: asIndex(0) },
    entries: [{ index: asIndex(7), term: asTerm(term), kind: 'noop', data: '' }],
    messages: [
      {
        type: 'AppendEntriesReply',
        from: asNodeId('n2'),
        to: asNodeId(leader),
        term: asTerm(term),
        success: true,
        matchIndex: asIndex(7),
        hintIndex: asIndex(0),
        hintTerm: asTerm(0)
      }
    ],
    sync: true
  })

  // Simulated seeds 100551, 109503, 109767 and 113040 of revision 24de7fc.
  test('acknowledges nothing of an earlier term, whose entries a later step has overwritten', () => {
    const time = new VirtualTime()
    const sent: Message[] = []
    const nextTerm: Effect = { type: 'role', role: 'follower', term: asTerm(2), leaderId: asNodeId('n3') }
    const driver = driverOf(
      time,
      ({ type }) => (type === 'tick' ? [nextTerm] : []),
      (message) => sent.push(message)
    )
    driver.submit({ type: 'tick' })
    driver.turn()
    driver.durable([persisted(1, 1, 'n1'), persisted(2, 2, 'n3')])
    expect(sent.map(({ to, term }) => [to, term])).toEqual([['n3', 2]])
  })
})

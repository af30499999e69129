import { describe, expect, test } from 'vitest'
import type { Raft } from '../../src-main/raft/raft'
import { asTerm, type Input, type RaftStatus } from '../../src-main/raft/types'
import { Driver, type EffectSink } from '../../src-main/runtime/driver'
import type { LogWriter } from '../../src-main/runtime/log-writer'
import { VirtualTime } from './virtual-clock'

/** A driver around a core that does what `step` says. */
function driverOf(time: VirtualTime, step: (input: Input) => readonly never[]): Driver {
  const status = { term: asTerm(0), role: 'follower', leaderId: null } as Partial<RaftStatus> as RaftStatus
  const raft = { status: () => status, step } as Partial<Raft> as Raft
  const writer = { kick: () => {} } as Partial<LogWriter> as LogWriter
  const sink: Partial<EffectSink> = { gather: () => {}, onTurnEnd: () => {}, onBroken: () => driver.halt() }
  const driver = new Driver(raft, time.clock(), writer, () => {}, sink as EffectSink)
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

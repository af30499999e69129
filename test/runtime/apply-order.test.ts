import { describe, expect, test } from 'vitest'
import { ApplyOrder } from '../../src-main/runtime/apply-order'
import { VirtualTime } from './virtual-clock'

function ordering(facts: { leader: boolean; commands?: boolean; record?: boolean }) {
  const time = new VirtualTime()
  let runs = 0
  const order = new ApplyOrder({
    clock: time.clock(),
    isLeader: () => facts.leader,
    hasCommands: () => facts.commands ?? false,
    hasRecord: () => facts.record ?? false
  })
  return { time, order, later: () => order.later(() => void runs++), runs: () => runs }
}

describe('committed entries are applied', () => {
  test('at once where nothing is to be proposed or written', () => {
    expect(ordering({ leader: true, record: true }).later()).toBe(false)
    expect(ordering({ leader: false, commands: true }).later()).toBe(false)
  })

  test('on a leader after its next batch has left', async () => {
    const { time, later, runs } = ordering({ leader: true, commands: true })
    expect(later()).toBe(true)
    expect(runs()).toBe(0)
    await time.settle()
    expect(runs()).toBe(1)
  })

  test('on a follower after the record is durable, and not before its acknowledgement leaves', async () => {
    const { time, order, later, runs } = ordering({ leader: false, record: true })
    expect(later()).toBe(true)
    await time.settle()
    expect(runs()).toBe(0)
    order.onDurable()
    expect(runs()).toBe(0)
    await time.settle()
    expect(runs()).toBe(1)
    await time.advance(10)
    expect(runs()).toBe(1)
  })

  test('on a follower without waiting for a disk that takes its time', async () => {
    const { time, order, later, runs } = ordering({ leader: false, record: true })
    later()
    await time.advance(2)
    expect(runs()).toBe(1)
    order.onDurable()
    await time.settle()
    expect(runs()).toBe(1)
  })
})

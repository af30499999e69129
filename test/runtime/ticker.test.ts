import { describe, expect, test } from 'vitest'
import { Ticker, type Passed } from '../../src-main/runtime/ticker'
import { VirtualTime } from './virtual-clock'

const LIMITS = { tickMs: 50, gapMs: 1000 }

function ticking(): { time: VirtualTime; clock: ReturnType<VirtualTime['clock']>; ticker: Ticker; taken: Passed[] } {
  const time = new VirtualTime()
  const clock = time.clock()
  const taken: Passed[] = []
  const ticker = new Ticker(clock, LIMITS, () => clock.soon(take))
  const take = (): void => {
    const passed = ticker.take()
    if (passed !== null) taken.push(passed)
  }
  ticker.start()
  return { time, clock, ticker, taken }
}

describe('the ticker', () => {
  test('ticks at once and then every 50 ms, until it is stopped', async () => {
    const { time, ticker, taken } = ticking()
    await time.advance(500)
    expect(taken).toEqual(Array.from({ length: 11 }, () => ({ type: 'tick' })))
    ticker.stop()
    await time.advance(500)
    expect(taken).toHaveLength(11)
  })

  test('drops late ticks, and never makes up for them', async () => {
    const { time, clock, taken } = ticking()
    await time.advance(100)
    clock.frozen = true
    await time.advance(900)
    clock.frozen = false
    await time.advance(10)
    expect(taken).toHaveLength(4)
    expect(taken.every(({ type }) => type === 'tick')).toBe(true)
  })

  test('gives one gap for all that was missed when the process stood still', async () => {
    const { time, clock, taken } = ticking()
    await time.advance(100)
    clock.frozen = true
    await time.advance(5000)
    clock.frozen = false
    await time.advance(60)
    expect(taken.slice(3)).toEqual([
      { type: 'timeGap', elapsedMs: expect.closeTo(5000, -2) as number },
      { type: 'tick' }
    ])
  })

  test('sees a sleep that the monotonic clock does not count', async () => {
    const { time, clock, taken } = ticking()
    await time.advance(100)
    clock.wallOffsetMs += 3_600_000
    await time.advance(50)
    expect(taken.at(-1)).toMatchObject({ type: 'timeGap' })
  })

  test('takes a wall clock that was set back for a gap: it may hide a sleep', async () => {
    const { time, clock, taken } = ticking()
    await time.advance(100)
    clock.wallOffsetMs -= 3_600_000
    await time.advance(200)
    expect(taken.filter(({ type }) => type === 'timeGap')).toHaveLength(1)
  })

  test('two are never closer than a tick, also when the first was taken late', async () => {
    const time = new VirtualTime()
    const ticker = new Ticker(time.clock(), LIMITS, () => {})
    ticker.start()
    await time.advance(170)
    expect(ticker.take()).toEqual({ type: 'tick' })
    await time.advance(49)
    expect(ticker.take()).toBeNull()
    await time.advance(1)
    expect(ticker.take()).toEqual({ type: 'tick' })
  })

  test('believes the system that the machine slept, whatever the clocks say', async () => {
    const { time, ticker, taken } = ticking()
    await time.advance(100)
    ticker.slept()
    await time.advance(50)
    expect(taken.at(-1)).toMatchObject({ type: 'timeGap' })
  })

  test('what was a tick when the timer fired is a gap if the machine slept before it was taken', () => {
    const time = new VirtualTime()
    const ticker = new Ticker(time.clock(), LIMITS, () => {})
    ticker.start()
    time.nowMs += 7000
    expect(ticker.take()).toEqual({ type: 'timeGap', elapsedMs: 7000 })
    expect(ticker.take()).toBeNull()
  })
})

import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { EventHub, STREAM_BUFFER_BYTES_MAX } from '../../src-main/api/events/hub'
import { HEARTBEAT_MS } from '../../src-main/contract/events'
import type { Clock } from '../../src-main/runtime/clock'
import { silent } from '../../src-main/runtime/log'
import { FIGURES_MS, WATCH_MS } from '../../src-main/api/events/cluster-watch'
import type { MemberStatus } from '../../src-main/runtime/replica'
import { FarmReplica, member } from './farm-replica'

/** Time moves when the test says so; `soon` waits for `turn`. */
class HandClock implements Clock {
  private nowMs = 0
  private timers: { atMs: number; run: () => void }[] = []
  private due: (() => void)[] = []
  monotonicMs = () => this.nowMs
  wallMs = () => this.nowMs

  get waiting(): number {
    return this.timers.length
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.nowMs + ms, run }
    this.timers.push(timer)
    return () => void (this.timers = this.timers.filter((other) => other !== timer))
  }

  soon(run: () => void): void {
    this.due.push(run)
  }

  turn(): void {
    for (const run of this.due.splice(0)) run()
  }

  pass(ms: number): void {
    this.nowMs += ms
    const ripe = this.timers.filter(({ atMs }) => atMs <= this.nowMs)
    this.timers = this.timers.filter(({ atMs }) => atMs > this.nowMs)
    for (const { run } of ripe) run()
  }
}

/** The part of a response that the hub uses. */
class Sink {
  written: string[] = []
  writableLength = 0
  state: 'open' | 'ended' | 'destroyed' = 'open'
  private onClose = (): void => {}
  write = (text: string) => this.written.push(text)
  once = (_event: 'close', listener: () => void) => void (this.onClose = listener)
  end = () => this.close('ended')
  destroy = () => this.close('destroyed')
  get destroyed(): boolean {
    return this.state === 'destroyed'
  }
  get response(): ServerResponse {
    return this as unknown as ServerResponse
  }
  private close(state: 'ended' | 'destroyed'): void {
    this.state = state
    this.onClose()
  }
}

function start() {
  const replica = new FarmReplica()
  const clock = new HandClock()
  const hub = new EventHub(replica, clock, silent)
  const open = (options: { allowed?: () => boolean } = {}): Sink => {
    const sink = new Sink()
    hub.open(sink.response, { admin: true, allowed: () => true, lastEventId: null, ...options })
    sink.written = []
    return sink
  }
  let printers = 0
  const addPrinter = () =>
    replica.commit(
      { type: 'printer.create', id: `p${printers++}`, company: 'a', model: 'b' },
      { by: 'x', timeoutMs: 0 }
    )
  return { clock, hub, open, addPrinter, replica }
}

describe('the event hub', () => {
  test('writes once per turn to each stream', () => {
    const { clock, open, addPrinter } = start()
    const [a, b] = [open(), open()]
    for (let n = 0; n < 3; n++) addPrinter()
    expect(a.written).toEqual([])
    clock.turn()
    expect(a.written).toHaveLength(1)
    expect(a.written[0]!.match(/event: printer/g)).toHaveLength(3)
    expect(b.written).toEqual(a.written)
    clock.turn()
    expect(a.written).toHaveLength(1)
  })

  test('a stream that opens between a change and its turn gets it neither twice nor never', () => {
    const { clock, hub, open, addPrinter } = start()
    const early = open()
    addPrinter()
    const late = new Sink()
    hub.open(late.response, { admin: true, allowed: () => true, lastEventId: null })
    expect(early.written.join('')).toContain('"id":"p0"')
    expect(late.written.join('')).not.toContain('"id":"p0"')
    addPrinter()
    clock.turn()
    for (const { written } of [early, late]) expect(written.join('').match(/data: .*"id":"p1"/g)).toHaveLength(1)
  })

  test('a caller that has gone before its stream opens takes no place', () => {
    const { clock, hub } = start()
    const gone = new Sink()
    gone.destroy()
    hub.open(gone.response, { admin: true, allowed: () => true, lastEventId: null })
    expect(hub.openStreams).toBe(0)
    expect(clock.waiting).toBe(0)
  })

  test('a stream that does not keep up is cut, the others go on', () => {
    const { clock, hub, open, addPrinter } = start()
    const [slow, quick] = [open(), open()]
    slow.writableLength = STREAM_BUFFER_BYTES_MAX + 1
    addPrinter()
    clock.turn()
    expect([slow.state, slow.written, quick.written.length]).toEqual(['destroyed', [], 1])
    expect(hub.openStreams).toBe(1)
  })

  test('who can be reached, and who falls silent, is told without an event of the replica', () => {
    const { clock, hub, open, replica } = start()
    const looks = (more: Partial<MemberStatus>) => {
      replica.members = [member('n1'), { ...member('n2'), last_contact_ms: 20, ...more }]
      clock.pass(WATCH_MS)
      clock.turn()
    }
    looks({})
    const page = open()
    looks({ last_contact_ms: 30 })
    expect(page.written).toEqual([])
    looks({ last_contact_ms: 2_500 })
    expect(page.written).toHaveLength(1)
    looks({ last_contact_ms: 3_500 })
    expect(page.written).toHaveLength(1)
    looks({ last_contact_ms: 4_500, reachable: false })
    expect(page.written.at(-1)).toMatch(/^event: cluster\ndata: .*"reachable":false/)
    expect(page.written).toHaveLength(2)
    looks({ reachable: true })
    expect(page.written).toHaveLength(3)
    expect(hub.openStreams).toBe(1)
  })

  test('figures that move all the time are told now and then', () => {
    const { clock, open, replica } = start()
    const page = open()
    for (let passed = 0; passed <= 2 * FIGURES_MS; passed += WATCH_MS) {
      replica.members = [member('n1'), { ...member('n2'), match_index: passed }]
      clock.pass(WATCH_MS)
      clock.turn()
    }
    const told = page.written.filter((text) => text.startsWith('event: cluster'))
    // The second machine itself, and its figures.
    expect(told.length).toBeGreaterThanOrEqual(2)
    expect(told.length).toBeLessThanOrEqual(4)
  })

  test('a comment is sent to open streams every heartbeat, and no timer is left without streams', () => {
    const { clock, open } = start()
    expect(clock.waiting).toBe(0)
    const [a, b] = [open(), open()]
    expect(clock.waiting).toBe(1)
    for (let beats = 1; beats <= 3; beats++) {
      clock.pass(HEARTBEAT_MS)
      expect(a.written).toEqual(Array.from({ length: beats }, () => ':\n\n'))
    }
    a.destroy()
    expect(clock.waiting).toBe(1)
    b.destroy()
    expect(clock.waiting).toBe(0)
    open()
    expect(clock.waiting).toBe(1)
  })

  test('a stream whose token has expired ends at the next heartbeat', () => {
    const { clock, open } = start()
    let allowed = true
    const sink = open({ allowed: () => allowed })
    clock.pass(HEARTBEAT_MS)
    expect(sink.state).toBe('open')
    allowed = false
    clock.pass(HEARTBEAT_MS)
    expect(sink.state).toBe('ended')
    expect(clock.waiting).toBe(0)
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Change } from '../../src-main/farm/types'
import type { FromWorker, Notice, NodeSummary } from '../../src-main/shell/messages'
import { BURST_MAX, QUORUM_GRACE_MS, SUMMARY_EVERY_MS, watchNode, type Watcher } from '../../src-main/shell/notices'

type Listener = (event: object) => void

/** As much of a node as the notices look at. */
class FakeNode {
  ready = true
  jobs = { Queued: 0, Running: 0, Done: 0, Cancelled: 0 }
  names: Record<string, { name: string }> = { a: { name: 'lab' } }
  reachable = 1
  rolls = new Map<string, object>()
  replica = this.another()

  another() {
    const listeners = new Set<Listener>()
    return {
      listeners,
      emit: (event: object) => [...listeners].forEach((listener) => listener(event)),
      subscribe: (listener: Listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      readiness: () => ({ ready: this.ready, reason: '' }),
      status: () => ({
        name: 'lab',
        members: Object.keys(this.names).map((_id, at) => ({ reachable: at < this.reachable }))
      }),
      farm: {
        counts: () => ({ jobs: this.jobs }),
        printer: (id: string) => (id === 'p' ? { id, model: 'MK4' } : null),
        filament: (id: string) => this.rolls.get(id) ?? null,
        filaments: () => ({ items: [...this.rolls.values()], next: null })
      }
    }
  }

  member() {
    return { replica: this.replica, members: () => this.names }
  }

  /** One that was there before anyone looked. */
  oldRoll(id: string, grams: number, reserved = 0): object {
    const roll = {
      id,
      type: 'PLA',
      color: id,
      total_weight_in_grams: 1000,
      remaining_weight_in_grams: grams,
      reserved_weight_in_grams: reserved
    }
    this.rolls.set(id, roll)
    return roll
  }

  roll(id: string, grams: number, reserved = 0): void {
    this.change({ kind: 'filament', id, record: this.oldRoll(id, grams, reserved) })
  }

  job(id: string, status: string): void {
    this.change({ kind: 'print_job', id, record: { id, printer_id: 'p', filepath: `${id}.gcode`, status } })
  }

  becomes(ready: boolean): void {
    this.ready = ready
    this.replica.emit({ type: 'readiness', readiness: { ready, reason: '' } })
  }

  private change(change: Change): void {
    this.replica.emit({ type: 'changes', index: 1, changes: [change] })
  }
}

describe('notices', () => {
  let node: FakeNode
  let sent: FromWorker[]
  let watcher: Watcher | null = null
  const watch = (): void => {
    watcher = watchNode(node as never, (message) => sent.push(message), 120)
  }
  const notices = (): Notice[] => sent.flatMap((message) => (message.type === 'notice' ? [message.notice] : []))
  const summaries = (): NodeSummary[] =>
    sent.flatMap((message) => (message.type === 'summary' ? [message.summary] : []))
  beforeEach(() => {
    vi.useFakeTimers()
    node = new FakeNode()
    sent = []
  })
  afterEach(() => {
    watcher?.stop()
    expect(node.replica.listeners.size).toBe(0)
    vi.useRealTimers()
  })

  it('tell of a job that is done, not of one that begins or is cancelled', () => {
    watch()
    for (const status of ['Queued', 'Running', 'Cancelled']) node.job('benchy', status)
    expect(notices()).toEqual([])
    node.job('benchy', 'Done')
    expect(notices()).toEqual([{ kind: 'jobDone', job: 'benchy', file: 'benchy.gcode', printer: 'MK4' }])
  })

  it('tell once that a roll runs low, and again after it was filled', () => {
    watch()
    node.roll('teal', 500)
    node.roll('teal', 100)
    node.roll('teal', 80)
    expect(notices()).toEqual([{ kind: 'filamentLow', id: 'teal', name: 'PLA teal', grams: 100 }])
    node.roll('teal', 900)
    node.roll('teal', 50)
    expect(notices()).toHaveLength(2)
  })

  it('tell of what a roll still has to give, not of what is promised to jobs', () => {
    watch()
    node.roll('teal', 500, 379)
    expect(notices()).toEqual([])
    node.roll('teal', 500, 400)
    expect(notices()).toEqual([{ kind: 'filamentLow', id: 'teal', name: 'PLA teal', grams: 100 }])
  })

  it('follow the weight that is chosen in the page, and say nothing of rolls that are low by the choice alone', () => {
    node.oldRoll('teal', 300)
    watch()
    watcher?.setLowStock(400)
    node.roll('teal', 290)
    expect(notices()).toEqual([])
    node.roll('red', 350)
    expect(notices()).toEqual([{ kind: 'filamentLow', id: 'red', name: 'PLA red', grams: 350 }])
  })

  it('say nothing of a roll that was low before', () => {
    node.roll('teal', 50)
    watch()
    node.roll('teal', 40)
    expect(notices()).toEqual([])
  })

  it('look anew at what is low after a snapshot was installed', () => {
    watch()
    node.oldRoll('teal', 60)
    node.replica.emit({ type: 'reset', index: 9 })
    node.roll('teal', 50)
    expect(notices()).toEqual([])
  })

  it('of one burst are few', () => {
    watch()
    for (let n = 0; n < 20; n++) node.job(`job-${n}`, 'Done')
    expect(notices()).toHaveLength(BURST_MAX)
    vi.advanceTimersByTime(SUMMARY_EVERY_MS)
    node.job('later', 'Done')
    expect(notices()).toHaveLength(BURST_MAX + 1)
  })

  it('of machines are never lost in a burst', () => {
    watch()
    for (let n = 0; n < 20; n++) node.job(`job-${n}`, 'Done')
    node.names = { a: { name: 'lab' }, b: { name: 'desk' } }
    node.replica.emit({ type: 'membership' })
    expect(notices().at(-1)).toEqual({ kind: 'memberJoined', name: 'desk' })
    node.names = { a: { name: 'lab' } }
    node.replica.emit({ type: 'membership' })
    expect(notices().at(-1)).toEqual({ kind: 'memberLeft', name: 'desk' })
  })

  it('do not speak of what a node hears of while it catches up', () => {
    watch()
    node.becomes(false)
    node.job('long-ago', 'Done')
    expect(notices()).toEqual([])
  })

  it('pass over a change of the leader', () => {
    watch()
    node.becomes(false)
    vi.advanceTimersByTime(QUORUM_GRACE_MS - 1)
    node.becomes(true)
    vi.advanceTimersByTime(QUORUM_GRACE_MS * 2)
    expect(notices()).toEqual([])
  })

  it('tell of a quorum that stays away, and of its return', () => {
    watch()
    node.becomes(false)
    vi.advanceTimersByTime(QUORUM_GRACE_MS)
    expect(notices()).toEqual([{ kind: 'quorumLost' }])
    node.becomes(true)
    expect(notices()).toEqual([{ kind: 'quorumLost' }, { kind: 'quorumBack' }])
  })

  it('do not speak of a quorum that this node has never had', () => {
    node.ready = false
    watch()
    node.becomes(false)
    vi.advanceTimersByTime(QUORUM_GRACE_MS * 2)
    node.becomes(true)
    expect(notices()).toEqual([])
  })

  it('follow the node into the cluster that it joins', () => {
    watch()
    const left = node.replica
    node.replica = node.another()
    node.names = { a: { name: 'lab' }, b: { name: 'desk' } }
    vi.advanceTimersByTime(SUMMARY_EVERY_MS)
    expect(left.listeners.size).toBe(0)
    expect(notices()).toEqual([])
    node.job('benchy', 'Done')
    expect(notices()).toHaveLength(1)
  })

  it('come with a summary when it has changed, and only then', () => {
    watch()
    vi.advanceTimersByTime(SUMMARY_EVERY_MS * 10)
    expect(summaries()).toHaveLength(1)
    node.jobs = { ...node.jobs, Running: 2 }
    vi.advanceTimersByTime(SUMMARY_EVERY_MS)
    expect(summaries().at(-1)).toEqual({
      name: 'lab',
      ready: true,
      members: 1,
      reachable: 1,
      jobs: { queued: 0, running: 2 }
    })
  })
})

/**
 * Virtual time. One queue of events, ordered by time and then by the order of scheduling; the next event runs
 * only when everything that the last one set in motion has come to rest.
 *
 * Rest: promises and next-ticks are all that production code may wait on between two events (the simulator
 * owns clock, disk and network), and Node drains both queues, to the last hop, in `process._tickCallback()`,
 * from a synchronous caller, in about 40 ns when there is nothing to do. So a whole run is one synchronous
 * call. It must not itself be started from within a promise reaction, for V8 does not drain recursively.
 *
 * Times are integer microseconds since the start of the run.
 */

export type Micros = number
export const MS = 1000
export const SECOND = 1_000_000

/** Whoever events belong to: a process that can be stopped (for good) or paused (for a while). */
export interface Owner {
  readonly alive: boolean
  readonly paused: boolean
  /** Takes an event that came due while paused; the owner schedules it again when it goes on. */
  defer(event: ScheduledEvent): void
}

export interface ScheduledEvent {
  at: Micros
  order: number
  run: (() => void) | null
  readonly owner: Owner | null
}

const drain = (process as unknown as { _tickCallback(): void })._tickCallback

/** Runs all pending promise reactions and next-ticks. False when the caller itself runs inside one. */
export function drainMicrotasks(): void {
  drain.call(process)
}

/** True when draining works from here, that is, when the caller is no promise reaction. */
export function canDrain(): boolean {
  let ran = false
  void Promise.resolve().then(() => (ran = true))
  drainMicrotasks()
  return ran
}

export class Scheduler {
  now: Micros = 0
  /** Events that have run. */
  steps = 0
  private order = 0
  private readonly heap: ScheduledEvent[] = []

  at(time: Micros, owner: Owner | null, run: () => void): ScheduledEvent {
    const event: ScheduledEvent = { at: Math.max(Math.round(time), this.now), order: this.order++, run, owner }
    this.push(event)
    return event
  }

  after(delay: Micros, owner: Owner | null, run: () => void): ScheduledEvent {
    return this.at(this.now + delay, owner, run)
  }

  /** Puts a deferred event back, due now, behind what is already due now. */
  again(event: ScheduledEvent): void {
    event.at = this.now
    event.order = this.order++
    this.push(event)
  }

  cancel(event: ScheduledEvent): void {
    event.run = null
  }

  /** A promise that resolves after `delay`; never, when the owner ends before. */
  delay(delay: Micros, owner: Owner | null): Promise<void> {
    return new Promise((resolve) => this.after(delay, owner, resolve))
  }

  /** Runs events due up to and including `end`, calling `afterStep` at rest after each; it returns true to stop. */
  runUntil(end: Micros, afterStep: () => boolean): void {
    drainMicrotasks()
    for (;;) {
      const next = this.heap[0]
      if (next === undefined || next.at > end) {
        this.now = Math.max(this.now, end)
        return
      }
      this.pop()
      const run = next.run
      if (run === null) continue
      const owner = next.owner
      if (owner !== null) {
        if (!owner.alive) continue
        if (owner.paused) {
          owner.defer(next)
          continue
        }
      }
      this.now = next.at
      this.steps++
      next.run = null
      run()
      drainMicrotasks()
      if (afterStep()) return
    }
  }

  private before(a: ScheduledEvent, b: ScheduledEvent): boolean {
    return a.at < b.at || (a.at === b.at && a.order < b.order)
  }

  private push(event: ScheduledEvent): void {
    const heap = this.heap
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as ScheduledEvent
      if (!this.before(event, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = event
  }

  private pop(): void {
    const heap = this.heap
    const last = heap.pop() as ScheduledEvent
    const length = heap.length
    if (length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= length) break
      if (child + 1 < length && this.before(heap[child + 1] as ScheduledEvent, heap[child] as ScheduledEvent)) child++
      const below = heap[child] as ScheduledEvent
      if (!this.before(below, last)) break
      heap[i] = below
      i = child
    }
    heap[i] = last
  }
}

/**
 * Ticks are never made up for, and a stretch of time in which the process stood still is told to the core as a gap
 * before the next tick. A wall clock that is set back by as much as a sleep took hides it from whoever has only clocks.
 */
import { Violation } from './violation'

/** No clock of the simulator runs faster than 1.5 times; a tick is 50 ms. */
const SPACING_MIN_MS = 50 / 1.5 - 1
/** What must be told as a gap: well beyond the runtime's bound, on the slowest clock. */
const GAP_MIN_MS = 2500

export interface Ticking {
  readonly name: string
  /** Virtual time spent frozen, in microseconds. */
  readonly frozen: number
  /** How often the wall clock was set. */
  readonly clockSet: number
}

export class Ticks {
  private readonly last = new Map<string, Omit<Ticking, 'name'> & { readonly atMs: number }>()

  tick(process: Ticking, nowMs: number): void {
    const before = this.last.get(process.name)
    this.note(process, nowMs)
    if (before === undefined) return
    if (nowMs - before.atMs < SPACING_MIN_MS) {
      throw new Violation('ticks', `${process.name} ticks twice within ${(nowMs - before.atMs).toFixed(1)} ms`)
    }
    if (process.clockSet === before.clockSet && (process.frozen - before.frozen) / 1000 > GAP_MIN_MS) {
      throw new Violation('time gap', `${process.name} was frozen, and its core was told of a tick`)
    }
  }

  gap(process: Ticking, nowMs: number): void {
    this.note(process, nowMs)
  }

  private note({ name, frozen, clockSet }: Ticking, atMs: number): void {
    this.last.set(name, { atMs, frozen, clockSet })
  }
}

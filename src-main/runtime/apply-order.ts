/**
 * When committed entries are applied: what others wait for goes first. A leader sends and writes its next batch, a
 * follower makes a record durable and acknowledges it; meanwhile there is time to apply what is committed already.
 */
import type { Clock } from './clock'

/** A disk that takes longer than this is not waited for. */
const HELD_MS = 2

export class ApplyOrder {
  #run: (() => void) | null = null

  constructor(
    private readonly deps: {
      readonly clock: Clock
      readonly isLeader: () => boolean
      /** Commands wait to be proposed. */
      readonly hasCommands: () => boolean
      /** A record waits to be written. */
      readonly hasRecord: () => boolean
    }
  ) {}

  /** False: now. Otherwise `run` is called once, later; until then this must not be asked again. */
  later(run: () => void): boolean {
    const { clock, isLeader, hasCommands, hasRecord } = this.deps
    if (isLeader()) {
      if (!hasCommands()) return false
      clock.soon(run)
      return true
    }
    if (!hasRecord()) return false
    this.#run = run
    clock.after(HELD_MS, () => this.#runNow(run))
    return true
  }

  onDurable(): void {
    const run = this.#run
    // Not at once: the acknowledgement leaves when this turn has ended.
    if (run !== null) this.deps.clock.soon(() => this.#runNow(run))
  }

  #runNow(run: () => void): void {
    if (this.#run !== run) return
    this.#run = null
    run()
  }
}

/** Cooperation on one thread: long work in slices, with the event loop served between them. */
import type { Clock } from './clock'

export class Slices {
  #startedMs: number

  constructor(
    private readonly clock: Clock,
    private readonly sliceMs: number
  ) {
    this.#startedMs = clock.monotonicMs()
  }

  /** Begins a slice: the event loop was served just now. */
  begin(): void {
    this.#startedMs = this.clock.monotonicMs()
  }

  get used(): boolean {
    return this.clock.monotonicMs() - this.#startedMs >= this.sliceMs
  }

  /** Lets the event loop run, if this slice is used up. */
  async pause(): Promise<void> {
    if (this.used) await this.yield()
  }

  async yield(): Promise<void> {
    await new Promise<void>((resolve) => this.clock.soon(resolve))
    this.begin()
  }
}

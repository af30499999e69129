/**
 * Watches that barriers return. A slow one is logged; one that is overdue is told to the core, so that a leader with
 * a stuck disk gives up leadership instead of keeping the cluster waiting.
 */
import { Histogram } from './histogram'
import type { RuntimeLimits } from './limits'
import type { Logger } from './log'
import type { LogWriter } from './log-writer'

export class DiskWatch {
  readonly latency = new Histogram()
  #stalled = false

  constructor(
    private readonly limits: RuntimeLimits,
    private readonly log: Logger,
    private readonly writer: LogWriter,
    private readonly onStalled: () => void
  ) {}

  onBarrier(ms: number): void {
    this.latency.add(ms)
    if (this.#stalled) this.log.warn({ event: 'disk_back', ms: Math.round(ms) }, 'The disk answers again.')
    else if (ms >= this.limits.barrierSlowMs) {
      this.log.warn({ event: 'barrier_slow', ms: Math.round(ms) }, 'The disk was slow to make a write durable.')
    }
    this.#stalled = false
  }

  onTick(nowMs: number): void {
    const busyMs = this.writer.busyMs(nowMs)
    if (this.#stalled || busyMs < this.limits.barrierStalledMs) return
    this.#stalled = true
    this.log.error({ event: 'disk_stalled', ms: Math.round(busyMs) }, 'The disk does not answer.')
    this.onStalled()
  }
}

/** Says who was refused, and why; a flood of refusals makes a few lines, not a flood of lines. */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../runtime/clock'
import type { Logger } from '../runtime/log'
import type { Failure } from '../runtime/replica'
import { pathOf } from './problem'

const LINES_MAX = 10
const WINDOW_MS = 10_000

export class RefusalLog {
  private endsAtMs = 0
  private lines = 0
  private unsaid = 0

  constructor(
    private readonly log: Logger,
    private readonly clock: Clock
  ) {}

  add({ method, url, headers, socket }: IncomingMessage, { code, detail }: Failure): void {
    const nowMs = this.clock.monotonicMs()
    if (nowMs >= this.endsAtMs) {
      if (this.unsaid > 0)
        this.log.warn({ event: 'requests_refused', count: this.unsaid }, 'More requests were refused.')
      this.endsAtMs = nowMs + WINDOW_MS
      this.lines = this.unsaid = 0
    }
    if (++this.lines > LINES_MAX) {
      this.unsaid++
      return
    }
    const { host, origin } = headers
    const from = socket.remoteAddress
    this.log.warn({ event: 'request_refused', code, from, host, origin, method, path: pathOf(url) }, detail)
  }
}

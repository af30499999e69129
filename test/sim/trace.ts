/**
 * The run as text, one line per event: `<seconds> <who> <what>`. The hash covers every full line whether or not
 * it is printed, so two runs can be compared without keeping either.
 */
import type { Scheduler } from './scheduler'

export type TraceLevel = 'none' | 'short' | 'full'

const TAIL_LINES = 60

export class Trace {
  private h1 = 0x811c9dc5
  private h2 = 0x9747b28c
  private readonly tail: string[] = []
  lines = 0

  constructor(
    private readonly scheduler: Scheduler,
    private readonly level: TraceLevel,
    private readonly write: (line: string) => void
  ) {}

  /** A line of the story: elections, faults, phases, findings. */
  story(who: string, what: string): void {
    const line = this.line(who, what)
    this.mixText(line)
    this.tail.push(line)
    if (this.tail.length > TAIL_LINES * 2) this.tail.splice(0, TAIL_LINES)
    if (this.level !== 'none') this.write(line)
  }

  /** A line of detail: each message, each disk operation. Built only when somebody reads it. */
  detail(who: string, kind: number, a: number, b: number, c: number, text: () => string): void {
    this.mix(kind)
    this.mix(this.scheduler.now)
    this.mix(a)
    this.mix(b)
    this.mix(c)
    if (this.level === 'full') this.write(this.line(who, text()))
  }

  get hash(): string {
    return (this.h1 >>> 0).toString(16).padStart(8, '0') + (this.h2 >>> 0).toString(16).padStart(8, '0')
  }

  /** The last lines of the story, for a report. */
  recent(): readonly string[] {
    return this.tail.slice(-TAIL_LINES)
  }

  private line(who: string, what: string): string {
    this.lines++
    return `${(this.scheduler.now / 1e6).toFixed(6).padStart(11)} ${who.padEnd(4)} ${what}`
  }

  private mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.h1 = Math.imul(this.h1 ^ text.charCodeAt(i), 0x01000193)
    this.mix(text.length)
  }

  private mix(n: number): void {
    this.h1 = Math.imul(this.h1 ^ (n | 0), 0x01000193)
    this.h2 = Math.imul((this.h2 << 13) | (this.h2 >>> 19), 5) + ((n / 65536) ^ n) + 0x6b64
  }
}

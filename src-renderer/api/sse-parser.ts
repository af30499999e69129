/** Server-sent events from a text stream (WHATWG HTML §9.2), chunk by chunk; pure. */
export interface ServerEvent {
  readonly event: string
  readonly data: string
  /** Last id seen so far, as EventSource keeps it; empty before the first. */
  readonly id: string
}

/** A single event larger than this is not ours; the parser gives up rather than grow. */
export const EVENT_CHARS_MAX = 4_000_000

export class SseParser {
  private rest = ''
  private event = ''
  private data: string[] = []
  private id = ''

  /** The events that this chunk completes. */
  push(chunk: string): ServerEvent[] {
    const text = this.rest + chunk
    if (text.length > EVENT_CHARS_MAX) throw new RangeError('server-sent event too large')
    const events: ServerEvent[] = []
    let start = 0
    for (;;) {
      const end = lineEnd(text, start)
      if (end === null) break
      const complete = this.line(text.slice(start, end.at))
      if (complete) events.push(complete)
      start = end.next
    }
    this.rest = text.slice(start)
    return events
  }

  private line(line: string): ServerEvent | null {
    if (line === '') return this.dispatch()
    if (line.startsWith(':')) return null
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') this.event = value
    else if (field === 'data') this.data.push(value)
    else if (field === 'id' && !value.includes('\0')) this.id = value
    return null
  }

  private dispatch(): ServerEvent | null {
    const { event, data } = this
    this.event = ''
    this.data = []
    if (data.length === 0 && event === '') return null
    return { event: event === '' ? 'message' : event, data: data.join('\n'), id: this.id }
  }
}

/** Where the line that starts at `from` ends; null while its end may still be on the way (a CR at the very end). */
function lineEnd(text: string, from: number): { at: number; next: number } | null {
  const lf = text.indexOf('\n', from)
  const cr = text.indexOf('\r', from)
  if (cr !== -1 && (lf === -1 || cr < lf)) {
    if (cr === text.length - 1) return null
    return { at: cr, next: text[cr + 1] === '\n' ? cr + 2 : cr + 1 }
  }
  return lf === -1 ? null : { at: lf, next: lf + 1 }
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_CHARS_MAX, SseParser } from '@/api/sse-parser'

const STREAM =
  ': hello\r\n\r\nevent: printer\nid: 7\ndata: {"a":\ndata: 1}\n\nevent:print_job\rdata:x\r\rdata: plain\nretry: 5\n\nid: 9\ndata\n\n'
const EVENTS = [
  { event: 'printer', data: '{"a":\n1}', id: '7' },
  { event: 'print_job', data: 'x', id: '7' },
  { event: 'message', data: 'plain', id: '7' },
  { event: 'message', data: '', id: '9' }
]

describe('server-sent events', () => {
  it('are read as the standard says, with every kind of line end', () => {
    expect(new SseParser().push(STREAM)).toEqual(EVENTS)
  })

  it('are the same however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length }), { maxLength: 12 }), (cuts) => {
        const parser = new SseParser()
        const at = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length]
        const events = at.slice(1).flatMap((end, i) => parser.push(STREAM.slice(at[i], end)))
        expect(events).toEqual(EVENTS)
      })
    )
  })

  it('are refused when one grows without end', () => {
    const parser = new SseParser()
    parser.push('data: ')
    expect(() => parser.push('x'.repeat(EVENT_CHARS_MAX))).toThrow(RangeError)
  })
})

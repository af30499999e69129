/**
 * The node's event stream over fetch (EventSource cannot carry an Authorization header). Reconnects for ever with a
 * growing, jittered pause, resumes by Last-Event-ID, and notices a stream that has gone quiet.
 */
import { failureOf, ApiError } from './errors'
import { API } from './http'
import { SseParser, type ServerEvent } from './sse-parser'
import { currentToken } from './token'

/** The node sends at least a comment every 15 s; three missed ones mean that the stream is dead. */
export const SILENCE_MAX_MS = 45_000
export const RETRY_MIN_MS = 250
export const RETRY_MAX_MS = 8_000

export interface StreamListener {
  /** Connected: from here on events arrive; `resumed` when the stream continues after the last seen id. */
  opened(resumed: boolean): void
  events(batch: readonly ServerEvent[]): void
  /** Not connected; tried again in `retryInMs`, or never when `retryInMs` is null (a token is needed). */
  lost(error: ApiError, retryInMs: number | null): void
}

export interface EventStream {
  /** Try at once instead of waiting. */
  hurry(): void
  close(): void
}

export function openEventStream(listener: StreamListener, request: typeof fetch = fetch): EventStream {
  const closing = new AbortController()
  let lastId = ''
  let failures = 0
  let wake: () => void = () => {}

  async function once(): Promise<never> {
    const silence = new AbortController()
    const signal = AbortSignal.any([closing.signal, silence.signal])
    let timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS)
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' }
      const token = currentToken()
      if (token !== null) headers.authorization = `Bearer ${token}`
      if (lastId !== '') headers['last-event-id'] = lastId
      const response = await request(`${API}/events`, { headers, signal, cache: 'no-store' })
      if (!response.ok || !response.body) throw await failureOf(response)
      failures = 0
      listener.opened(lastId !== '')
      const parser = new SseParser()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) throw new ApiError('unreachable', 0, 'The event stream ended')
        clearTimeout(timer)
        timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS)
        const events = parser.push(value)
        if (events.length === 0) continue
        lastId = events.at(-1)?.id || lastId
        listener.events(events)
      }
    } finally {
      clearTimeout(timer)
      silence.abort()
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const failure = await once().catch((error: unknown) =>
        error instanceof ApiError ? error : new ApiError('unreachable', 0, String(error))
      )
      if (closing.signal.aborted) return
      const forbidden = failure.status === 401 || failure.status === 403
      const pause = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures++) * (0.75 + Math.random() / 2)
      listener.lost(failure, forbidden ? null : pause)
      await new Promise<void>((resolve) => {
        wake = resolve
        if (!forbidden) setTimeout(resolve, pause)
      })
    }
  }

  void run()
  return {
    hurry: () => wake(),
    close: () => {
      closing.abort()
      wake()
    }
  }
}

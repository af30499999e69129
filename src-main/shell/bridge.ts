/**
 * The page's requests, on the window's side: `app://ui/api/…` becomes messages to the node's thread and back.
 * Every request that is taken is answered: by the node, or with 503 when its thread is not there or ends.
 */
import { CHUNKS_AHEAD, type FromWorker, type ToWorker } from './messages'

/** Headers that only a network needs, or that the page must not choose. */
const KEPT_BACK = /^(host|origin|referer|authorization|cookie|connection|content-length|x-raft3d-internal)$|^sec-/
const EMPTY_STATUS = new Set([204, 205, 304])
/** Requests of the page that are open at once; streams of events count. */
export const REQUESTS_MAX = 256

type Answer = Extract<FromWorker, { type: 'answer' | 'chunk' | 'end' }>

interface Open {
  readonly resolve: (response: Response) => void
  body: ReadableStreamDefaultController<Uint8Array> | null
  /** Chunks put into the body so far. */
  chunks: number
}

export class Bridge {
  private readonly open = new Map<number, Open>()
  private lastId = 0

  constructor(private readonly post: (message: ToWorker) => boolean) {}

  async fetch(request: Request): Promise<Response> {
    if (this.open.size >= REQUESTS_MAX) return unavailable()
    const url = new URL(request.url)
    const headers = Object.fromEntries([...request.headers].filter(([name]) => !KEPT_BACK.test(name)))
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
    const body = hasBody ? new Uint8Array(await request.arrayBuffer()) : null
    const id = ++this.lastId
    return new Promise((resolve) => {
      this.open.set(id, { resolve, body: null, chunks: 0 })
      const sent = this.post({
        type: 'request',
        id,
        method: request.method,
        url: url.pathname + url.search,
        headers: { ...headers, host: 'localhost' },
        body
      })
      if (!sent) this.onAnswer({ type: 'end', id, failed: true })
    })
  }

  onAnswer(message: Answer): void {
    const open = this.open.get(message.id)
    // The page has turned away from what comes late.
    if (!open) return
    switch (message.type) {
      case 'answer':
        return open.resolve(this.respond(message.id, open, message))
      case 'chunk':
        open.chunks++
        return open.body?.enqueue(message.bytes)
      case 'end':
        this.open.delete(message.id)
        if (!open.body) return open.resolve(unavailable())
        return message.failed ? open.body.error(new Error('The node broke off its answer.')) : open.body.close()
    }
  }

  /** The node's thread is gone: nothing that is open will be answered. */
  drop(): void {
    for (const id of [...this.open.keys()]) this.onAnswer({ type: 'end', id, failed: true })
  }

  private respond(id: number, open: Open, { status, headers }: Extract<Answer, { type: 'answer' }>): Response {
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (open.body = controller),
        pull: ({ desiredSize }) =>
          void this.post({ type: 'taken', id, chunks: open.chunks - (CHUNKS_AHEAD - (desiredSize ?? 0)) }),
        // Without this an EventSource that the page closes would run on in the node.
        cancel: () => {
          this.open.delete(id)
          this.post({ type: 'cancel', id })
        }
      },
      { highWaterMark: CHUNKS_AHEAD }
    )
    return new Response(EMPTY_STATUS.has(status) ? null : body, {
      status,
      headers: new Headers(headers.map(([name, value]) => [name, value]))
    })
  }
}

const unavailable = (): Response => new Response(null, { status: 503, headers: { 'retry-after': '1' } })

/** The page's requests, on the window's side: `app://ui/api/…` becomes messages to the node's thread and back. */
import type { FromWorker, ToWorker } from './messages'

/** Headers that only a network needs, or that the page must not choose. */
const KEPT_BACK = /^(host|origin|referer|authorization|cookie|connection|content-length|x-raft3d-internal)$|^sec-/
const EMPTY_STATUS = new Set([204, 205, 304])

type Answer = Extract<FromWorker, { type: 'answer' | 'chunk' | 'end' }>

interface Open {
  readonly resolve: (response: Response) => void
  controller: ReadableStreamDefaultController<Uint8Array> | null
  done: boolean
}

export class Bridge {
  private readonly open = new Map<number, Open>()
  private lastId = 0

  constructor(private readonly post: (message: ToWorker) => void) {}

  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const headers = Object.fromEntries([...request.headers].filter(([name]) => !KEPT_BACK.test(name)))
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
    const body = hasBody ? new Uint8Array(await request.arrayBuffer()) : null
    const id = ++this.lastId
    return new Promise((resolve) => {
      this.open.set(id, { resolve, controller: null, done: false })
      this.post({
        type: 'request',
        id,
        method: request.method,
        url: url.pathname + url.search,
        headers: { ...headers, host: 'localhost' },
        body
      })
    })
  }

  onAnswer(message: Answer): void {
    const open = this.open.get(message.id)
    if (!open) return
    switch (message.type) {
      case 'answer':
        return open.resolve(this.respond(message.id, open, message))
      case 'chunk':
        return void (open.done || open.controller?.enqueue(message.bytes))
      case 'end':
        this.open.delete(message.id)
        if (!open.controller) return open.resolve(new Response(null, { status: 503, headers: { 'retry-after': '1' } }))
        if (open.done) return
        open.done = true
        return message.failed
          ? open.controller.error(new Error('The node broke off its answer.'))
          : open.controller.close()
    }
  }

  /** The node's thread is gone: nothing that is open will be answered. */
  drop(): void {
    for (const id of this.open.keys()) this.onAnswer({ type: 'end', id, failed: true })
  }

  private respond(id: number, open: Open, { status, headers }: Extract<Answer, { type: 'answer' }>): Response {
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (open.controller = controller),
        pull: () => this.post({ type: 'taken', id }),
        // Without this an EventSource that the page closes would run on in the node.
        cancel: () => {
          open.done = true
          this.post({ type: 'cancel', id })
        }
      },
      { highWaterMark: 1 }
    )
    return new Response(EMPTY_STATUS.has(status) ? null : body, {
      status,
      headers: new Headers(headers.map(([name, value]) => [name, value]))
    })
  }
}

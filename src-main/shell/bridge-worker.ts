/**
 * The page's requests, on the node's side: passed to the API in this very process, the answer streamed back chunk
 * by chunk. At most CHUNKS_AHEAD of an answer are on their way; a cancelled request ends its handler.
 */
import type { InjectOptions } from 'fastify'
import { INTERNAL_HEADER } from '../api/access'
import type { Api } from '../api/api'
import { CHUNKS_AHEAD, type FromWorker, type ToWorker } from './messages'

type Request = Extract<ToWorker, { type: 'request' }>
type Injected = Pick<Api, 'inject'>

interface Streamed {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | readonly string[] | number | undefined>>
  stream(): NodeJS.ReadableStream & { destroy(): void }
}

interface Answering {
  readonly abort: AbortController
  /** Chunks sent, and of these taken by the page. */
  sent: number
  taken: number
  resume: () => void
}

export class BridgeWorker {
  private readonly answering = new Map<number, Answering>()

  constructor(
    /** Resolves once the node serves; a page that is quicker than the node waits. */
    private readonly api: Promise<Injected>,
    private readonly internalToken: string,
    private readonly send: (message: FromWorker, transfer?: readonly ArrayBuffer[]) => void
  ) {
    // A node that cannot start says so itself.
    api.catch(() => {})
  }

  async request({ id, method, url, headers, body }: Request): Promise<void> {
    const answering: Answering = { abort: new AbortController(), sent: 0, taken: 0, resume: () => {} }
    const { signal } = answering.abort
    this.answering.set(id, answering)
    let failed = false
    try {
      const api = await this.api
      signal.throwIfAborted()
      const answer = (await api.inject({
        method: method as InjectOptions['method'],
        url,
        headers: { ...headers, [INTERNAL_HEADER]: this.internalToken },
        payload: body === null ? undefined : Buffer.from(body),
        payloadAsStream: true,
        signal
      } as InjectOptions)) as unknown as Streamed
      this.send({ type: 'answer', id, status: answer.statusCode, headers: pairs(answer.headers) })
      await this.pass(id, answering, answer.stream())
    } catch {
      failed = true
    }
    this.answering.delete(id)
    this.send({ type: 'end', id, failed })
  }

  taken(id: number, chunks: number): void {
    const answering = this.answering.get(id)
    if (!answering) return
    answering.taken = chunks
    if (answering.sent - answering.taken < CHUNKS_AHEAD) answering.resume()
  }

  cancel(id: number): void {
    const answering = this.answering.get(id)
    answering?.abort.abort()
    answering?.resume()
  }

  private async pass(id: number, answering: Answering, stream: ReturnType<Streamed['stream']>): Promise<void> {
    const { signal } = answering.abort
    // The handler behind a stream ends only when its source is destroyed.
    const destroy = (): void => stream.destroy()
    if (signal.aborted) destroy()
    signal.addEventListener('abort', destroy, { once: true })
    try {
      for await (const chunk of stream) {
        const bytes = new Uint8Array(chunk as Buffer)
        this.send({ type: 'chunk', id, bytes }, [bytes.buffer])
        answering.sent++
        if (answering.sent - answering.taken >= CHUNKS_AHEAD && !signal.aborted)
          await new Promise<void>((resume) => (answering.resume = resume))
      }
    } finally {
      signal.removeEventListener('abort', destroy)
    }
  }
}

function pairs(headers: Streamed['headers']): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined
      ? []
      : (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)])
  )
}

/**
 * The page's requests, on the node's side: passed to the API in this very process, the answer streamed back chunk
 * by chunk. At most CHUNKS_AHEAD of an answer are on their way; a cancelled request ends its handler.
 */
import type { InjectOptions } from 'fastify'
import { INTERNAL_HEADER } from '../api/access'
import type { Api } from '../api/api'
import type { FromWorker, ToWorker } from './messages'

const CHUNKS_AHEAD = 8

type Request = Extract<ToWorker, { type: 'request' }>

interface Streamed {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | readonly string[] | number | undefined>>
  stream(): NodeJS.ReadableStream & { destroy(): void }
}

interface Answering {
  readonly abort: AbortController
  /** Chunks sent and not yet taken. */
  ahead: number
  resume: () => void
}

export class BridgeWorker {
  private readonly answering = new Map<number, Answering>()

  constructor(
    /** Resolves once the node serves; a page that is quicker than the node waits. */
    private readonly api: Promise<Api>,
    private readonly internalToken: string,
    private readonly send: (message: FromWorker) => void
  ) {}

  async request({ id, method, url, headers, body }: Request): Promise<void> {
    const answering: Answering = { abort: new AbortController(), ahead: 0, resume: () => {} }
    this.answering.set(id, answering)
    let failed = false
    try {
      const api = await this.api
      const answer = (await api.inject({
        method: method as InjectOptions['method'],
        url,
        headers: { ...headers, [INTERNAL_HEADER]: this.internalToken },
        payload: body === null ? undefined : Buffer.from(body),
        payloadAsStream: true,
        signal: answering.abort.signal
      } as InjectOptions)) as unknown as Streamed
      this.send({ type: 'answer', id, status: answer.statusCode, headers: pairs(answer.headers) })
      await this.pass(id, answering, answer.stream())
    } catch {
      failed = true
    }
    this.answering.delete(id)
    this.send({ type: 'end', id, failed })
  }

  taken(id: number): void {
    const answering = this.answering.get(id)
    if (answering && --answering.ahead < CHUNKS_AHEAD) answering.resume()
  }

  cancel(id: number): void {
    this.answering.get(id)?.abort.abort()
    this.answering.get(id)?.resume()
  }

  private async pass(id: number, answering: Answering, stream: ReturnType<Streamed['stream']>): Promise<void> {
    const { signal } = answering.abort
    // The handler behind a stream ends only when its source is destroyed.
    const destroy = (): void => stream.destroy()
    signal.addEventListener('abort', destroy, { once: true })
    try {
      for await (const chunk of stream) {
        this.send({ type: 'chunk', id, bytes: new Uint8Array(chunk as Buffer) })
        answering.ahead++
        if (answering.ahead >= CHUNKS_AHEAD && !signal.aborted)
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

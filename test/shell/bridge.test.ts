/** Both ends of the bridge, joined as the worker's port joins them. */
import fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Api } from '../../src-main/api/api'
import { Bridge, REQUESTS_MAX } from '../../src-main/shell/bridge'
import { BridgeWorker } from '../../src-main/shell/bridge-worker'
import { CHUNKS_AHEAD, type FromWorker, type ToWorker } from '../../src-main/shell/messages'

type Answer = Extract<FromWorker, { type: 'answer' | 'chunk' | 'end' }>

const app = (): FastifyInstance => {
  const server = fastify()
  servers.push(server)
  return server
}
const servers: FastifyInstance[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

function joined(server: FastifyInstance) {
  const sent: FromWorker[] = []
  const worker = new BridgeWorker(
    Promise.resolve({ inject: (request: InjectOptions) => server.inject(request) as ReturnType<Api['inject']> }),
    'secret',
    (message) => {
      sent.push(message)
      bridge.onAnswer(message as Answer)
    }
  )
  const bridge = new Bridge((message: ToWorker) => {
    if (message.type === 'request') void worker.request(message)
    else if (message.type === 'taken') worker.taken(message.id, message.chunks)
    else if (message.type === 'cancel') worker.cancel(message.id)
    return true
  })
  return { bridge, chunks: () => sent.filter(({ type }) => type === 'chunk').length }
}

/** A stream of the API: writes when told, knows when its reader has gone. */
function streaming(server: FastifyInstance) {
  const stream = { write: (_text: string): boolean => false, end: (): void => {}, closed: false }
  server.get('/api/stream', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.once('close', () => (stream.closed = true))
    stream.write = (text) => reply.raw.write(text)
    stream.end = () => void reply.raw.end()
    reply.raw.write('first')
  })
  return stream
}

describe('the bridge', () => {
  it('passes method, path, query, body and headers on, and the answer back', async () => {
    const server = app()
    server.post('/api/echo', (request, reply) =>
      reply.code(201).header('location', '/api/echo/1').send({ query: request.query, body: request.body })
    )
    const answer = await joined(server).bridge.fetch(
      new Request('http://ui/api/echo?a=1', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"b":2}'
      })
    )
    expect(answer.status).toBe(201)
    expect(answer.headers.get('location')).toBe('/api/echo/1')
    expect(await answer.json()).toEqual({ query: { a: '1' }, body: { b: 2 } })
  })

  it('names the shell as the caller, and nothing that the page chose in its stead', async () => {
    const server = app()
    server.get('/api/headers', (request) => request.headers)
    const request = new Request('http://ui/api/headers', {
      headers: { authorization: 'Bearer x', 'x-raft3d-internal': 'guess', 'x-forwarded-for': '10.0.0.1' }
    })
    const headers = (await (await joined(server).bridge.fetch(request)).json()) as Record<string, string>
    expect(headers['x-raft3d-internal']).toBe('secret')
    expect(headers.host).toBe('localhost')
    expect(headers.authorization).toBeUndefined()
  })

  it('ends the handler of a stream that the page turns away from', async () => {
    const server = app()
    const stream = streaming(server)
    const answer = await joined(server).bridge.fetch(new Request('http://ui/api/stream'))
    const reader = answer.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('first')
    expect(stream.closed).toBe(false)
    await reader.cancel()
    await vi.waitFor(() => expect(stream.closed).toBe(true))
  })

  it('has at most so many chunks on their way, and all of them when the page reads on', async () => {
    const server = app()
    const stream = streaming(server)
    const { bridge, chunks } = joined(server)
    const answer = await bridge.fetch(new Request('http://ui/api/stream'))
    const total = CHUNKS_AHEAD * 5
    for (let n = 1; n < total; n++) {
      stream.write('x')
      await new Promise((turn) => setImmediate(turn))
    }
    stream.end()
    expect(chunks()).toBe(CHUNKS_AHEAD)
    const text = await answer.text()
    expect(text).toBe(`first${'x'.repeat(total - 1)}`)
  })

  it('answers 503 when the node has no thread', async () => {
    const answer = await new Bridge(() => false).fetch(new Request('http://ui/api/x'))
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
  })

  it('answers what waits and breaks off what streams when the thread ends', async () => {
    const posted: ToWorker[] = []
    const bridge = new Bridge((message) => posted.push(message) > 0)
    const waiting = bridge.fetch(new Request('http://ui/api/waiting'))
    const streamed = bridge.fetch(new Request('http://ui/api/streamed'))
    await vi.waitFor(() => expect(posted).toHaveLength(2))
    bridge.onAnswer({ type: 'answer', id: 2, status: 200, headers: [] })
    const text = (await streamed).text()
    bridge.drop()
    expect((await waiting).status).toBe(503)
    await expect(text).rejects.toThrow('broke off')
  })

  it('answers 503 beyond its bound of open requests', async () => {
    const bridge = new Bridge(() => true)
    for (let n = 0; n < REQUESTS_MAX; n++) void bridge.fetch(new Request('http://ui/api/x'))
    await new Promise((turn) => setImmediate(turn))
    expect((await bridge.fetch(new Request('http://ui/api/x'))).status).toBe(503)
  })

  it('answers 503 when the node could not start', async () => {
    let reject = (_error: Error): void => {}
    const promise = new Promise<never>((_serves, fail) => (reject = fail))
    const worker = new BridgeWorker(promise, 'secret', (message) => bridge.onAnswer(message as Answer))
    const bridge = new Bridge((message) => {
      if (message.type === 'request') void worker.request(message)
      return true
    })
    const answer = bridge.fetch(new Request('http://ui/api/x'))
    reject(new Error('no'))
    expect((await answer).status).toBe(503)
  })
})

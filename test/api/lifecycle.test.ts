import { X509Certificate } from 'node:crypto'
import { Agent, request, type IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import { connect as connectSecurely } from 'node:tls'
import { generate } from 'selfsigned'
import { describe, expect, test } from 'vitest'
import { INTERNAL_HEADER } from '../../src-main/api/access'
import type { Outcome } from '../../src-main/farm/types'
import { INTERNAL_TOKEN, startApi, until } from './harness'

interface Received {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

const receive = (response: IncomingMessage): Promise<Received> =>
  new Promise((resolve, reject) => {
    let text = ''
    response.on('data', (chunk: Buffer) => (text += chunk.toString()))
    response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    response.on('error', reject)
  })

function send(url: string, method: string, agent: Agent | undefined, body?: object): Promise<Received> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sent = request(url, { method, agent, headers }, (response) => resolve(receive(response)))
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const PRINTER = { company: 'a', model: 'b' }

describe('starting and stopping', () => {
  test('a port of 0 is any free port', async () => {
    const { api } = await startApi()
    const { host, port, url } = await api.listen()
    expect([host, url]).toEqual(['127.0.0.1', `http://127.0.0.1:${port}`])
    expect((await send(`${url}/healthz`, 'GET', undefined)).status).toBe(200)
  })

  test('a port that is taken is an error', async () => {
    const { api } = await startApi()
    const { port } = await api.listen()
    const other = await startApi({ listen: { host: '127.0.0.1', port } })
    await expect(other.api.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('closing answers what is in flight, and refuses what comes then', async () => {
    const { api, replica } = await startApi()
    const { port, url } = await api.listen()
    const idle = new Agent({ keepAlive: true, maxSockets: 1 })
    await send(`${url}/healthz`, 'GET', idle)
    const held: (() => void)[] = []
    const propose = replica.propose.bind(replica)
    replica.propose = (command, options) =>
      new Promise<Outcome>((resolve) => held.push(() => void propose(command, options).then(resolve)))

    let text = ''
    const body = JSON.stringify(PRINTER)
    const head = `Host: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const socket = connect(port, '127.0.0.1')
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.write(`POST /api/v1/printers HTTP/1.1\r\n${head}${body}`)
    await until('the first write', () => held.length === 1)
    const closed = api.close()
    await expect(send(`${url}/healthz`, 'GET', undefined)).rejects.toThrow()
    socket.write(`POST /api/v1/printers HTTP/1.1\r\n${head}${body}`)
    held[0]!()
    await closed
    await until('the end', () => socket.destroyed)
    expect(held).toHaveLength(1)
    expect(text).toMatch(/^HTTP\/1\.1 201 /)
    expect(replica.farm.printers().items).toHaveLength(1)
    idle.destroy()
  })

  test('a request that comes in while stopping is 503', async () => {
    const { api, replica } = await startApi()
    const { linearize } = replica
    replica.linearize = async (timeoutMs) => {
      void api.close()
      return linearize.call(replica, timeoutMs)
    }
    const { port } = await api.listen()
    const get = `GET /api/v1/printers HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`
    const text = await new Promise<string>((resolve, reject) => {
      let received = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(get + get))
      socket.on('data', (chunk) => (received += chunk.toString()))
      socket.on('close', () => resolve(received))
      socket.on('error', reject)
    })
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 503 [^]*"code":"stopping"/)
  })

  test('beyond loopback it speaks TLS', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'raft3d' }], { keyType: 'ec' })
    const { api } = await startApi({ listen: { host: '0.0.0.0', port: 0 }, tls: { key, cert } })
    const { port, url } = await api.listen()
    expect(url).toMatch(/^https:/)
    const answer = await new Promise<Received>((resolve, reject) => {
      const headers = { origin: `https://127.0.0.1:${port}` }
      const options = { host: '127.0.0.1', port, path: '/api/v1/printers', headers, rejectUnauthorized: false }
      secureRequest(options, (response) => resolve(receive(response)))
        .on('error', reject)
        .end()
    })
    expect([answer.status, answer.text]).toEqual([200, '[]'])
    await expect(send(`http://127.0.0.1:${port}/healthz`, 'GET', undefined)).rejects.toThrow()
  })

  test('after a join it shows the certificate of the new identity', async () => {
    const make = () => generate([{ name: 'commonName', value: 'raft3d' }], { keyType: 'ec' })
    const [old, joined] = await Promise.all([make(), make()])
    const tls = { key: old.private, cert: old.cert }
    const { api, replica } = await startApi({ listen: { host: '0.0.0.0', port: 0 }, tls })
    const { port } = await api.listen()
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connectSecurely({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerX509Certificate()!.fingerprint256)
          socket.destroy()
        }).on('error', reject)
      })
    expect(await shown()).toBe(new X509Certificate(old.cert).fingerprint256)
    api.use(replica, { key: joined.private, cert: joined.cert })
    expect(await shown()).toBe(new X509Certificate(joined.cert).fingerprint256)
  })

  test('the shell follows events without a socket', async () => {
    const { api, replica } = await startApi({ requireToken: true })
    const abort = new AbortController()
    const { raw, stream } = (await api.inject({
      url: '/api/v1/events',
      headers: { [INTERNAL_HEADER]: INTERNAL_TOKEN },
      payloadAsStream: true,
      signal: abort.signal
    })) as unknown as { raw: { res: { statusCode: number } }; stream(): Readable }
    expect(raw.res.statusCode).toBe(200)
    let text = ''
    const source = stream()
    source.on('error', () => {})
    source.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await until('hello', () => text.includes('event: hello'))
    replica.commit({ type: 'printer.create', id: 'p1', ...PRINTER }, { by: 'local', timeoutMs: 0 })
    await until('the change', () => text.includes('"id":"p1"'))
    abort.abort()
    const { metrics } = {
      metrics: () => api.inject({ url: '/metrics', headers: { [INTERNAL_HEADER]: INTERNAL_TOKEN } })
    }
    for (;;) if ((await metrics()).payload.includes('raft3d_event_streams 0')) break
  })
})

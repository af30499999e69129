/**
 * One node of the floor (see floor.ts), `leader` or `follower`, its folder, and a leader's followers by their ports.
 * Says its own port on standard output. It decides nothing, and survives nothing: that is the point.
 */
import { constants, openSync, write, writeSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import Fastify, { type FastifyReply } from 'fastify'
import { generateKeyPair } from '../../src-main/security/certificate'

const [role, folder, ...followers] = process.argv.slice(2) as [string, string, ...string[]]
const LENGTH_BYTES = 4
const LOG_BYTES = 64 * 1024 * 1024
const ANSWER = { id: 'job', status: 'Queued', print_weight_in_grams: 1, printer_id: 'printer', filament_id: 'roll' }

/** Synchronous writes over zeros that are there already, one after the other, as production's log does. */
class Log {
  readonly #file = openSync(join(folder, 'log'), constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC)
  #position = 0

  constructor() {
    const zeros = Buffer.alloc(LOG_BYTES / 64)
    for (let at = 0; at < LOG_BYTES; at += zeros.length) writeSync(this.#file, zeros, 0, zeros.length, at)
  }

  append(record: Buffer, done: () => void): void {
    if (this.#position + record.length > LOG_BYTES) this.#position = 0
    const at = this.#position
    this.#position += record.length
    write(this.#file, record, 0, record.length, at, (error) => {
      if (error) throw error
      done()
    })
  }
}

/** Calls with every whole frame: its length, then that many bytes. */
function onFrames(socket: TLSSocket, take: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (data: Buffer) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data])
    let at = 0
    while (rest.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + rest.readUInt32LE(at)
      if (end > rest.length) break
      take(rest.subarray(at + LENGTH_BYTES, end))
      at = end
    }
    rest = rest.subarray(at)
  })
}

async function follow(log: Log): Promise<number> {
  const { key, cert } = await generateKeyPair('floor')
  const server = createServer({ key, cert }, (socket) => {
    socket.setNoDelay(true)
    let waiting: Buffer[] = []
    let writing = false
    const next = (): void => {
      if (writing || waiting.length === 0) return
      const frames = waiting
      waiting = []
      writing = true
      log.append(Buffer.concat(frames), () => {
        writing = false
        const written = Buffer.alloc(LENGTH_BYTES * 2)
        written.writeUInt32LE(LENGTH_BYTES)
        written.writeUInt32LE(frames.length, LENGTH_BYTES)
        socket.write(written)
        next()
      })
    }
    onFrames(socket, (frame) => {
      waiting.push(frame)
      next()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return (server.address() as AddressInfo).port
}

async function lead(log: Log, ports: readonly number[]): Promise<number> {
  let waiting: { readonly body: string; readonly reply: FastifyReply }[] = []
  const sent: (typeof waiting)[] = []
  let writing = false
  let written = 0
  let answered = 0
  const acknowledged = ports.map(() => 0)
  const peers = await Promise.all(
    ports.map(
      (port, peer) =>
        new Promise<TLSSocket>((connected) => {
          const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => connected(socket))
          socket.setNoDelay(true)
          onFrames(socket, (frame) => {
            acknowledged[peer]! += frame.readUInt32LE()
            answer()
          })
        })
    )
  )
  /** Of three, this node and the faster of the others are a majority. */
  function answer(): void {
    for (const majority = Math.min(written, Math.max(...acknowledged)); answered < majority; answered++)
      for (const { reply } of sent.shift()!) void reply.code(201).send(ANSWER)
  }
  function replicate(): void {
    if (writing || waiting.length === 0) return
    const batch = waiting
    waiting = []
    sent.push(batch)
    const text = batch.map(({ body }) => body).join('\n')
    const frame = Buffer.allocUnsafe(LENGTH_BYTES + Buffer.byteLength(text))
    frame.writeUInt32LE(frame.length - LENGTH_BYTES)
    frame.write(text, LENGTH_BYTES)
    for (const peer of peers) peer.write(frame)
    writing = true
    log.append(frame.subarray(LENGTH_BYTES), () => {
      writing = false
      written++
      answer()
      replicate()
    })
  }
  const app = Fastify()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.post('/*', (request, reply) => {
    // All requests of a turn of the event loop are one batch.
    if (waiting.push({ body: request.body as string, reply }) === 1) setImmediate(replicate)
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

const log = new Log()
const port = role === 'leader' ? await lead(log, followers.map(Number)) : await follow(log)
console.log(String(port))

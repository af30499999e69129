/**
 * One TLS connection that carries frames, in either direction.
 *
 * Invariant: what waits here is bounded by `queueBytesMax`, save for one message larger than that in an empty
 * queue; the socket itself holds little more than WRITE_AHEAD_BYTES. All frames sent in one turn of the event loop
 * leave in one write. `onClose` is called exactly once, as soon as the connection is known to be broken.
 */
import type { TLSSocket } from 'node:tls'
import { remoteAddress } from './address'
import { FrameReader, makeFrame, type FrameConsumer } from './frame'
import { FRAME } from './frame-types'
import { ProtocolError } from './protocol-error'

const WRITE_AHEAD_BYTES = 256 * 1024
const EMPTY = Buffer.alloc(0)

export interface ConnectionOptions {
  readonly payloadBytesMax: number
  readonly queueBytesMax: number
  readonly onFrame: FrameConsumer
  readonly onClose: (reason: string) => void
}

export class Connection {
  readonly address: string
  readonly #socket: TLSSocket
  readonly #reader: FrameReader
  #queueBytesMax: number
  #onClose: (reason: string) => void
  #queue: Buffer[] = []
  #queuedBytes = 0
  /** Part of #queue[0] that was written already. */
  #headOffset = 0
  #flushScheduled = false
  #closeReason: string | null = null
  #ending = false
  /** Bytes arrived, or a backlog moved, since the last sweep. */
  #alive = true
  #silentSweeps = 0

  constructor(socket: TLSSocket, options: ConnectionOptions) {
    this.#socket = socket
    this.#queueBytesMax = options.queueBytesMax
    this.#onClose = options.onClose
    this.#reader = new FrameReader(options.payloadBytesMax, options.onFrame)
    this.address = remoteAddress(socket)
    socket.setNoDelay(true)
    socket.on('data', this.#onData)
    socket.on('end', () => this.#finish('closed by the other side'))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#finish(error.code ?? error.message))
    socket.on('close', () => this.#finish('closed'))
    // It may have ended while nobody listened.
    if (socket.destroyed || socket.readableEnded) queueMicrotask(() => this.#finish('closed by the other side'))
  }

  /** What comes next is for another consumer, under other bounds. */
  become(options: ConnectionOptions): void {
    this.#queueBytesMax = options.queueBytesMax
    this.#reader.payloadBytesMax = options.payloadBytesMax
    this.#reader.consumer = options.onFrame
    this.#onClose = options.onClose
    const reason = this.#closeReason
    if (reason !== null) queueMicrotask(() => options.onClose(reason))
  }

  get closed(): boolean {
    return this.#closeReason !== null
  }

  get queuedBytes(): number {
    return this.closed ? 0 : this.#queuedBytes + this.#socket.writableLength
  }

  /** Takes all frames or, beyond the bound, none. */
  send(frames: readonly Buffer[], bytes: number): boolean {
    if (this.closed || this.#ending) return false
    const waiting = this.#queuedBytes + this.#socket.writableLength
    if (waiting > 0 && waiting + bytes > this.#queueBytesMax) return false
    for (const frame of frames) this.#queue.push(frame)
    this.#queuedBytes += bytes
    this.#schedule()
    return true
  }

  sendFrame(frame: Buffer): boolean {
    return this.send([frame], frame.length)
  }

  /** Lets what is queued leave, then closes; whatever still arrives is dropped. */
  end(): void {
    if (this.closed || this.#ending) return
    this.#ending = true
    this.#reader.stop()
    this.#schedule()
  }

  /** Closes at once. `onClose` is called, unless it was before. */
  destroy(reason: string): void {
    this.#finish(reason)
  }

  /** One look at the connection; returns false when it has been silent for too long. */
  sweep(silentSweepsMax: number): boolean {
    if (this.#alive) {
      this.#alive = false
      this.#silentSweeps = 0
      return true
    }
    return ++this.#silentSweeps < silentSweepsMax
  }

  readonly #onData = (piece: Buffer): void => {
    this.#alive = true
    try {
      this.#reader.push(piece)
    } catch (error) {
      // What a consumer throws beyond that is a broken invariant of this node, not of the peer.
      if (!(error instanceof ProtocolError)) throw error
      this.#finish(error.message)
    }
  }

  #schedule(): void {
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    process.nextTick(this.#flush)
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false
    if (this.closed) return
    while (this.#queuedBytes > 0 && this.#socket.writableLength < WRITE_AHEAD_BYTES)
      this.#socket.write(this.#take(), this.#written)
    if (this.#ending && this.#queuedBytes === 0) this.#socket.end()
  }

  readonly #written = (): void => {
    if (this.#queuedBytes === 0) return
    // Only a backlog tells: with an empty queue, the kernel takes bytes for a peer that is gone.
    this.#alive = true
    this.#flush()
  }

  /** The next bytes to write, some WRITE_AHEAD_BYTES at most. */
  #take(): Buffer {
    const queue = this.#queue
    const head = queue[0]!
    if (head.length - this.#headOffset > WRITE_AHEAD_BYTES) {
      const part = head.subarray(this.#headOffset, this.#headOffset + WRITE_AHEAD_BYTES)
      this.#headOffset += part.length
      this.#queuedBytes -= part.length
      return part
    }
    const first = this.#headOffset === 0 ? head : head.subarray(this.#headOffset)
    this.#headOffset = 0
    let bytes = first.length
    let count = 1
    while (count < queue.length && bytes + queue[count]!.length <= WRITE_AHEAD_BYTES) bytes += queue[count++]!.length
    this.#queuedBytes -= bytes
    if (count === 1) {
      queue.shift()
      return first
    }
    const parts = count === queue.length ? queue : queue.splice(0, count)
    if (parts === queue) this.#queue = []
    parts[0] = first
    return Buffer.concat(parts, bytes)
  }

  #finish(reason: string): void {
    if (this.closed) return
    this.#closeReason = reason
    this.#reader.stop()
    this.#queue = []
    this.#queuedBytes = 0
    this.#socket.destroy()
    this.#onClose(reason)
  }
}

export const pingFrame = makeFrame(FRAME.ping, EMPTY)
export const pongFrame = makeFrame(FRAME.pong, EMPTY)

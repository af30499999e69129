/**
 * Listens for peers and finds out who they are. Until a caller has proven a certificate and said an acceptable
 * hello it is a stranger: few at a time, little memory each, and a few seconds only, however it dribbles.
 */
import type { Server, Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { remoteAddress, type Address } from './address'
import { Connection } from './connection'
import type { TransportClock } from './environment'
import { decodeHello, encodeRefusal, type Hello, type HelloRefusal } from './hello'
import { HELLO_FRAME_BYTES_MAX, type TransportLimits } from './limits'
import type { RefusalLog } from './refusal-log'
import { provenFingerprint, serverOptions, type TlsIdentity } from './tls'

export interface AcceptorOptions {
  readonly identity: TlsIdentity
  readonly clock: TransportClock
  readonly limits: TransportLimits
  readonly refusals: RefusalLog
  /** Takes the connection, which must `become` something at once and be welcomed; or says why not. */
  readonly admit: (hello: Hello, fingerprint: string, connection: Connection) => HelloRefusal | null
}

interface Stranger {
  readonly host: string
  readonly address: string
  readonly raw: Socket
  cancelDeadline: () => void
}

export class Acceptor {
  readonly #options: AcceptorOptions
  #server: Server | null = null
  #bound: Address | null = null
  /** By address and port of the caller, which no two live connections share. */
  readonly #strangers = new Map<string, Stranger>()

  constructor(options: AcceptorOptions) {
    this.#options = options
  }

  get strangers(): number {
    return this.#strangers.size
  }

  /** Where it listens, or did last: while it moves, and once it is closed. */
  address(): Address {
    if (this.#bound === null) throw new Error('has never listened')
    return this.#bound
  }

  /** Listens there, and no longer where it did; established connections stay. Rejects as the system does. */
  async listen(address: Address): Promise<void> {
    const old = this.#server === null ? null : this.address()
    const samePort = old !== null && old.port === address.port
    // A wildcard and one of its addresses exclude each other.
    if (samePort) this.#stopListening()
    try {
      const server = await this.#open(address)
      this.#stopListening()
      this.#serve(server)
    } catch (error) {
      if (samePort) this.#serve(await this.#open(old))
      throw error
    }
  }

  close(): void {
    this.#stopListening()
    for (const stranger of this.#strangers.values()) stranger.raw.destroy()
  }

  #serve(server: Server): void {
    const bound = server.address()
    if (typeof bound !== 'object' || bound === null) throw new Error('not a network address')
    this.#server = server
    this.#bound = { host: bound.address, port: bound.port }
  }

  #stopListening(): void {
    this.#server?.close()
    this.#server = null
  }

  #open({ host, port }: Address): Promise<Server> {
    const server = createServer(serverOptions(this.#options.identity))
    server.on('connection', this.#onConnection)
    server.on('secureConnection', this.#onSecureConnection)
    server.on('tlsClientError', this.#onTlsError)
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        server.on('error', (error) => this.#options.refusals.log.error({ err: error }, 'cannot accept connections'))
        resolve(server)
      })
    })
  }

  readonly #onConnection = (raw: Socket): void => {
    const { limits, refusals, clock } = this.#options
    const address = remoteAddress(raw)
    const host = raw.remoteAddress
    if (host === undefined) return void raw.destroy()
    let fromHere = 0
    for (const stranger of this.#strangers.values()) if (stranger.host === host) fromHere++
    if (this.#strangers.size >= limits.strangersMax || fromHere >= limits.strangersPerAddressMax) {
      refusals.refused(address, 'busy', 'too many connections that have not said who they are')
      return void raw.destroy()
    }
    const key = keyOf(raw)
    const stranger: Stranger = {
      host,
      address,
      raw,
      cancelDeadline: clock.after(limits.handshakeTimeoutMs, () => {
        refusals.refused(address, 'handshake_timeout', 'no hello in time')
        raw.destroy()
      })
    }
    this.#strangers.set(key, stranger)
    raw.once('close', () => this.#forget(key, stranger))
  }

  readonly #onTlsError = (error: NodeJS.ErrnoException, socket: TLSSocket): void => {
    const address = this.#strangers.get(keyOf(socket))?.address ?? remoteAddress(socket)
    this.#options.refusals.refused(address, 'tls', error.code ?? error.message)
    socket.destroy()
  }

  readonly #onSecureConnection = (socket: TLSSocket): void => {
    const { refusals, admit } = this.#options
    const key = keyOf(socket)
    const stranger = this.#strangers.get(key)
    // Without an entry there is no deadline either.
    if (!stranger) return void socket.destroy()
    const refuse = (code: string, reason: string, fields: object = {}) =>
      refusals.refused(stranger.address, code, reason, fields)
    const fingerprint = provenFingerprint(socket)
    if (fingerprint === null) {
      refuse('no_certificate', 'no certificate, or no raft3d peer')
      return void socket.destroy()
    }
    const connection: Connection = new Connection(socket, {
      payloadBytesMax: HELLO_FRAME_BYTES_MAX,
      queueBytesMax: HELLO_FRAME_BYTES_MAX,
      onFrame: (type, payload) => {
        const hello = decodeHello(type, payload)
        const refusal = admit(hello, fingerprint, connection)
        if (refusal) {
          refuse(refusal.code, refusal.reason, { node_id: hello.nodeId, channel: hello.channel, fingerprint })
          connection.sendFrame(encodeRefusal(refusal))
          // The deadline still holds for a caller that does not go.
          connection.end()
        } else this.#forget(key, stranger)
      },
      onClose: (reason) => {
        if (this.#strangers.get(key) === stranger) refuse('bad_hello', reason)
      }
    })
  }

  #forget(key: string, stranger: Stranger): void {
    stranger.cancelDeadline()
    if (this.#strangers.get(key) === stranger) this.#strangers.delete(key)
  }
}

const keyOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`

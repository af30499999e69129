/**
 * Dials one channel: TCP, TLS, the pin, the hello and its answer. Ends in an established connection or in the
 * reason why not, within connectTimeoutMs + handshakeTimeoutMs.
 */
import { connect, type SecureContext } from 'node:tls'
import type { Address } from './address'
import { Connection } from './connection'
import type { TransportClock } from './environment'
import { decodeAnswer, encodeHello, type Hello, type RefusalCode, type Welcome } from './hello'
import { HELLO_FRAME_BYTES_MAX, type TransportLimits } from './limits'
import { ProtocolError } from './protocol-error'
import { ALPN, provenFingerprint } from './tls'

export interface ChannelTarget {
  readonly address: Address
  /** Whether this certificate is that of whom we want to reach. */
  readonly accepts: (fingerprint: string) => boolean
  readonly hello: Hello
  readonly queueBytesMax: number
}

export interface DialContext {
  readonly secureContext: SecureContext
  readonly clock: TransportClock
  readonly limits: TransportLimits
}

export type Opened =
  | { readonly ok: true; readonly connection: Connection; readonly welcome: Welcome; readonly fingerprint: string }
  | { readonly ok: false; readonly code: 'unreachable' | 'stranger' | RefusalCode; readonly reason: string }

/**
 * @param done called once, unless cancelled before; on success it must let the connection `become` something at once
 * @returns the way to cancel
 */
export function openChannel(target: ChannelTarget, context: DialContext, done: (opened: Opened) => void): () => void {
  const { clock, limits } = context
  const socket = connect({
    host: target.address.host,
    port: target.address.port,
    secureContext: context.secureContext,
    ALPNProtocols: [ALPN],
    servername: '',
    rejectUnauthorized: false
  })
  let settled = false
  let connection: Connection | null = null
  let cancelTimer = clock.after(limits.connectTimeoutMs, () => fail('unreachable', 'no connection in time'))

  const settle = (opened: Opened | null): void => {
    if (settled) return
    settled = true
    cancelTimer()
    if (opened?.ok !== true) {
      connection?.destroy('given up')
      socket.destroy()
    }
    if (opened) done(opened)
  }
  const fail = (code: 'unreachable' | 'stranger' | RefusalCode, reason: string): void =>
    settle({ ok: false, code, reason })

  socket.once('connect', () => {
    cancelTimer()
    cancelTimer = clock.after(limits.handshakeTimeoutMs, () => fail('unreachable', 'no answer in time'))
  })
  socket.on('error', (error: NodeJS.ErrnoException) => fail('unreachable', error.code ?? error.message))
  socket.once('close', () => fail('unreachable', 'closed during the handshake'))
  socket.once('secureConnect', () => {
    if (settled) return
    const fingerprint = provenFingerprint(socket)
    if (fingerprint === null || !target.accepts(fingerprint))
      return fail('stranger', 'another certificate than that of the member')
    connection = new Connection(socket, {
      payloadBytesMax: HELLO_FRAME_BYTES_MAX,
      queueBytesMax: target.queueBytesMax,
      onFrame: (type, payload) => {
        const answer = decodeAnswer(type, payload)
        if ('code' in answer) return fail(answer.code, answer.reason)
        if (target.hello.to !== null && answer.nodeId !== target.hello.to)
          throw new ProtocolError('welcomed by another member')
        settle({ ok: true, connection: connection!, welcome: answer, fingerprint })
      },
      onClose: (reason) => fail('unreachable', reason)
    })
    connection.sendFrame(encodeHello(target.hello))
  })
  return () => settle(null)
}

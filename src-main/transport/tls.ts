/**
 * TLS between members: version 1.3, both sides with their own self-signed certificate, nobody asks an authority.
 * Who the other is, is decided by the SHA-256 of the certificate it proved to hold, in each handshake anew:
 * sessions are never resumed.
 */
import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext, type TlsOptions, type TLSSocket } from 'node:tls'

export interface TlsIdentity {
  /** PEM. */
  readonly key: string
  /** PEM. */
  readonly cert: string
  /** SHA-256 of `cert`, upper-case hex with colons. */
  readonly fingerprint: string
}

export const ALPN = 'raft3d/1'

const contextOptions = ({ key, cert }: TlsIdentity) =>
  ({ key, cert, minVersion: 'TLSv1.3', secureOptions: constants.SSL_OP_NO_TICKET }) as const

export const clientContext = (identity: TlsIdentity): SecureContext => createSecureContext(contextOptions(identity))

export const serverOptions = (identity: TlsIdentity): TlsOptions => ({
  ...contextOptions(identity),
  ALPNProtocols: [ALPN],
  requestCert: true,
  // Self-signed by design; see provenFingerprint.
  rejectUnauthorized: false,
  noDelay: true
})

/** Fingerprint of the certificate that the other side holds the key of; null when it may not be relied on. */
export function provenFingerprint(socket: TLSSocket): string | null {
  if (socket.alpnProtocol !== ALPN || socket.getProtocol() !== 'TLSv1.3' || socket.isSessionReused()) return null
  return socket.getPeerX509Certificate()?.fingerprint256 ?? null
}

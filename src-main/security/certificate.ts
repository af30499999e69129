/**
 * A node's key pair and self-signed certificate. ECDSA P-256, because Ed25519 fails in Electron's BoringSSL.
 * Nobody checks names or dates in it: peers accept exactly the fingerprint that the membership names.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto'

export interface KeyPair {
  /** PEM, PKCS #8. */
  readonly key: string
  /** PEM. */
  readonly cert: string
}

export async function generateKeyPair(name: string): Promise<KeyPair> {
  // Needed once in a node's life and heavy to load.
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date('2020-01-01T00:00:00Z'),
    notAfterDate: new Date('2120-01-01T00:00:00Z'),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: name },
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' }
        ]
      }
    ]
  })
  return { key: made.private, cert: made.cert }
}

/** SHA-256 of the certificate, upper-case hex with colons: the form of MemberInfo.fingerprint. @throws on bad PEM */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256
}

/** @throws on bad PEM */
export function keyFits({ key, cert }: KeyPair): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
}

/**
 * A node's key pair and self-signed certificate. ECDSA P-256, because Ed25519 fails in Electron's BoringSSL.
 *
 * Nobody checks names or dates in it: peers accept exactly the fingerprint that the membership names. It is put
 * together here, since the libraries that could do it keep 15 MB of memory for the life of the process.
 */
import { createPrivateKey, generateKeyPair as generate, randomBytes, sign, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String
} from './der'

export interface KeyPair {
  /** PEM, PKCS #8. */
  readonly key: string
  /** PEM. */
  readonly cert: string
}

const OID = {
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2'
} as const

const SERIAL_BYTES = 16
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z')
const NOT_AFTER = new Date('2120-01-01T00:00:00Z')
const LOOPBACK_V4 = Buffer.of(127, 0, 0, 1)
const LOOPBACK_V6 = Buffer.concat([Buffer.alloc(15), Buffer.of(1)])

/** @param name common name and first DNS name, at most 64 characters */
export async function generateKeyPair(name: string): Promise<KeyPair> {
  const { publicKey, privateKey } = await promisify(generate)('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSha256))
  const subject = sequence(set(sequence(objectIdentifier(OID.commonName), utf8String(name))))
  const body = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(randomBytes(SERIAL_BYTES)),
    algorithm,
    subject,
    sequence(time(NOT_BEFORE), time(NOT_AFTER)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, extensions(name))
  )
  const cert = sequence(body, algorithm, bitString(sign('sha256', body, privateKey)))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert: pem(cert) }
}

function extensions(name: string): Buffer {
  const critical = (oid: string, content: Buffer) =>
    sequence(objectIdentifier(oid), boolean(true), octetString(content))
  const extension = (oid: string, content: Buffer) => sequence(objectIdentifier(oid), octetString(content))
  const dnsName = (dns: string) => implicit(2, Buffer.from(dns, 'latin1'))
  const ipAddress = (bytes: Buffer) => implicit(7, bytes)
  return sequence(
    critical(OID.basicConstraints, sequence()),
    // digitalSignature
    critical(OID.keyUsage, bitString(Buffer.of(0x80), 7)),
    extension(OID.extKeyUsage, sequence(objectIdentifier(OID.serverAuth), objectIdentifier(OID.clientAuth))),
    extension(
      OID.subjectAltName,
      sequence(dnsName(name), dnsName('localhost'), ipAddress(LOOPBACK_V4), ipAddress(LOOPBACK_V6))
    )
  )
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

/** SHA-256 of the certificate, upper-case hex with colons: the form of MemberInfo.fingerprint. @throws on bad PEM */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256
}

/** @throws on bad PEM */
export function keyFits({ key, cert }: KeyPair): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
}

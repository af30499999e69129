import { execFileSync } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fingerprintOf, generateKeyPair, keyFits } from '../../src-main/security/certificate'
import { integer, objectIdentifier, sequence, time, utf8String } from '../../src-main/security/der'

const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
})()

describe('certificate', () => {
  test('is a self-signed X.509 certificate for its own key', async () => {
    const pair = await generateKeyPair('n-abcdefghijkl')
    const cert = new X509Certificate(pair.cert)
    expect(cert.verify(createPublicKey(pair.key))).toBe(true)
    expect(keyFits(pair)).toBe(true)
    expect(cert.ca).toBe(false)
    expect(cert.subject).toBe('CN=n-abcdefghijkl')
    expect(cert.issuer).toBe(cert.subject)
    expect(cert.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(cert.subjectAltName).toBe(
      'DNS:n-abcdefghijkl, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1'
    )
    expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(new Date(cert.validFrom).getUTCFullYear()).toBe(2020)
    expect(new Date(cert.validTo).getUTCFullYear()).toBe(2120)
    expect(fingerprintOf(pair.cert)).toBe(cert.fingerprint256)
  })

  test('no two have a key or a serial number in common, and all can be read', async () => {
    const certs = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => new X509Certificate((await generateKeyPair(`n-${i}`)).cert))
    )
    expect(new Set(certs.map(({ serialNumber }) => serialNumber)).size).toBe(50)
    expect(new Set(certs.map(({ fingerprint256 }) => fingerprint256)).size).toBe(50)
    for (const cert of certs) expect(cert.serialNumber).toMatch(/^[1-9A-F][0-9A-F]{0,31}$|^0[1-9A-F][0-9A-F]{0,30}$/)
  })

  test('serves TLS 1.3, and a client that trusts it finds nothing wrong', async () => {
    const pair = await generateKeyPair('n-abcdefghijkl')
    const server = createServer({ ...pair, minVersion: 'TLSv1.3' }, (socket) => socket.end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const client = await new Promise<TLSSocket>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca: pair.cert }, () => resolve(socket)).on('error', reject)
    })
    expect(client.authorized).toBe(true)
    client.destroy()
    server.close()
  })

  test.skipIf(!hasOpenssl)('is well-formed in the eyes of OpenSSL', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'raft3d-certificate-'))
    try {
      const file = join(dir, 'node.crt')
      writeFileSync(file, (await generateKeyPair('n-abcdefghijkl')).cert)
      const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
      expect(openssl('verify', '-x509_strict', '-CAfile', file, file)).toMatch(/OK/)
      expect(openssl('x509', '-in', file, '-noout', '-text')).toMatch(/ecdsa-with-SHA256[^]*Digital Signature/)
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

describe('DER', () => {
  test('integers have no superfluous bytes and no sign', () => {
    expect(integer(Buffer.of(0))).toEqual(Buffer.of(2, 1, 0))
    expect(integer(Buffer.of(0, 0, 0x7f))).toEqual(Buffer.of(2, 1, 0x7f))
    expect(integer(Buffer.of(0x80))).toEqual(Buffer.of(2, 2, 0, 0x80))
  })

  test('lengths beyond 127 and 255 take more bytes', () => {
    expect(utf8String('x'.repeat(127)).subarray(0, 2)).toEqual(Buffer.of(0x0c, 127))
    expect(utf8String('x'.repeat(128)).subarray(0, 3)).toEqual(Buffer.of(0x0c, 0x81, 128))
    expect(utf8String('x'.repeat(300)).subarray(0, 4)).toEqual(Buffer.of(0x0c, 0x82, 1, 44))
    expect(() => sequence(Buffer.alloc(70_000))).toThrow(RangeError)
  })

  test('object identifiers and times', () => {
    expect(objectIdentifier('1.2.840.10045.4.3.2').toString('hex')).toBe('06082a8648ce3d040302')
    expect(time(new Date('2049-12-31T23:59:59Z')).toString('latin1')).toBe('\x17\r491231235959Z')
    expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\x18\x0f20500101000000Z')
  })
})

import { createPublicKey, X509Certificate } from 'node:crypto'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { fingerprintOf, generateKeyPair, keyFits } from '../../src-main/security/certificate'

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
})

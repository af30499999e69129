import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createInvite, InviteUnreadable, parseInvite, type InviteContent } from '../../src-main/security/invite'
import { hashSecret, newInviteSecret, newTokenSecret, sameHash } from '../../src-main/security/secrets'

const fingerprint = (byte: number) =>
  Array.from({ length: 32 }, () => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')

const invite: InviteContent = {
  clusterId: 'c-abcdefghijkl',
  addresses: ['192.168.1.10:7080', '[fe80::1]:7080', 'lab-7.local:7080'],
  fingerprints: [fingerprint(0xab), fingerprint(1)],
  id: 'i-1',
  secret: newInviteSecret(),
  expiresAt: 1_795_000_000_000
}

const fault = (text: string): string => {
  try {
    parseInvite(text)
  } catch (error) {
    if (error instanceof InviteUnreadable) return error.fault
    throw error
  }
  return 'none'
}

describe('invite', () => {
  test('comes back as it was made, through any content', () => {
    expect(parseInvite(createInvite(invite))).toEqual(invite)
    const text = fc.string({ minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(
        fc.record({
          clusterId: text,
          id: text,
          addresses: fc.array(text, { minLength: 1, maxLength: 16 }),
          fingerprints: fc.array(fc.integer({ min: 0, max: 255 }).map(fingerprint), { minLength: 1, maxLength: 16 }),
          secret: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => Buffer.from(b).toString('base64url')),
          expiresAt: fc.integer({ min: 0, max: 2 ** 47 })
        }),
        (content) => {
          expect(parseInvite(createInvite(content))).toEqual(content)
        }
      )
    )
  })

  test('is one word that fits a QR code', () => {
    expect(createInvite(invite)).toMatch(/^raft3d-[\w-]+$/)
    expect(createInvite(invite).length).toBeLessThan(400)
  })

  test('is found in what people paste', () => {
    const code = createInvite(invite)
    for (const pasted of [
      `  ${code}\n`,
      `"${code}"`,
      code.replace(/(.{60})/g, '$1\r\n'),
      `raft3d://join/${code}`,
      `raft3d:///join/${code}/`,
      `<RAFT3D://join/${code}>`,
      `${code}.`
    ])
      expect(parseInvite(pasted)).toEqual(invite)
  })

  test('cut short at any place is called incomplete', () => {
    const code = createInvite(invite)
    for (let length = 'raft3d-'.length; length < code.length; length++)
      expect(fault(code.slice(0, length))).toBe('incomplete')
  })

  test('with any character changed is called incomplete, or is something else altogether', () => {
    const code = createInvite(invite)
    for (let at = 0; at < code.length; at++) {
      const changed = code.slice(0, at) + (code[at] === 'A' ? 'B' : 'A') + code.slice(at + 1)
      // The last character may hold bits that base64 does not use.
      if (at === code.length - 1 && fault(changed) === 'none') expect(parseInvite(changed)).toEqual(invite)
      else expect(fault(changed)).toMatch(at < 'raft3d-'.length ? /notAnInvite|none/ : /incomplete/)
    }
  })

  test('anything else is called no invite', () => {
    for (const text of ['', 'hello', 'https://example.org/raft3d', 'x'.repeat(10_000), 'r3d_abc'])
      expect(fault(text)).toBe('notAnInvite')
    fc.assert(fc.property(fc.string(), (text) => fault(text) !== 'none'))
    fc.assert(fc.property(fc.string(), (text) => fault(`raft3d-${text}`) !== 'none'))
  })

  test('must name an address, a certificate and a whole secret', () => {
    expect(() => createInvite({ ...invite, addresses: [] })).toThrow(RangeError)
    expect(() => createInvite({ ...invite, fingerprints: [] })).toThrow(RangeError)
    expect(() => createInvite({ ...invite, fingerprints: ['AB:CD'] })).toThrow(RangeError)
    expect(() => createInvite({ ...invite, secret: 'short' })).toThrow(RangeError)
  })
})

describe('secrets', () => {
  test('are long, unlike each other and recognisable', () => {
    expect(newTokenSecret()).toMatch(/^r3d_[\w-]{43}$/)
    expect(newInviteSecret()).toMatch(/^[\w-]{43}$/)
    expect(newTokenSecret()).not.toBe(newTokenSecret())
  })

  test('fit their own hash and no other', () => {
    const secret = newTokenSecret()
    expect(hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(sameHash(hashSecret(secret), hashSecret(secret))).toBe(true)
    expect(sameHash(hashSecret(secret), hashSecret(`${secret} `))).toBe(false)
    expect(sameHash('ab', 'abc')).toBe(false)
    expect(sameHash('', '')).toBe(true)
  })
})

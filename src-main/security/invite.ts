/**
 * An invite as one string to paste: where the cluster is, how to recognise it, and the secret that admits once.
 *
 * Binary inside, so that it stays short enough for a QR code; a checksum tells a truncated or mistyped paste from
 * a wrong one. It authenticates both sides: the joiner accepts only the certificates named here, the cluster only
 * the secret. Whether it is still good is decided by the cluster's own clock and log, not here.
 */
import { createHash } from 'node:crypto'

export interface InviteContent {
  readonly clusterId: string
  /** HOST:PORT of members, the maker first. */
  readonly addresses: readonly string[]
  /** Certificates of members, SHA-256 as upper-case hex with colons. */
  readonly fingerprints: readonly string[]
  readonly id: string
  /** 32 random bytes as base64url; only its hash goes into the farm. */
  readonly secret: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export type InviteFault = 'notAnInvite' | 'incomplete' | 'newerVersion'

export class InviteUnreadable extends Error {
  readonly code = 'invalid_invite'
  constructor(readonly fault: InviteFault) {
    super(FAULTS[fault])
  }
}

const FAULTS: Record<InviteFault, string> = {
  notAnInvite: 'This is not an invite: it should begin with raft3d-',
  incomplete: 'The invite is incomplete or was changed on the way: copy the whole of it and paste it again',
  newerVersion: 'The invite was made by a newer version of Raft3D: update this machine first'
}

const VERSION = 1
const PREFIX = 'raft3d-'
const LINK = /^raft3d:\/*join\/+/i
const SECRET_BYTES = 32
const FINGERPRINT_BYTES = 32
const CHECKSUM_BYTES = 4
const ADDRESSES_MAX = 16
const FINGERPRINTS_MAX = 16
/** Far above any invite; keeps a pasted novel from being worked on. */
const TEXT_CHARS_MAX = 8192

export function createInvite(invite: InviteContent): string {
  const time = Buffer.alloc(6)
  time.writeUIntBE(invite.expiresAt, 0, 6)
  const secret = Buffer.from(invite.secret, 'base64url')
  if (secret.length !== SECRET_BYTES) throw new RangeError('an invite secret has 32 bytes')
  if (invite.addresses.length === 0 || invite.fingerprints.length === 0)
    throw new RangeError('an invite names at least one address and one certificate')
  const addresses = invite.addresses.slice(0, ADDRESSES_MAX)
  const fingerprints = invite.fingerprints.slice(0, FINGERPRINTS_MAX)
  const body = Buffer.concat([
    Buffer.of(VERSION),
    time,
    secret,
    short(invite.id),
    short(invite.clusterId),
    Buffer.of(addresses.length),
    ...addresses.map(short),
    Buffer.of(fingerprints.length),
    ...fingerprints.map(fingerprintBytes)
  ])
  return PREFIX + Buffer.concat([body, checksum(body)]).toString('base64url')
}

/** Takes what people paste: with white space, line breaks, quotes, or as a raft3d://join/ link. @throws InviteUnreadable */
export function parseInvite(text: string): InviteContent {
  if (text.length > TEXT_CHARS_MAX) throw new InviteUnreadable('notAnInvite')
  const pasted = text.replace(/[\s\u200b\ufeff<>"'`]/g, '').replace(LINK, '')
  if (pasted.slice(0, PREFIX.length).toLowerCase() !== PREFIX) throw new InviteUnreadable('notAnInvite')
  const code = pasted.slice(PREFIX.length).replace(/[/.,;:=]+$/, '')
  if (!/^[\w-]*$/.test(code)) throw new InviteUnreadable('incomplete')
  const bytes = Buffer.from(code, 'base64url')
  if (bytes.length <= CHECKSUM_BYTES) throw new InviteUnreadable('incomplete')
  const body = bytes.subarray(0, -CHECKSUM_BYTES)
  if (!checksum(body).equals(bytes.subarray(-CHECKSUM_BYTES))) throw new InviteUnreadable('incomplete')
  if (body[0] !== VERSION) throw new InviteUnreadable('newerVersion')
  return decode(body)
}

function decode(body: Buffer): InviteContent {
  let offset = 1
  const take = (bytes: number): Buffer => {
    const end = offset + bytes
    if (end > body.length) throw new InviteUnreadable('incomplete')
    const part = body.subarray(offset, end)
    offset = end
    return part
  }
  const byte = (): number => take(1).readUInt8()
  const string = (): string => take(byte()).toString('utf8')
  const list = <T>(max: number, item: () => T): T[] => {
    const count = byte()
    if (count === 0 || count > max) throw new InviteUnreadable('incomplete')
    return Array.from({ length: count }, item)
  }
  const invite = {
    expiresAt: take(6).readUIntBE(0, 6),
    secret: take(SECRET_BYTES).toString('base64url'),
    id: string(),
    clusterId: string(),
    addresses: list(ADDRESSES_MAX, string),
    fingerprints: list(FINGERPRINTS_MAX, () => fingerprintText(take(FINGERPRINT_BYTES)))
  }
  if (offset !== body.length) throw new InviteUnreadable('incomplete')
  return invite
}

function short(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length === 0 || bytes.length > 255) throw new RangeError('a text in an invite has 1 to 255 bytes')
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}

function fingerprintBytes(fingerprint: string): Buffer {
  const bytes = Buffer.from(fingerprint.replaceAll(':', ''), 'hex')
  if (bytes.length !== FINGERPRINT_BYTES) throw new RangeError('a fingerprint has 32 bytes')
  return bytes
}

const fingerprintText = (bytes: Buffer): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')

const checksum = (body: Buffer): Buffer => createHash('sha256').update(body).digest().subarray(0, CHECKSUM_BYTES)

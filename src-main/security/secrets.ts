/** Secrets of tokens and invites: drawn here, shown once, kept and compared as SHA-256 only. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const SECRET_BYTES = 32
const TOKEN_PREFIX = 'r3d_'

/** `r3d_` and 43 characters of base64url: 256 random bits. */
export const newTokenSecret = (): string => TOKEN_PREFIX + randomBytes(SECRET_BYTES).toString('base64url')

/** 32 random bytes as base64url. */
export const newInviteSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url')

/** Lower-case hex SHA-256 of the secret's text: the form in Token.hash and Invite.hash. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret, 'utf8').digest('hex')

/** Compares two hashes in a time that does not depend on where they differ. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

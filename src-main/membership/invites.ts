/** The making of an invite: a record in the farm that only the hash of the secret goes into, and the text to paste. */
import { randomBytes } from 'node:crypto'
import type { InviteCreated } from '../contract/cluster'
import { Failure } from '../runtime/replica'
import { createInvite } from '../security/invite'
import { hashSecret, newInviteSecret } from '../security/secrets'
import { formatAddress, isWildcard, parseAddress } from '../transport/address'
import { lanAddresses } from './addresses'
import type { Member } from './member'

export async function inviteTo(
  member: Member,
  options: { readonly ttlSeconds: number; readonly by: string; readonly timeoutMs: number }
): Promise<InviteCreated> {
  const id = randomBytes(6).toString('hex')
  const secret = newInviteSecret()
  const expiresAt = Date.now() + options.ttlSeconds * 1000
  const outcome = await member.replica.propose(
    { type: 'invite.create', id, hash: hashSecret(secret), expires_at: expiresAt },
    { by: options.by, timeoutMs: options.timeoutMs }
  )
  if (!outcome.ok) throw new Failure(outcome.code === 'session_expired' ? 'no_quorum' : outcome.code, outcome.detail)
  const members = member.members()
  const others = Object.entries(members).filter(([other]) => other !== member.id)
  const invite = createInvite({
    clusterId: member.clusterId,
    addresses: [...new Set([...ownAddresses(member), ...others.map(([, info]) => info.rpcAddress)])],
    fingerprints: [...new Set([member.identity.fingerprint, ...others.map(([, info]) => info.fingerprint)])],
    id,
    secret,
    expiresAt
  })
  return { id, invite, expires_at: expiresAt }
}

/** What this node tells others, and its other addresses where it listens on all of them. */
function ownAddresses(member: Member): string[] {
  const told = member.info().rpcAddress
  const { host, port } = member.transport.address()
  if (!isWildcard(host)) return [told]
  return [told, ...lanAddresses().map((address) => formatAddress({ host: address, port }))].filter(parseAddress)
}

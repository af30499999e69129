/** Records as clients may see them: secrets' hashes stay inside. */
import type { Cluster } from '../contract/cluster'
import type { Invite, Token } from '../farm/types'
import type { Replica } from '../runtime/replica'

export function tokenView({ id, name, role, created_at, expires_at }: Token) {
  return { id, name, role, created_at, expires_at }
}

export function inviteView({ id, created_at, expires_at }: Invite) {
  return { id, created_at, expires_at }
}

export function clusterView(replica: Replica): Cluster {
  const { members, ...status } = replica.status()
  return { ...status, ...replica.readiness(), members }
}

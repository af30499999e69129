/**
 * The identity under which this node asks to be admitted with one invite. It is kept before it is shown: when the
 * answer gets lost, or the process ends in between, a repetition comes as the same node, which the cluster has let
 * in already, and not as another with an invite that was used.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { asNodeId } from '../raft/types'
import { replaceFile } from '../security/atomic-file'
import { fingerprintOf, keyFits } from '../security/certificate'
import { makeIdentity, type Identity } from '../security/identity'
import type { InviteContent } from '../security/invite'

interface Kept {
  readonly invite: string
  readonly cluster_id: string
  readonly node_id: string
  /** PEM. */
  readonly key: string
  /** PEM. */
  readonly cert: string
}

const fileOf = (dataDir: string): string => join(dataDir, 'joining.json')

/** That of the earlier attempt with this invite, if there was one. */
export async function newcomerFor(dataDir: string, invite: Pick<InviteContent, 'id' | 'clusterId'>): Promise<Identity> {
  const kept = read(dataDir)
  if (kept !== null && kept.invite === invite.id && kept.cluster_id === invite.clusterId) {
    const { key, cert } = kept
    return { nodeId: asNodeId(kept.node_id), clusterId: null, fingerprint: fingerprintOf(cert), key, cert }
  }
  const identity = await makeIdentity()
  const { nodeId, key, cert } = identity
  const content: Kept = { invite: invite.id, cluster_id: invite.clusterId, node_id: nodeId, key, cert }
  replaceFile(fileOf(dataDir), `${JSON.stringify(content, null, 2)}\n`, 0o600)
  return identity
}

/** It was adopted. */
export function forgetNewcomer(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true })
}

/** null when there is none, or one that cannot be used: another is made then. */
function read(dataDir: string): Kept | null {
  try {
    const kept = JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as Kept
    return /^[\w.-]{1,64}$/.test(kept.node_id) && keyFits(kept) ? kept : null
  } catch {
    return null
  }
}

/**
 * The inviting side of a join, on whichever member the newcomer dialled: the invite is redeemed through the log,
 * exactly once in the whole cluster, and only then the newcomer becomes a learner.
 */
import type { NodeId } from '../raft/types'
import type { Logger } from '../runtime/log'
import { Failure, type Replica } from '../runtime/replica'
import { hashSecret, sameHash } from '../security/secrets'
import type { JoinGrant, JoinRefusal, JoinRequest } from '../transport/join'
import type { Member } from './member'

const ADMISSION_TIMEOUT_MS = 8_000

export async function admit(request: JoinRequest, member: Member, log: Logger): Promise<JoinGrant | JoinRefusal> {
  const { nodeId, info } = request
  const fields = { event: 'join_request', peer: nodeId, name: info.name, address: info.rpcAddress }
  try {
    const known = member.members()[nodeId]
    // The answer to an earlier request got lost on the way: the certificate proves that it is the same node.
    if (!known || !sameHash(known.fingerprint, info.fingerprint)) await redeemAndAdd(request, nodeId, member.replica)
    log.info(fields, 'A new machine was admitted with an invite.')
    return { granted: true, clusterId: member.clusterId, members: member.members() }
  } catch (error) {
    const failure = error instanceof Failure ? error : new Failure('internal', 'The request could not be handled.')
    log.warn({ ...fields, code: failure.code, detail: failure.detail }, 'A request to join was refused.')
    return { granted: false, reason: failure.detail }
  }
}

async function redeemAndAdd(request: JoinRequest, nodeId: NodeId, replica: Replica): Promise<void> {
  const outcome = await replica.propose(
    { type: 'invite.redeem', id: request.inviteId, hash: hashSecret(request.secret) },
    { by: `invite ${request.inviteId}`, timeoutMs: ADMISSION_TIMEOUT_MS }
  )
  if (!outcome.ok) throw new Failure(outcome.code === 'session_expired' ? 'no_quorum' : outcome.code, outcome.detail)
  await replica.addLearner(nodeId, request.info, ADMISSION_TIMEOUT_MS)
}

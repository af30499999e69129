/**
 * The inviting side of a join, on whichever member the newcomer dialled: the invite is redeemed through the log,
 * exactly once in the whole cluster, and only then the newcomer becomes a learner.
 *
 * Anybody can ask: whoever does not know the secret costs no entry in the log and no line in this node's.
 */
import type { MemberInfo, NodeId } from '../raft/types'
import type { Logger } from '../runtime/log'
import { Failure, type Replica } from '../runtime/replica'
import { hashSecret, sameHash } from '../security/secrets'
import type { JoinGrant, JoinRefusal, JoinRequest } from '../transport/join'

const ADMISSION_TIMEOUT_MS = 8_000
/** Newcomers whose invite was redeemed here and who are not members yet. */
const REDEEMED_MAX = 64

/** What is asked of the member that admits. */
export interface Admitting {
  readonly clusterId: string
  readonly replica: Pick<Replica, 'farm' | 'linearize' | 'propose' | 'addLearner'>
  members(): Readonly<Record<string, MemberInfo>>
}

export class Admission {
  /** By newcomer, a hash over what it showed: after a failure in between it may try again with the same. */
  readonly #redeemed = new Map<NodeId, string>()

  constructor(private readonly log: Logger) {}

  async admit(request: JoinRequest, member: Admitting): Promise<JoinGrant | JoinRefusal> {
    const { nodeId, info } = request
    const fields = { event: 'join_request', peer: nodeId, name: info.name, address: info.rpcAddress }
    try {
      const known = member.members()[nodeId]
      if (known && !sameHash(known.fingerprint, info.fingerprint))
        throw new Failure('already_member', `Another node is a member under the id ${nodeId}.`)
      // The answer to an earlier request got lost on the way: the certificate proves that it is the same node.
      if (known) this.#redeemed.delete(nodeId)
      else await this.#redeemAndAdd(request, member.replica)
      this.log.info(fields, 'A new machine was admitted with an invite.')
      return { granted: true, clusterId: member.clusterId, members: member.members() }
    } catch (error) {
      if (!(error instanceof Failure)) {
        this.log.error({ ...fields, err: error }, 'A request to join failed.')
        return {
          granted: false,
          reason: 'The request could not be handled; the log of the inviting machine says more.'
        }
      }
      const { code, detail } = error
      const refused = { ...fields, code, detail }
      if (code === 'invalid_invite') this.log.debug(refused, 'A request to join was refused.')
      else this.log.warn(refused, 'A request to join was refused.')
      return { granted: false, reason: detail }
    }
  }

  async #redeemAndAdd(request: JoinRequest, replica: Admitting['replica']): Promise<void> {
    const { nodeId, inviteId, info } = request
    const shown = hashSecret(`${inviteId} ${request.secret} ${info.fingerprint}`)
    const before = this.#redeemed.get(nodeId)
    if (before === undefined || !sameHash(before, shown)) {
      await redeem(request, replica)
      this.#redeemed.set(nodeId, shown)
      if (this.#redeemed.size > REDEEMED_MAX) this.#redeemed.delete(this.#redeemed.keys().next().value!)
    }
    await replica.addLearner(nodeId, info, ADMISSION_TIMEOUT_MS)
    // From now on it is a member, or was removed for good.
    this.#redeemed.delete(nodeId)
  }
}

async function redeem({ inviteId: id, secret }: JoinRequest, replica: Admitting['replica']): Promise<void> {
  const hash = hashSecret(secret)
  const isKnown = (): boolean =>
    replica.farm.invites().some((invite) => invite.id === id && sameHash(invite.hash, hash))
  if (!isKnown()) {
    // Made on another node a moment ago, perhaps.
    await replica.linearize(ADMISSION_TIMEOUT_MS)
    if (!isKnown()) throw new Failure('invalid_invite', 'The invite is unknown here or was used already.')
  }
  const outcome = await replica.propose(
    { type: 'invite.redeem', id, hash },
    { by: `invite ${id}`, timeoutMs: ADMISSION_TIMEOUT_MS }
  )
  if (!outcome.ok) throw new Failure(outcome.code === 'session_expired' ? 'no_quorum' : outcome.code, outcome.detail)
}

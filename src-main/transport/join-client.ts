/** The newcomer's side of a join: asks the members that the invite names, one after another. */
import { randomUUID } from 'node:crypto'
import type { MemberInfo, NodeId } from '../raft/types'
import { parseAddress } from './address'
import type { TransportClock } from './environment'
import { FrameInbox } from './frame-inbox'
import { FEATURES, PROTOCOL } from './hello'
import {
  decodeJoinAnswer,
  encodeJoinRequest,
  JoinFailed,
  type JoinGrant,
  type JoinInvite,
  type JoinRefusal
} from './join'
import { CONTROL_FRAME_BYTES_MAX, HELLO_FRAME_BYTES_MAX, TRANSPORT_LIMITS, type TransportLimits } from './limits'
import { openChannel, type DialContext, type Opened } from './open-channel'
import { clientContext, type TlsIdentity } from './tls'

export interface JoinOptions {
  readonly invite: JoinInvite
  readonly identity: TlsIdentity & { readonly nodeId: NodeId }
  /** How the newcomer describes itself; with the fingerprint of `identity`. */
  readonly info: MemberInfo
  /** For all addresses together. */
  readonly timeoutMs: number
  readonly clock: TransportClock
  readonly limits?: Partial<TransportLimits>
}

/** Rejects with JoinFailed. A repetition after a lost answer is safe. */
export async function requestJoin(options: JoinOptions): Promise<JoinGrant> {
  const { invite, identity, clock, timeoutMs } = options
  const context: DialContext = {
    secureContext: clientContext(identity),
    clock,
    limits: { ...TRANSPORT_LIMITS, ...options.limits }
  }
  const deadline = clock.monotonicMs() + timeoutMs
  const attempts: { address: string; reason: string }[] = []
  let refusal: string | null = null
  for (const address of invite.addresses) {
    const remainingMs = deadline - clock.monotonicMs()
    if (remainingMs <= 0) break
    const answer = await ask(address, options, context, remainingMs)
    if (typeof answer !== 'string' && answer.granted) {
      if (answer.clusterId === invite.clusterId) return answer
      attempts.push({ address, reason: 'it answered for another cluster' })
    } else {
      const reason = typeof answer === 'string' ? answer : answer.reason
      if (typeof answer !== 'string') refusal ??= reason
      attempts.push({ address, reason })
    }
  }
  if (refusal !== null) throw new JoinFailed('refused', refusal, attempts)
  const tried = attempts.map(({ address, reason }) => `${address}: ${reason}`).join('; ')
  throw new JoinFailed(
    'unreachable',
    `No member of the cluster could be reached (${tried || 'no time left'})`,
    attempts
  )
}

/** The answer of the member at `address`, or why there is none. */
async function ask(
  address: string,
  { invite, identity, info }: JoinOptions,
  context: DialContext,
  timeoutMs: number
): Promise<JoinGrant | JoinRefusal | string> {
  const target = parseAddress(address)
  if (target === null) return 'not an address'
  const opened = await new Promise<Opened>((resolve) =>
    openChannel(
      {
        address: target,
        accepts: (fingerprint) => invite.fingerprints.includes(fingerprint),
        hello: {
          protocol: PROTOCOL,
          clusterId: invite.clusterId,
          nodeId: identity.nodeId,
          to: null,
          instance: randomUUID(),
          channel: 'join',
          features: FEATURES
        },
        queueBytesMax: HELLO_FRAME_BYTES_MAX
      },
      context,
      resolve
    )
  )
  if (!opened.ok) return opened.reason
  const { connection } = opened
  const inbox = new FrameInbox(connection, context.clock, {
    payloadBytesMax: CONTROL_FRAME_BYTES_MAX,
    queueBytesMax: HELLO_FRAME_BYTES_MAX,
    framesMax: 1
  })
  connection.sendFrame(encodeJoinRequest({ inviteId: invite.id, secret: invite.secret, nodeId: identity.nodeId, info }))
  try {
    const { type, payload } = await inbox.next(timeoutMs)
    return decodeJoinAnswer(type, payload)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    connection.end()
    context.clock.after(context.limits.stopFlushMs, () => connection.destroy('done'))
  }
}

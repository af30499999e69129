/**
 * Joining by invite. The newcomer accepts only the certificates that the invite names, and shows the invite's
 * secret only to one of them; the member learns the newcomer's certificate from the handshake itself.
 */
import type { MemberInfo, NodeId } from '../raft/types'
import type { InviteContent } from '../security/invite'
import { makeFrame } from './frame'
import { FRAME } from './frame-types'
import { decodeJson, encodeJson } from './json'
import { ProtocolError } from './protocol-error'
import { asShape, memberInfo, members, nodeId, text } from './shapes'

export interface JoinRequest {
  readonly inviteId: string
  /** As in the invite; only its hash is compared. */
  readonly secret: string
  readonly nodeId: NodeId
  /** Its fingerprint is that of the certificate which the newcomer has proven. */
  readonly info: MemberInfo
}

export interface JoinGrant {
  readonly granted: true
  readonly clusterId: string
  /** Everyone who may be dialled from now on. */
  readonly members: Readonly<Record<string, MemberInfo>>
}

export interface JoinRefusal {
  readonly granted: false
  /** For people. */
  readonly reason: string
}

/** Decides; may take as long as it takes to commit. Must not reject for expected reasons. */
export type JoinHandler = (request: JoinRequest, fingerprint: string) => Promise<JoinGrant | JoinRefusal>

/** No member admitted this node. */
export class JoinFailed extends Error {
  constructor(
    /** refused: a member said no. unreachable: none of them answered as one. */
    readonly code: 'refused' | 'unreachable',
    message: string,
    readonly attempts: readonly { readonly address: string; readonly reason: string }[]
  ) {
    super(message)
  }
}

export type JoinInvite = Pick<InviteContent, 'clusterId' | 'addresses' | 'fingerprints' | 'id' | 'secret'>

export const encodeJoinRequest = (request: JoinRequest): Buffer => makeFrame(FRAME.joinRequest, encodeJson(request))

/** @throws ProtocolError */
export function decodeJoinRequest(payload: Buffer): JoinRequest {
  const shape = asShape(decodeJson(payload), 'join request')
  return {
    inviteId: text(shape, 'inviteId', 64),
    secret: text(shape, 'secret', 128),
    nodeId: nodeId(shape, 'nodeId'),
    info: memberInfo(shape['info'])
  }
}

export function encodeJoinAnswer(answer: JoinGrant | JoinRefusal): Buffer {
  return answer.granted
    ? makeFrame(FRAME.joinGrant, encodeJson({ clusterId: answer.clusterId, members: answer.members }))
    : makeFrame(FRAME.joinRefusal, encodeJson({ reason: answer.reason.slice(0, 256) }))
}

/** @throws ProtocolError */
export function decodeJoinAnswer(type: number, payload: Buffer): JoinGrant | JoinRefusal {
  const shape = asShape(decodeJson(payload), 'join answer')
  switch (type) {
    case FRAME.joinGrant:
      return { granted: true, clusterId: text(shape, 'clusterId'), members: members(shape, 'members') }
    case FRAME.joinRefusal:
      return { granted: false, reason: text(shape, 'reason') }
    default:
      throw new ProtocolError(`frame type ${type} in answer to a join request`)
  }
}

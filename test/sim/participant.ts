import type { MemberInfo, NodeId } from '../../src-main/raft/types'
import type { TransportHandlers } from '../../src-main/transport/ports'
import type { Protocol } from './releases'
import type { Owner } from './scheduler'

/** A process that takes part in the network. */
export interface Participant {
  readonly id: NodeId
  readonly owner: Owner
  readonly handlers: TransportHandlers
  /** Members that the node knows while its log names nobody: those that its invite named. */
  readonly named: ReadonlyMap<NodeId, MemberInfo>
  readonly protocol: Protocol
  /** This node dialled `peer`, which does not know it, or speaks no version that it speaks. */
  readonly refusedBy: (peer: NodeId, code: 'not_a_member' | 'incompatible_version') => void
}

export interface Endpoint extends Participant {
  readonly number: number
  peers: ReadonlyMap<NodeId, MemberInfo>
  stopped: boolean
}

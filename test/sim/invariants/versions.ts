/** Two nodes are connected only in a version of the protocol that both of them speak. */
import type { NodeId } from '../../../src-main/raft/types'
import type { Protocol } from '../releases'
import { Violation } from './violation'

export interface Speaker {
  readonly id: NodeId
  readonly protocol: Protocol
}

export function checkSpoken(a: Speaker, b: Speaker, version: number): void {
  for (const { id, protocol } of [a, b]) {
    if (version >= protocol.min && version <= protocol.max) continue
    throw new Violation(
      'spoken version',
      `${a.id} and ${b.id} talk in version ${version}; ${id} speaks ${protocol.min} to ${protocol.max}`
    )
  }
}

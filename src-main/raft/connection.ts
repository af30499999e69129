/**
 * A connection to a peer broke. Only a hint: whatever is concluded from it must be harmless if it was wrong.
 */
import type { Core } from './core'
import { suspectLeader } from './election'
import type { NodeId } from './types'

/** Input unreachable. */
export function unreachable(core: Core, peer: NodeId): void {
  const progress = core.leadership?.of(peer)
  if (progress?.state === 'replicate') {
    progress.becomeProbe()
    progress.probeSent = true
  } else if (peer === core.leaderId) {
    suspectLeader(core)
  }
}

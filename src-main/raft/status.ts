/** What a node tells about itself; made on demand. */
import { snapshotIndexOf, type Core } from './core'
import type { RaftStatus } from './types'

export function statusOf(core: Core): RaftStatus {
  const { log, membership, leadership } = core
  return {
    id: core.id,
    role: core.role,
    term: core.currentTerm,
    leaderId: core.leaderId,
    votedFor: core.votedFor,
    commitIndex: log.commitIndex,
    lastApplied: core.applier.lastApplied,
    firstIndex: log.firstIndex,
    lastIndex: log.lastIndex,
    snapshotIndex: snapshotIndexOf(core),
    configuration: membership.current,
    configurationIndex: membership.currentIndex,
    configurationCommitted: core.configurationCommitted,
    transferTarget: leadership?.transfer?.to ?? null,
    progress: (leadership?.peers ?? [])
      .filter(({ departing }) => !departing)
      .map(({ id, state, matchIndex, nextIndex, silentTicks, inflights }) => ({
        id,
        state,
        matchIndex,
        nextIndex,
        silentTicks,
        inflightMessages: inflights.count
      }))
  }
}

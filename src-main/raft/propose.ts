/**
 * Proposals: taken as a batch or not at all, appended once, on their way to the followers in the same step.
 */
import type { Core } from './core'
import { ENTRY_OVERHEAD_BYTES } from './log'
import { appendAsLeader, broadcastEntries } from './replication'
import type { Refusal } from './types'

/** Input propose. */
export function propose(core: Core, data: readonly string[]): void {
  const { leadership } = core
  const reason = obstacle(core, data)
  if (reason !== null || leadership === null) {
    core.outbox.notice({ type: 'refused', reason: reason ?? 'notLeader', leaderId: core.leaderId })
    return
  }
  const firstIndex = appendAsLeader(core, 'command', data)
  core.outbox.notice({ type: 'proposed', firstIndex, term: core.currentTerm, count: data.length })
  broadcastEntries(core, leadership)
}

function obstacle(core: Core, data: readonly string[]): Refusal | null {
  const { leadership, limits } = core
  if (leadership === null) return 'notLeader'
  if (leadership.transfer !== null) return 'leadershipTransferInProgress'
  if (data.length === 0) return 'invalid'
  // However large, a batch is taken when nothing else waits: otherwise it could never be.
  if (leadership.uncommittedBytes === 0) return null
  let bytes = leadership.uncommittedBytes
  for (let i = 0; i < data.length; i++) bytes += data[i]!.length + ENTRY_OVERHEAD_BYTES
  return bytes > limits.uncommittedBytesMax ? 'overloaded' : null
}

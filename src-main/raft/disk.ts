/**
 * News of this node's own disk: barriers that have returned, and one that does not.
 */
import { advanceCommit } from './commit'
import type { Core } from './core'
import { countOwnVote } from './election'
import { becomeFollower } from './roles'
import { bestSuccessor, sendTimeoutNow } from './transfer'
import { asIndex } from './types'

/** Input persisted: what the barrier covers is counted, here and, through what was parked for it, elsewhere. */
export function persisted(core: Core, token: number): void {
  const durable = core.outbox.completed(token)
  core.diskStalled = false
  core.log.persistedIndex = asIndex(Math.max(core.log.persistedIndex, durable))
  countOwnVote(core)
  if (core.leadership?.self.acknowledge(core.log.persistedIndex)) advanceCommit(core)
}

/** Input diskStalled: a leader that cannot write hands over; whoever cannot write must not campaign. */
export function diskStalled(core: Core): void {
  const { leadership } = core
  core.diskStalled = core.outbox.persisting
  if (leadership === null) return
  const successor = bestSuccessor(core, leadership)
  if (successor !== null) sendTimeoutNow(core, successor.id)
  becomeFollower(core, core.currentTerm, null)
}

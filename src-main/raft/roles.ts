/**
 * The transitions of §5.1 between the roles. Who becomes leader, and when, is decided in election.ts.
 */
import type { Core } from './core'
import { invariant } from './invariants'
import { failReads } from './read-index'
import { asIndex, type NodeId, type Term } from './types'

/**
 * Follows `leaderId`, or nobody known. A vote is forgotten only with its term: kept within a term, or one term
 * could see two leaders.
 */
export function becomeFollower(core: Core, term: Term, leaderId: NodeId | null): void {
  leaveLeadership(core)
  if (term > core.currentTerm) {
    core.currentTerm = term
    core.votedFor = null
    core.restartElectionTimer()
  }
  core.role = 'follower'
  core.leaderId = leaderId
  core.acknowledgedIndex = asIndex(0)
  core.claimedIndex = asIndex(0)
  core.votes.clear()
}

export function becomePreCandidate(core: Core): void {
  leaveLeadership(core)
  core.role = 'preCandidate'
  core.leaderId = null
  core.votes.clear()
}

export function becomeCandidate(core: Core): void {
  leaveLeadership(core)
  core.role = 'candidate'
  core.currentTerm = (core.currentTerm + 1) as Term
  core.votedFor = core.id
  core.leaderId = null
  core.votes.clear()
}

/** The leader of currentTerm was heard. */
export function followLeader(core: Core, leaderId: NodeId): void {
  invariant(core.role !== 'leader', 'one leader per term (§5.2)', leaderId, core.id)
  invariant(core.leaderId === null || core.leaderId === leaderId, 'one leader per term (§5.2)', leaderId, core.leaderId)
  if (core.role !== 'follower' || core.leaderId !== leaderId) becomeFollower(core, core.currentTerm, leaderId)
  core.electionElapsed = 0
  core.leaderSilentTicks = 0
  core.deferredPreVote = null
  if (core.leaderSuspected || core.hurriedRounds > 0) {
    core.leaderSuspected = false
    core.hurriedRounds = 0
    core.restartElectionTimer()
  }
}

function leaveLeadership(core: Core): void {
  const { leadership } = core
  if (leadership === null) return
  failReads(core, leadership)
  if (leadership.transfer !== null) {
    core.handedOver = { to: leadership.transfer.to, ticksLeft: core.limits.electionTicks }
  }
  core.leadership = null
  core.leaderSilentTicks = 0
  core.leaderSuspected = false
  core.restartElectionTimer()
}

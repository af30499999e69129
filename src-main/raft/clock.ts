/**
 * The passing of time, in ticks: heartbeats and check-quorum for a leader, the election timer for everyone else.
 */
import type { Core } from './core'
import { startCampaign } from './election'
import { beat } from './heartbeat'
import type { Leadership } from './leadership'
import { quorumValue } from './quorum'
import { joinBeat, tickForwardedReads } from './read-index'
import { becomeFollower } from './roles'
import { observeSuccession, tickTransfer } from './transfer'

export function tick(core: Core): void {
  tickForwardedReads(core)
  observeSuccession(core, 1)
  if (core.leadership !== null) tickLeader(core, core.leadership)
  else tickElection(core)
}

function tickElection(core: Core): void {
  core.electionElapsed++
  core.leaderSilentTicks++
  if (core.soleVoter) {
    startCampaign(core, 'vote')
    return
  }
  if (core.electionElapsed < core.electionTimeout) return
  if (core.promotable) {
    startCampaign(core, 'preVote')
  } else if (core.leaderSilentTicks >= core.electionTimeout) {
    core.leaderId = null
  }
}

function tickLeader(core: Core, leadership: Leadership): void {
  for (const peer of leadership.peers) peer.silentTicks++
  // Check-quorum (thesis §6.2): a leader that cannot reach a quorum only keeps its clients from finding another.
  const reached = quorumValue(core.configuration, leadership.activityOf) > 0
  const confirmed = leadership.gapRound === null || ++leadership.gapTicks < core.limits.electionTicks
  if (!reached || !confirmed) {
    becomeFollower(core, core.currentTerm, null)
    return
  }
  tickTransfer(core, leadership)
  if (core.configurationCommitted) leadership.tickDepartures()
  if (++leadership.heartbeatElapsed >= core.limits.heartbeatTicks) {
    beat(core, leadership)
    joinBeat(core, leadership)
  }
}

/**
 * Input timeGap: the machine slept or the process was stopped. Nobody knows what happened meanwhile: a follower
 * waits a full election timeout before it trusts its own silence; a leader must be confirmed by a quorum anew.
 */
export function timeGap(core: Core): void {
  const { leadership } = core
  if (leadership === null) {
    if (core.role !== 'follower') becomeFollower(core, core.currentTerm, null)
    core.hurriedRounds = 0
    core.leaderSilentTicks = core.limits.electionTicks
    core.restartElectionTimer()
    return
  }
  for (const peer of leadership.peers) peer.silentTicks = 0
  beat(core, leadership)
  if (core.soleVoter) return
  leadership.gapRound = leadership.round
  leadership.gapTicks = 0
  leadership.reads.restamp(leadership.round)
  joinBeat(core, leadership)
}

/**
 * Leadership transfer (thesis §3.10): stop taking proposals, bring the target up to date, tell it to campaign now.
 * Given up after an election timeout, so that the cluster never waits longer than for a crash.
 */
import type { Core } from './core'
import { startCampaign } from './election'
import type { Leadership } from './leadership'
import type { Progress } from './progress'
import { sendAppend } from './replication'
import type { NodeId, Refusal, TimeoutNow } from './types'

/** Input transferLeadership. */
export function transferLeadership(core: Core, wanted: NodeId | null): void {
  const { leadership } = core
  if (leadership === null) return refuse(core, 'notLeader')
  const to = wanted ?? bestSuccessor(core, leadership)?.id
  if (to === undefined || !core.configuration.voters.includes(to)) return refuse(core, 'unknownMember')
  if (leadership.transfer?.to === to) return refuse(core, 'leadershipTransferInProgress')
  if (leadership.transfer !== null) abortTransfer(core, leadership)
  if (to === core.id) {
    core.outbox.notice({ type: 'transferEnded', to, success: true })
    return
  }
  leadership.transfer = { to, ticksLeft: core.limits.electionTicks }
  const peer = leadership.of(to)!
  offerTimeoutNow(core, leadership, peer)
  // Even with nothing to send: what is in flight may have been lost.
  sendAppend(core, peer, true)
}

function refuse(core: Core, reason: Refusal): void {
  core.outbox.notice({ type: 'refused', reason, leaderId: core.leaderId })
}

/** The voter most fit to lead: connected, with the longest matching log, heard last; the first by id if several. */
export function bestSuccessor(core: Core, leadership: Leadership): Progress | null {
  let best: Progress | null = null
  for (const peer of leadership.peers) {
    if (!core.configuration.voters.includes(peer.id) || leadership.activityOf(peer.id) === 0) continue
    if (best === null || isFitter(peer, best)) best = peer
  }
  return best
}

function isFitter(one: Progress, other: Progress): boolean {
  const connected = one.state === 'replicate'
  if (connected !== (other.state === 'replicate')) return connected
  if (one.matchIndex !== other.matchIndex) return one.matchIndex > other.matchIndex
  return one.silentTicks < other.silentTicks
}

/** Tells `peer` to campaign if it is the target and holds everything. */
export function offerTimeoutNow(core: Core, leadership: Leadership, peer: Progress): void {
  if (leadership.transfer?.to === peer.id && peer.matchIndex === core.log.lastIndex) sendTimeoutNow(core, peer.id)
}

export function sendTimeoutNow(core: Core, to: NodeId): void {
  core.outbox.send({ type: 'TimeoutNow', from: core.id, to, term: core.currentTerm })
}

export function abortTransfer(core: Core, leadership: Leadership): void {
  const { transfer } = leadership
  if (transfer === null) return
  leadership.transfer = null
  core.outbox.notice({ type: 'transferEnded', to: transfer.to, success: false })
}

/** One tick of the leader: TimeoutNow may have been lost, or the target may be gone. */
export function tickTransfer(core: Core, leadership: Leadership): void {
  const { transfer } = leadership
  if (transfer === null) return
  if (--transfer.ticksLeft <= 0) {
    abortTransfer(core, leadership)
  } else if (transfer.ticksLeft % core.limits.heartbeatTicks === 0) {
    const peer = leadership.of(transfer.to)
    if (peer !== undefined) offerTimeoutNow(core, leadership, peer)
  }
}

/** After stepping down: has the one it was handed to taken over? `ticks` have passed since last asked. */
export function observeSuccession(core: Core, ticks: number): void {
  const { handedOver } = core
  if (handedOver === null) return
  handedOver.ticksLeft -= ticks
  if (core.leaderId === null && handedOver.ticksLeft > 0) return
  core.handedOver = null
  core.outbox.notice({ type: 'transferEnded', to: handedOver.to, success: core.leaderId === handedOver.to })
}

/** The leader of currentTerm asks this node to take over. */
export function onTimeoutNow(core: Core, message: TimeoutNow): void {
  if (message.term !== core.currentTerm) return
  startCampaign(core, 'transfer')
}

/**
 * Elections (§5.2, §5.4.1) with pre-vote (thesis §9.6): who asks, who grants, who has won.
 *
 * A real candidacy asks for votes only once its own term and vote are durable, and counts its own vote only then;
 * a pre-vote changes nothing and promises nothing.
 */
import { electorate } from './configuration'
import type { Core } from './core'
import { Leadership } from './leadership'
import { voteResult } from './quorum'
import { appendAsLeader, broadcastEntries } from './replication'
import { becomeCandidate, becomeFollower, becomePreCandidate } from './roles'
import { asIndex, asTerm, type NodeId, type RequestVote, type RequestVoteReply } from './types'

/** Pre-vote rounds of candidates hurried by the same crash stay this far apart, so that they do not split votes. */
const HURRIED_SPACING_TICKS = 2

export type Campaign = 'preVote' | 'vote' | 'transfer'

/** The election timer has run out, or somebody has a reason not to wait for it. */
export function startCampaign(core: Core, campaign: Campaign): void {
  if (core.role === 'leader' || !core.promotable || core.diskStalled || core.outbox.hardStatePending(core)) return
  if (campaign === 'preVote' && !core.soleVoter) askForPreVotes(core)
  else askForVotes(core, campaign === 'transfer')
}

function askForPreVotes(core: Core): void {
  becomePreCandidate(core)
  core.restartElectionTimer()
  if (core.hurriedRounds > 0) {
    core.hurriedRounds--
    core.electionTimeout = HURRIED_SPACING_TICKS * Math.max(electorate(core.configuration).length - 1, 1)
  }
  core.votes.set(core.id, true)
  ask(core, true, false)
  countVotes(core)
}

function askForVotes(core: Core, leadershipTransfer: boolean): void {
  becomeCandidate(core)
  core.restartElectionTimer()
  ask(core, false, leadershipTransfer)
}

function ask(core: Core, preVote: boolean, leadershipTransfer: boolean): void {
  const { log } = core
  for (const to of electorate(core.configuration)) {
    if (to === core.id) continue
    const request: RequestVote = {
      type: 'RequestVote',
      from: core.id,
      to,
      term: asTerm(core.currentTerm + (preVote ? 1 : 0)),
      preVote,
      lastLogIndex: log.lastIndex,
      lastLogTerm: log.lastTerm,
      leadershipTransfer
    }
    if (preVote) core.outbox.send(request)
    // Votes given on the strength of this log must not outlive a crash that shortens it.
    else core.outbox.sendDurably(request, log.lastIndex)
  }
}

/** A barrier has returned: once term and vote are durable, a candidate's own vote counts. */
export function countOwnVote(core: Core): void {
  if (core.role !== 'candidate' || core.votes.has(core.id) || core.outbox.hardStatePending(core)) return
  core.votes.set(core.id, true)
  countVotes(core)
}

export function onRequestVote(core: Core, message: RequestVote): void {
  const { from, term, preVote } = message
  // A leader that asks for votes does not lead any more (it may have stepped down for lack of a quorum).
  const undisturbed = core.leaderIsLive && core.leaderId !== from && !message.leadershipTransfer
  const upToDate = core.log.isUpToDate(message.lastLogIndex, message.lastLogTerm)
  if (preVote) {
    const electable = upToDate && (term > core.currentTerm || (term === core.currentTerm && mayVoteFor(core, from)))
    core.deferredPreVote = electable && undisturbed ? message : null
    reply(core, message, electable && !undisturbed)
    return
  }
  if (term > core.currentTerm) {
    if (undisturbed) return
    becomeFollower(core, term, null)
  }
  const granted = upToDate && term === core.currentTerm && mayVoteFor(core, from)
  if (granted) {
    core.votedFor = from
    core.electionElapsed = 0
  }
  reply(core, message, granted)
}

/** At most one candidate in a term, the same one again if it asks again (§5.2). */
const mayVoteFor = (core: Core, candidate: NodeId): boolean =>
  core.votedFor === candidate || (core.votedFor === null && core.leaderId === null)

function reply(core: Core, request: RequestVote, voteGranted: boolean): void {
  const { from: to, preVote } = request
  // A granted pre-vote speaks of the term asked about, which this node has not entered.
  const term = preVote && voteGranted ? request.term : core.currentTerm
  const answer: RequestVoteReply = { type: 'RequestVoteReply', from: core.id, to, term, preVote, voteGranted }
  if (preVote) core.outbox.send(answer)
  else core.outbox.sendDurably(answer, asIndex(0))
}

export function onRequestVoteReply(core: Core, message: RequestVoteReply): void {
  const expected = message.preVote ? 'preCandidate' : 'candidate'
  const term = message.preVote && message.voteGranted ? core.currentTerm + 1 : core.currentTerm
  if (core.role !== expected || message.term !== term) return
  recordVote(core, message.from, message.voteGranted)
}

function recordVote(core: Core, from: NodeId, granted: boolean): void {
  const known = core.votes.get(from)
  // A voter that refused a pre-vote may have lost the leader since.
  if (known === granted || known === true || (known === false && core.role !== 'preCandidate')) return
  core.votes.set(from, granted)
  countVotes(core)
}

function countVotes(core: Core): void {
  switch (voteResult(core.configuration, core.votes)) {
    case 'won':
      if (core.role === 'preCandidate') askForVotes(core, false)
      else becomeLeader(core)
      return
    case 'lost':
      // Tries again when the timer, drawn anew at the start of this round, runs out.
      becomeFollower(core, core.currentTerm, null)
      return
    case 'pending':
      return
  }
}

function becomeLeader(core: Core): void {
  const { log } = core
  const noopIndex = asIndex(log.lastIndex + 1)
  core.role = 'leader'
  core.leaderId = core.id
  core.votes.clear()
  core.leaderSuspected = false
  core.hurriedRounds = 0
  const leadership = new Leadership(core.id, noopIndex, log.persistedIndex, core.limits)
  leadership.uncommittedBytes = log.bytesBetween(log.commitIndex, log.lastIndex)
  leadership.adopt(core.configuration, noopIndex)
  core.leadership = leadership
  appendAsLeader(core, 'noop', [''])
  broadcastEntries(core, leadership)
}

/** Input unreachable, of the leader: a crash is likelier than not, and if it was none, the others refuse (pre-vote). */
export function suspectLeader(core: Core): void {
  if (core.role !== 'follower' || core.leaderSuspected) return
  core.leaderSuspected = true
  const forerunner = core.deferredPreVote
  if (forerunner !== null) onRequestVote(core, forerunner)
  if (!core.promotable) return
  const rivals = electorate(core.configuration).filter((id) => id !== core.leaderId)
  core.hurriedRounds = Math.ceil(core.limits.electionTicks / (HURRIED_SPACING_TICKS * Math.max(rivals.length, 1)))
  core.electionElapsed = 0
  const rank = Math.max(rivals.indexOf(core.id), forerunner === null ? 0 : 1)
  core.electionTimeout = HURRIED_SPACING_TICKS * rank
  if (core.electionTimeout === 0) startCampaign(core, 'preVote')
}

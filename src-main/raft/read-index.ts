/**
 * Linearizable reads without log entries (ReadIndex, thesis §6.4). There are no lease reads: every answer rests on
 * a round of heartbeats that began after the question.
 */
import type { Core } from './core'
import { startRound } from './heartbeat'
import type { Leadership } from './leadership'
import { READS_PENDING_MAX, type ReadRequest } from './pending-reads'
import { quorumValue } from './quorum'
import type { LogIndex, ReadIndexReply, ReadIndexRequest } from './types'

/** Input readIndex. */
export function readIndex(core: Core, context: number): void {
  const { leadership, leaderId, forwardedReads } = core
  if (leadership !== null) {
    ask(core, leadership, { from: null, context })
    return
  }
  if (leaderId === null || core.leaderSuspected || forwardedReads.size >= READS_PENDING_MAX) {
    core.outbox.after({ type: 'readFailed', context })
    return
  }
  const number = forwardedReads.add(context, core.limits.electionTicks)
  core.outbox.send({ type: 'ReadIndex', from: core.id, to: leaderId, term: core.currentTerm, context: number })
}

export function onReadIndex(core: Core, message: ReadIndexRequest): void {
  const request: ReadRequest = { from: message.from, context: message.context }
  if (core.leadership === null) answer(core, request, null)
  else ask(core, core.leadership, request)
}

export function onReadIndexReply(core: Core, message: ReadIndexReply): void {
  const context = core.forwardedReads.take(message.context)
  if (context === undefined) return
  if (message.readIndex === null) core.outbox.after({ type: 'readFailed', context })
  else core.outbox.after({ type: 'readReady', context, index: message.readIndex })
}

function ask(core: Core, leadership: Leadership, request: ReadRequest): void {
  if (leadership.reads.size >= READS_PENDING_MAX) {
    answer(core, request, null)
    return
  }
  leadership.reads.wait(request)
  serveWaiting(core, leadership)
}

/** Begins a round for the reads that wait, when they may have one and none is under way. */
export function serveWaiting(core: Core, leadership: Leadership): void {
  const { reads } = leadership
  // Before this term's first commit, commitIndex may lag behind what an earlier leader has acknowledged (§8).
  if (!reads.anyWaiting || reads.roundUnderWay || !core.ownTermCommitted) return
  const { commitIndex } = core.log
  reads.join(core.soleVoter ? leadership.round : startRound(core, leadership), commitIndex)
  if (core.soleVoter) confirmReads(core, leadership)
}

/** The clock's round has begun: reads that wait behind a round whose messages may be lost go with it. */
export function joinBeat(core: Core, leadership: Leadership): void {
  if (core.ownTermCommitted) leadership.reads.join(leadership.round, core.log.commitIndex)
}

/** Answers what a quorum has confirmed. */
export function confirmReads(core: Core, leadership: Leadership): void {
  const { reads } = leadership
  if (!reads.roundUnderWay && leadership.gapRound === null) return
  const round = quorumValue(core.configuration, leadership.roundOf)
  if (leadership.gapRound !== null && round >= leadership.gapRound) leadership.gapRound = null
  for (const batch of reads.confirm(round)) {
    for (const request of batch.requests) answer(core, request, batch.readIndex)
  }
  serveWaiting(core, leadership)
}

function answer(core: Core, request: ReadRequest, index: LogIndex | null): void {
  const { from, context } = request
  if (from !== null) {
    core.outbox.send({
      type: 'ReadIndexReply',
      from: core.id,
      to: from,
      term: core.currentTerm,
      context,
      readIndex: index
    })
  } else if (index === null) {
    core.outbox.after({ type: 'readFailed', context })
  } else {
    core.outbox.after({ type: 'readReady', context, index })
  }
}

/** Leadership ends: nobody will confirm these. Call before the term changes. */
export function failReads(core: Core, leadership: Leadership): void {
  for (const request of leadership.reads.clear()) answer(core, request, null)
}

/** The leader that was asked is no longer the one, or has kept silent. */
export function failForwardedReads(core: Core): void {
  for (const context of core.forwardedReads.clear()) core.outbox.after({ type: 'readFailed', context })
}

export function tickForwardedReads(core: Core): void {
  if (core.forwardedReads.size === 0) return
  for (const context of core.forwardedReads.tick()) core.outbox.after({ type: 'readFailed', context })
}

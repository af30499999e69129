/**
 * The leader's sign of life, and its echo: keeps followers from campaigning, counts who is there, confirms reads,
 * and sets replication going again where messages were lost.
 */
import { electorate } from './configuration'
import type { Core } from './core'
import type { Leadership } from './leadership'
import { confirmReads } from './read-index'
import { sendAppend } from './replication'
import type { Progress } from './progress'
import { followLeader } from './roles'
import { asIndex, type Heartbeat, type HeartbeatReply, type LogIndex } from './types'

/** A round of the clock, to every member. */
export function beat(core: Core, leadership: Leadership): void {
  leadership.heartbeatElapsed = 0
  const round = ++leadership.round
  for (const peer of leadership.peers) {
    peer.beatOpen =
      peer.state === 'probe' || (peer.matchIndex === peer.matchAtBeat && peer.matchIndex < core.log.lastIndex)
    peer.matchAtBeat = peer.matchIndex
    sendHeartbeat(core, peer, round)
  }
}

/** A round for the sake of reads, to those whose echo counts; gives its number. */
export function startRound(core: Core, leadership: Leadership): number {
  const round = ++leadership.round
  for (const id of electorate(core.configuration)) {
    const peer = leadership.of(id)
    if (peer !== undefined && peer !== leadership.self) sendHeartbeat(core, peer, round)
  }
  return round
}

function sendHeartbeat(core: Core, peer: Progress, round: number): void {
  core.outbox.send({
    type: 'Heartbeat',
    from: core.id,
    to: peer.id,
    term: core.currentTerm,
    // Never beyond what the receiver is known to hold in the very form of this log.
    leaderCommit: asIndex(Math.min(core.log.commitIndex, peer.matchIndex)),
    round
  })
}

export function onHeartbeat(core: Core, message: Heartbeat): void {
  followLeader(core, message.from)
  if (mayCommit(core, message.leaderCommit)) core.log.commitTo(message.leaderCommit)
  core.claimedIndex = asIndex(Math.max(core.claimedIndex, message.leaderCommit))
  core.outbox.sendDurably(
    { type: 'HeartbeatReply', from: core.id, to: message.from, term: core.currentTerm, round: message.round },
    asIndex(0)
  )
}

/**
 * A heartbeat names no term for its commitIndex: it rests on what this node has acknowledged, which a disk that was
 * set back may have lost. What this process acknowledged itself is there, and an entry of the leader's own term stands
 * for all before it (§5.3). The rest waits for AppendEntries; what is missing altogether is not passed over.
 */
function mayCommit({ log, acknowledgedIndex, currentTerm }: Core, index: LogIndex): boolean {
  return index <= acknowledgedIndex || index > log.lastIndex || log.termAt(index) === currentTerm
}

export function onHeartbeatReply(core: Core, message: HeartbeatReply): void {
  const { leadership } = core
  const peer = leadership?.of(message.from)
  if (leadership === null || peer === undefined || peer === leadership.self) return
  peer.silentTicks = 0
  peer.roundAcked = Math.max(peer.roundAcked, message.round)
  if (peer.beatOpen) {
    peer.beatOpen = false
    if (peer.state === 'probe') peer.probeSent = false
    sendAppend(core, peer, true)
  }
  confirmReads(core, leadership)
}

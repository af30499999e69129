/**
 * Snapshots (§7): taken here, sent to who lags behind the log, received from a leader. Their content is the
 * runtime's; the core knows what they cover.
 */
import { acknowledge } from './append-entries'
import { snapshotIndexOf, type Core } from './core'
import { invariant } from './invariants'
import { announceCommitted, configurationInEffect } from './membership'
import type { Progress } from './progress'
import { sendAppend } from './replication'
import { becomeFollower } from './roles'
import { asIndex, type NodeId, type SnapshotMeta, type Term } from './types'

/** Behind a snapshot on its way to a follower this many times trailingEntries are kept for it, no more. */
const KEPT_FOR_RECEIVERS = 8

/** The follower has answered, and needs what only the snapshot holds. */
export function sendSnapshot(core: Core, peer: Progress): void {
  const { snapshot } = core
  invariant(snapshot !== null, 'what is compacted is in a snapshot', peer.nextIndex, core.log.firstIndex)
  peer.becomeSnapshot(snapshot.index)
  core.outbox.after({ type: 'sendSnapshot', to: peer.id })
}

/** Input snapshotSent. On failure the next heartbeat that is echoed tries again. */
export function snapshotSent(core: Core, to: NodeId, success: boolean): void {
  const peer = core.leadership?.of(to)
  if (peer === undefined || peer.state !== 'snapshot') return
  if (!success) peer.pendingSnapshot = asIndex(0)
  peer.becomeProbe()
  if (success) sendAppend(core, peer, true)
  else peer.probeSent = true
}

/** Input snapshotCreated: the log before it is no longer needed, but for a trail that spares laggards a snapshot. */
export function snapshotCreated(core: Core, meta: SnapshotMeta): void {
  if (meta.index <= snapshotIndexOf(core)) return
  invariant(meta.index <= core.applier.lastApplied, 'a snapshot holds applied entries', meta.index)
  core.snapshot = meta
  core.membership.compactTo(meta.index)
  compactBehind(core, meta)
}

function compactBehind(core: Core, meta: SnapshotMeta): void {
  const { trailingEntries } = core.limits
  let kept = meta.index - trailingEntries
  for (const peer of core.leadership?.peers ?? []) {
    if (peer.state === 'snapshot') kept = Math.min(kept, peer.pendingSnapshot)
  }
  kept = Math.max(kept, meta.index - KEPT_FOR_RECEIVERS * trailingEntries)
  const firstIndex = asIndex(kept + 1)
  if (firstIndex <= core.log.firstIndex) return
  core.log.compact(firstIndex)
  core.outbox.after({ type: 'compact', firstIndex })
}

/**
 * Input snapshotReceived. What a snapshot holds is committed whatever became of its sender, so one that is news is
 * installed even from an earlier term; only the answer then stays away.
 */
export function snapshotReceived(core: Core, from: NodeId, term: Term, meta: SnapshotMeta): void {
  const { log } = core
  // Not a sign of who leads: the stream may have outlived the leadership it began in.
  if (term > core.currentTerm) becomeFollower(core, term, null)
  if (core.role === 'leader') return
  if (meta.index > log.commitIndex) install(core, meta)
  if (term === core.currentTerm) acknowledge(core, from, log.commitIndex)
}

function install(core: Core, meta: SnapshotMeta): void {
  const { log, membership, outbox, applier } = core
  const keepLog = log.termAt(meta.index) === meta.term
  if (keepLog) {
    log.coveredBySnapshot(meta.index)
  } else {
    log.reset({ index: meta.index, term: meta.term })
    outbox.truncatedFrom(asIndex(0))
  }
  core.snapshot = meta
  applier.replacedBySnapshot(meta.index)
  membership.replace({ index: meta.configurationIndex, configuration: meta.configuration }, keepLog ? meta.index : null)
  const hardState = { term: core.currentTerm, votedFor: core.votedFor, commit: log.commitIndex }
  outbox.install({ type: 'installSnapshot', meta, keepLog, hardState })
  if (keepLog) compactBehind(core, meta)
  configurationInEffect(core)
  announceCommitted(core)
}

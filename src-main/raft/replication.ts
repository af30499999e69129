/**
 * The leader's side of AppendEntries (§5.3): what to send to whom, and what the answers mean.
 *
 * The leader sends before its own disk has the entries; only counting them (commit.ts) waits for that.
 */
import { advanceCommit } from './commit'
import type { Core } from './core'
import { invariant } from './invariants'
import type { Leadership } from './leadership'
import { entryBytes } from './log'
import type { Progress } from './progress'
import { sendSnapshot } from './snapshot'
import { offerTimeoutNow } from './transfer'
import { asIndex, type AppendEntriesReply, type Entry, type EntryKind, type LogIndex } from './types'

const NO_ENTRIES: readonly Entry[] = []

/** Appends to the leader's own log; gives the index of the first entry. */
export function appendAsLeader(core: Core, kind: EntryKind, data: readonly string[]): LogIndex {
  const leadership = core.leadership!
  const firstIndex = asIndex(core.log.lastIndex + 1)
  const term = core.currentTerm
  const entries = new Array<Entry>(data.length)
  for (let i = 0; i < data.length; i++) {
    const entry: Entry = { index: asIndex(firstIndex + i), term, kind, data: data[i]! }
    entries[i] = entry
    leadership.uncommittedBytes += entryBytes(entry)
  }
  core.log.append(entries)
  return firstIndex
}

/** Sends every peer what it lacks, as far as flow control allows. */
export function broadcastEntries(core: Core, leadership: Leadership): void {
  const { peers } = leadership
  for (let i = 0; i < peers.length; i++) sendAllEntries(core, peers[i]!)
}

/** Tells every peer of a new commitIndex, with entries where there are any. */
export function broadcastCommit(core: Core, leadership: Leadership): void {
  const { peers } = leadership
  for (let i = 0; i < peers.length; i++) {
    const peer = peers[i]!
    sendAllEntries(core, peer)
    if (Math.min(core.log.commitIndex, peer.nextIndex - 1) > peer.sentCommit) sendAppend(core, peer, true)
  }
}

function sendAllEntries(core: Core, peer: Progress): void {
  while (sendAppend(core, peer, false));
}

/**
 * One AppendEntries to `peer`. `evenEmpty` sends without entries too, even while inflights are full: to carry the
 * commitIndex, or to find out whether what is in flight was lost. False when nothing was sent.
 */
export function sendAppend(core: Core, peer: Progress, evenEmpty: boolean): boolean {
  const { log, limits } = core
  if (peer.state === 'snapshot' || (peer.state === 'probe' && peer.probeSent)) return false
  const full = peer.state === 'replicate' && peer.inflights.full
  if (!evenEmpty && (full || peer.nextIndex > log.lastIndex)) return false
  const prevLogIndex = asIndex(peer.nextIndex - 1)
  const prevLogTerm = log.termAt(prevLogIndex)
  if (prevLogTerm === undefined) {
    sendSnapshot(core, peer)
    return false
  }
  let entries = NO_ENTRIES
  let bytes = 0
  if (!full && peer.nextIndex <= log.lastIndex) {
    const slice = log.sharedSlice(peer.nextIndex, limits.appendBytesMax, limits.appendEntriesMax)
    entries = slice.entries
    bytes = slice.bytes
  }
  const lastIndex = asIndex(prevLogIndex + entries.length)
  core.outbox.send({
    type: 'AppendEntries',
    from: core.id,
    to: peer.id,
    term: core.currentTerm,
    prevLogIndex,
    prevLogTerm,
    entries,
    leaderCommit: log.commitIndex
  })
  peer.sent(lastIndex, bytes, entries.length)
  peer.sentCommit = asIndex(Math.min(log.commitIndex, lastIndex))
  return true
}

export function onAppendEntriesReply(core: Core, message: AppendEntriesReply): void {
  const { leadership, log } = core
  const peer = leadership?.of(message.from)
  if (leadership === null || peer === undefined || peer === leadership.self) return
  peer.silentTicks = 0
  if (!message.success) {
    const agreed =
      message.hintTerm > 0 ? log.findConflictByTerm(message.hintIndex, message.hintTerm) : message.hintIndex
    if (peer.backtrack(message.matchIndex, agreed)) {
      if (peer.state === 'replicate') peer.becomeProbe()
      sendAppend(core, peer, true)
    }
    return
  }
  invariant(
    message.matchIndex <= log.lastIndex,
    'no follower is ahead of its leader',
    message.matchIndex,
    log.lastIndex
  )
  const news = peer.acknowledge(message.matchIndex)
  switch (peer.state) {
    case 'probe':
      // Not only on news: after a snapshot up to the leader's lastIndex there may never be any.
      if (news || message.matchIndex === peer.matchIndex) peer.becomeReplicate()
      break
    case 'snapshot':
      if (peer.matchIndex + 1 >= log.firstIndex) peer.becomeReplicate()
      break
    case 'replicate':
      peer.inflights.freeUpTo(message.matchIndex)
      break
  }
  if (news) advanceCommit(core)
  if (core.leadership !== leadership) return
  sendAllEntries(core, peer)
  offerTimeoutNow(core, leadership, peer)
}

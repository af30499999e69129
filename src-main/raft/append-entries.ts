/**
 * AppendEntries RPC, receiver's side (Figure 2): consistency check, conflict, append, commit.
 *
 * A follower's log is shortened only where an entry contradicts the leader's; a message that comes late, twice or
 * out of order finds its entries already there and changes nothing.
 */
import type { Core } from './core'
import { invariant } from './invariants'
import { NO_BOUNDARY as NOWHERE, type Boundary } from './log'
import { rollBackConfigurations, takeUpConfigurations } from './membership'
import { followLeader } from './roles'
import {
  asIndex,
  type AppendEntries,
  type AppendEntriesReply,
  type Entry,
  type LogIndex,
  type NodeId,
  type Term
} from './types'

export function onAppendEntries(core: Core, message: AppendEntries): void {
  const { log } = core
  followLeader(core, message.from)
  if (!wellFormed(message)) return
  let { prevLogIndex, prevLogTerm, entries } = message
  if (prevLogIndex < log.commitIndex) {
    // What is committed here is the same in the leader's log; go on from there.
    for (const { index, term } of entries) {
      if (index > log.commitIndex) break
      const known = log.termAt(index) ?? term
      invariant(known === term, 'a leader has every committed entry (§5.4.3)', `${known} at ${index}`, term)
    }
    entries = entries.slice(log.commitIndex - prevLogIndex)
    prevLogIndex = log.commitIndex
    prevLogTerm = log.termAt(log.commitIndex)!
  }
  if (log.termAt(prevLogIndex) !== prevLogTerm) {
    refuse(core, message)
    return
  }
  store(core, entries)
  const matchIndex = asIndex(prevLogIndex + entries.length)
  const { commitIndex } = log
  log.commitTo(asIndex(Math.min(message.leaderCommit, matchIndex)))
  // A message whose only news is the commitIndex wants no answer.
  const onlyCommit = entries.length === 0 && matchIndex <= core.acknowledgedIndex && log.commitIndex > commitIndex
  if (!onlyCommit) acknowledge(core, message.from, matchIndex)
}

/** Contiguous, with terms that neither decrease nor exceed the sender's. */
function wellFormed({ prevLogIndex, prevLogTerm, entries, term }: AppendEntries): boolean {
  let previousTerm: Term = prevLogTerm
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!
    if (entry.index !== prevLogIndex + 1 + i || entry.term < previousTerm) return false
    previousTerm = entry.term
  }
  return previousTerm <= term
}

function store(core: Core, entries: readonly Entry[]): void {
  const { log } = core
  const known = log.firstConflict(entries)
  if (known === entries.length) return
  const fresh = known === 0 ? entries : entries.slice(known)
  const from = fresh[0]!.index
  if (from <= log.lastIndex) {
    log.truncateFrom(from)
    core.outbox.truncatedFrom(from)
    rollBackConfigurations(core, from)
  }
  log.append(fresh)
  takeUpConfigurations(core, fresh)
}

/** The log up to `matchIndex` equals that of the leader of currentTerm: to be told once it is durable. */
export function acknowledge(core: Core, to: NodeId, matchIndex: LogIndex): void {
  core.acknowledgedIndex = asIndex(Math.max(core.acknowledgedIndex, matchIndex))
  answer(core, to, true, matchIndex, NOWHERE)
}

/** Names the last place where the logs may agree, skipping a whole term at a time (§5.3). */
function refuse(core: Core, { from, prevLogIndex, prevLogTerm }: AppendEntries): void {
  const { log } = core
  invariant(
    prevLogIndex > core.claimedIndex,
    'what was acknowledged is in the log: was the disk restored?',
    prevLogIndex,
    core.claimedIndex
  )
  const index = log.findConflictByTerm(asIndex(Math.min(prevLogIndex, log.lastIndex)), prevLogTerm)
  answer(core, from, false, prevLogIndex, { index, term: log.termAt(index) ?? NOWHERE.term })
}

/** Answers a leader of an earlier term, so that it learns of this one and steps down. */
export function refuseStaleLeader(core: Core, from: NodeId, prevLogIndex: LogIndex): void {
  answer(core, from, false, prevLogIndex, NOWHERE)
}

function answer(core: Core, to: NodeId, success: boolean, matchIndex: LogIndex, hint: Boundary): void {
  const reply: AppendEntriesReply = {
    type: 'AppendEntriesReply',
    from: core.id,
    to,
    term: core.currentTerm,
    success,
    matchIndex,
    hintIndex: hint.index,
    hintTerm: hint.term
  }
  // A refusal promises nothing but its term.
  core.outbox.sendDurably(reply, success ? matchIndex : NOWHERE.index)
}

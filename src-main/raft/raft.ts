/**
 * One Raft node: inputs in, effects out. A short dispatcher; the rules lie in the files named after them.
 *
 * The effects of one step come in this order, and are to be carried out in it:
 *   installSnapshot · role · configuration, proposed, refused, transferEnded, removed · send · persist · apply ·
 *   readReady, readFailed, sendSnapshot, compact.
 */
import { onAppendEntries, refuseStaleLeader } from './append-entries'
import { advanceCommit } from './commit'
import { Core, snapshotIndexOf } from './core'
import { timeGap, tick } from './clock'
import { countOwnVote, onRequestVote, onRequestVoteReply, suspectLeader } from './election'
import { onHeartbeat, onHeartbeatReply } from './heartbeat'
import { StepInvariants } from './invariants'
import { announceCommitted, changeConfiguration } from './membership'
import type { PlacedConfiguration } from './membership-log'
import { propose } from './propose'
import { failForwardedReads, onReadIndex, onReadIndexReply, readIndex } from './read-index'
import { onAppendEntriesReply } from './replication'
import { becomeFollower } from './roles'
import { snapshotCreated, snapshotReceived, snapshotSent } from './snapshot'
import { statusOf } from './status'
import { bestSuccessor, observeSuccession, onTimeoutNow, sendTimeoutNow, transferLeadership } from './transfer'
import {
  asIndex,
  type Effect,
  type Entry,
  type Input,
  type LogIndex,
  type Message,
  type NodeId,
  type RaftOptions,
  type RaftStatus,
  type Term
} from './types'

export class Raft {
  private readonly core: Core
  private readonly invariants: StepInvariants

  constructor(options: RaftOptions) {
    this.core = new Core(options)
    this.invariants = new StepInvariants(this.core)
  }

  /** Takes one input; throws InvariantViolated when the node must stop. */
  step(input: Input): readonly Effect[] {
    const { core } = this
    dispatch(core, input)
    if (core.outbox.leaderChanged(core)) {
      failForwardedReads(core)
      observeSuccession(core, 0)
    }
    announceCommitted(core)
    const page = core.applier.next(core.log, core.limits.applyBytesMax)
    this.invariants.check(core)
    return core.outbox.flush(core, page)
  }

  status(): RaftStatus {
    return statusOf(this.core)
  }

  /** Term of the entry at `index`; undefined when it is compacted or beyond the end. */
  termAt(index: LogIndex): Term | undefined {
    return this.core.log.termAt(index)
  }

  /** Entries from `index` on, at most `entriesMax`; from firstIndex on where `index` is compacted. */
  entriesFrom(index: LogIndex, entriesMax: number = Number.MAX_SAFE_INTEGER): readonly Entry[] {
    const { log } = this.core
    return log.slice(asIndex(Math.max(index, log.firstIndex)), Number.MAX_SAFE_INTEGER, entriesMax).entries
  }

  /** The configuration in effect as of `index` (at or after the last snapshot): what a snapshot there must name. */
  configurationAsOf(index: LogIndex): PlacedConfiguration {
    return this.core.membership.asOf(index)
  }

  /**
   * True when the recovered log contradicted the recovered snapshot and was left aside: the stored log must be
   * discarded (reset after the snapshot) before anything else is written.
   */
  get recoveredLogSuperseded(): boolean {
    return this.core.recoveredLogSuperseded
  }

  /** Index of the last snapshot, 0 without one. */
  get snapshotIndex(): LogIndex {
    return snapshotIndexOf(this.core)
  }
}

function dispatch(core: Core, input: Input): void {
  switch (input.type) {
    case 'tick':
      return tick(core)
    case 'timeGap':
      return timeGap(core)
    case 'receive':
      return receive(core, input.message)
    case 'unreachable':
      return unreachable(core, input.peer)
    case 'propose':
      return propose(core, input.data)
    case 'readIndex':
      return readIndex(core, input.context)
    case 'changeConfiguration':
      return changeConfiguration(core, input.change)
    case 'transferLeadership':
      return transferLeadership(core, input.to)
    case 'persisted':
      return persisted(core, input.token)
    case 'applied':
      return core.applier.applied(input.index)
    case 'snapshotCreated':
      return snapshotCreated(core, input.meta)
    case 'snapshotReceived':
      return snapshotReceived(core, input.from, input.term, input.meta)
    case 'snapshotSent':
      return snapshotSent(core, input.to, input.success)
    case 'diskStalled':
      return diskStalled(core)
  }
}

/** The rules for all servers about terms (§5.1), then the message's own. */
function receive(core: Core, message: Message): void {
  if (message.to !== core.id || message.from === core.id) return
  if (message.type === 'RequestVote') return onRequestVote(core, message)
  if (message.term > core.currentTerm) {
    // A pre-vote is granted in the name of a term that nobody has entered.
    const entered = !(message.type === 'RequestVoteReply' && message.preVote && message.voteGranted)
    if (entered) becomeFollower(core, message.term, isLeaders(message) ? message.from : null)
  } else if (message.term < core.currentTerm) {
    return receiveStale(core, message)
  }
  switch (message.type) {
    case 'RequestVoteReply':
      return onRequestVoteReply(core, message)
    case 'AppendEntries':
      return onAppendEntries(core, message)
    case 'AppendEntriesReply':
      return onAppendEntriesReply(core, message)
    case 'Heartbeat':
      return onHeartbeat(core, message)
    case 'HeartbeatReply':
      return onHeartbeatReply(core, message)
    case 'TimeoutNow':
      return onTimeoutNow(core, message)
    case 'ReadIndex':
      return onReadIndex(core, message)
    case 'ReadIndexReply':
      return onReadIndexReply(core, message)
  }
}

const isLeaders = ({ type }: Message): boolean =>
  type === 'AppendEntries' || type === 'Heartbeat' || type === 'TimeoutNow'

function receiveStale(core: Core, message: Message): void {
  switch (message.type) {
    case 'AppendEntries':
      return refuseStaleLeader(core, message.from, message.prevLogIndex)
    case 'Heartbeat':
      return refuseStaleLeader(core, message.from, asIndex(0))
    default:
      return
  }
}

function persisted(core: Core, token: number): void {
  const durable = core.outbox.completed(token)
  core.diskStalled = false
  core.log.persistedIndex = asIndex(Math.max(core.log.persistedIndex, durable))
  countOwnVote(core)
  if (core.leadership?.self.acknowledge(core.log.persistedIndex)) advanceCommit(core)
}

function unreachable(core: Core, peer: NodeId): void {
  const progress = core.leadership?.of(peer)
  if (progress?.state === 'replicate') {
    progress.becomeProbe()
    progress.probeSent = true
  } else if (peer === core.leaderId) {
    suspectLeader(core)
  }
}

function diskStalled(core: Core): void {
  const { leadership } = core
  core.diskStalled = core.outbox.persisting
  if (leadership === null) return
  const successor = bestSuccessor(core, leadership)
  if (successor !== null) sendTimeoutNow(core, successor.id)
  becomeFollower(core, core.currentTerm, null)
}

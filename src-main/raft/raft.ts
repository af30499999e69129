/**
 * One Raft node: inputs in, effects out. A short dispatcher; the rules lie in the files named after them.
 *
 * The effects of one step come in this order, and are to be carried out in it:
 *   installSnapshot · role · configuration, proposed, refused, transferEnded, removed · send · persist · apply ·
 *   readReady, readFailed, sendSnapshot, compact.
 */
import { timeGap, tick } from './clock'
import { unreachable } from './connection'
import { Core, snapshotIndexOf } from './core'
import { diskStalled, persisted } from './disk'
import { StepInvariants } from './invariants'
import { announceCommitted, changeConfiguration } from './membership'
import type { PlacedConfiguration } from './membership-log'
import { propose } from './propose'
import { failForwardedReads, readIndex } from './read-index'
import { receive } from './receive'
import { snapshotCreated, snapshotReceived, snapshotSent } from './snapshot'
import { statusOf } from './status'
import { observeSuccession, transferLeadership } from './transfer'
import {
  asIndex,
  type Effect,
  type Entry,
  type Input,
  type LogIndex,
  type RaftOptions,
  type RaftStatus,
  type Term
} from './types'

export class Raft {
  private readonly core: Core
  private readonly invariants: StepInvariants
  private broken: unknown = null

  constructor(options: RaftOptions) {
    this.core = new Core(options)
    this.invariants = new StepInvariants(this.core)
  }

  /** Takes one input; throws InvariantViolated when the node must stop, and from then on always. */
  step(input: Input): readonly Effect[] {
    if (this.broken !== null) throw this.broken
    try {
      return this.take(input)
    } catch (error) {
      this.broken = error
      throw error
    }
  }

  private take(input: Input): readonly Effect[] {
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
      core.applier.applied(input.index)
      return core.log.settle(core.applier.lastApplied)
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

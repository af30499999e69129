/**
 * What must hold at any moment, checked in production too: a node whose state contradicts Raft stops at once,
 * rather than spread a wrong log. Each rule is a comparison of numbers, so the checks cost nothing to speak of.
 */
import type { Core } from './core'
import type { LogIndex, NodeId, Term } from './types'

/** A rule of Raft does not hold. The node must stop; nothing after this can be trusted. */
export class InvariantViolated extends Error {
  readonly code = 'invariant_violated'
}

export function invariant(condition: boolean, rule: string, actual?: unknown, bound?: unknown): asserts condition {
  if (!condition) {
    throw new InvariantViolated(actual === undefined ? rule : `${rule} (${String(actual)} against ${String(bound)})`)
  }
}

/** Remembers what the last step left behind, to see that nothing goes back. */
export class StepInvariants {
  private term: Term
  private votedFor: NodeId | null
  private commitIndex: LogIndex
  private handedToApply: LogIndex

  constructor(core: Core) {
    this.term = core.currentTerm
    this.votedFor = core.votedFor
    this.commitIndex = core.log.commitIndex
    this.handedToApply = core.applier.handedOut
  }

  /** Call after every step. */
  check(core: Core): void {
    const { log, applier } = core
    invariant(core.currentTerm >= this.term, 'currentTerm never decreases (§5.1)', core.currentTerm, this.term)
    invariant(
      core.currentTerm > this.term || this.votedFor === null || core.votedFor === this.votedFor,
      'a vote is never changed within its term (§5.2)',
      core.votedFor,
      this.votedFor
    )
    invariant(log.commitIndex >= this.commitIndex, 'commitIndex never decreases', log.commitIndex, this.commitIndex)
    invariant(log.commitIndex <= log.lastIndex, 'commitIndex ≤ lastIndex', log.commitIndex, log.lastIndex)
    invariant(log.persistedIndex <= log.lastIndex, 'persisted ≤ lastIndex', log.persistedIndex, log.lastIndex)
    invariant(applier.handedOut <= log.commitIndex, 'applied ≤ commitIndex', applier.handedOut, log.commitIndex)
    invariant(applier.handedOut >= this.handedToApply, 'nothing is applied twice', applier.handedOut)
    invariant(applier.lastApplied <= applier.handedOut, 'applied ≤ handed out', applier.lastApplied, applier.handedOut)
    invariant(log.boundaryIndex <= applier.handedOut, 'only applied entries are compacted', log.boundaryIndex)
    invariant(core.role !== 'leader' || core.leaderId === core.id, 'a leader follows itself', core.leaderId, core.id)
    this.term = core.currentTerm
    this.votedFor = core.votedFor
    this.commitIndex = log.commitIndex
    this.handedToApply = applier.handedOut
  }
}

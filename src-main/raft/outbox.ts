/**
 * What one step leaves behind, in the one order that is safe, and what earlier steps still wait for.
 *
 * Invariant: a message that promises something durable (a vote, a term, entries) leaves only when a completed
 * barrier covers the promise: either inside the persist effect of that very token, or from here once `persisted`
 * has come. A truncation takes back what pending tokens would have covered, so that a barrier for entries that
 * were replaced meanwhile never counts for the entries that stand there now (ABA).
 */
import { invariant } from './invariants'
import type { RaftLog } from './log'
import {
  asIndex,
  type Effect,
  type Entry,
  type HardState,
  type LogIndex,
  type Message,
  type NodeId,
  type Role,
  type Term
} from './types'

interface PendingPersist {
  readonly token: number
  /** Last log index that the barrier makes durable, as the log stands now. */
  lastIndex: LogIndex
  readonly hardState: boolean
}

interface Promised {
  readonly message: Message
  /** The log must be durable up to here first; 0 when only term and vote matter. */
  readonly upTo: LogIndex
}

interface Parked {
  readonly token: number
  readonly message: Message
}

const NO_EFFECTS: readonly Effect[] = Object.freeze([])
const NO_MESSAGES: readonly Message[] = Object.freeze([])

/** What the outbox reads of the core when a step ends. */
export interface Outcome {
  readonly role: Role
  readonly currentTerm: Term
  readonly votedFor: NodeId | null
  readonly leaderId: NodeId | null
  readonly log: RaftLog
}

export class Outbox {
  private installs: Effect[] = []
  private notices: Effect[] = []
  private sends: Message[] = []
  private promises: Promised[] = []
  private tail: Effect[] = []

  private pending: PendingPersist[] = []
  private parked: Parked[] = []
  private nextToken = 1
  private savedTerm: Term
  private savedVote: NodeId | null
  private toldRole: Role = 'follower'
  private toldTerm: Term
  private toldLeader: NodeId | null = null

  /** `durable` was read from disk. */
  constructor(durable: HardState) {
    this.savedTerm = durable.term
    this.savedVote = durable.votedFor
    this.toldTerm = durable.term
  }

  /** First of all: replaces state machine and log. */
  install(effect: Effect): void {
    this.installs.push(effect)
  }

  /** News and answers to the input. */
  notice(effect: Effect): void {
    this.notices.push(effect)
  }

  /** A message that promises nothing durable. */
  send(message: Message): void {
    this.sends.push(message)
  }

  /** A message that leaves once term, vote and the log up to `upTo` are durable. */
  sendDurably(message: Message, upTo: LogIndex): void {
    this.promises.push({ message, upTo })
  }

  /** Last in the step. */
  after(effect: Effect): void {
    this.tail.push(effect)
  }

  /** Is a barrier for the current term or vote still owed? */
  hardStatePending(outcome: Outcome): boolean {
    if (outcome.currentTerm !== this.savedTerm || outcome.votedFor !== this.savedVote) return true
    return this.pending.some((one) => one.hardState)
  }

  get persisting(): boolean {
    return this.pending.length > 0
  }

  leaderChanged(outcome: Outcome): boolean {
    return outcome.leaderId !== this.toldLeader || outcome.currentTerm !== this.toldTerm
  }

  /** Entries from `from` on were replaced: barriers under way no longer make them durable. */
  truncatedFrom(from: LogIndex): void {
    for (const one of this.pending) one.lastIndex = asIndex(Math.min(one.lastIndex, from - 1))
  }

  /**
   * Barriers up to `token` have returned; gives the index up to which the log is durable by them (0 if no news). What
   * an earlier term promised is dropped: the log it spoke of may have been replaced by now, and its leader learns of
   * this term from others.
   */
  completed(token: number): LogIndex {
    invariant(token < this.nextToken, 'a completed token was issued', token, this.nextToken)
    let durable = 0
    let done = 0
    while (done < this.pending.length && this.pending[done]!.token <= token) {
      durable = Math.max(durable, this.pending[done]!.lastIndex)
      done++
    }
    if (done > 0) this.pending.splice(0, done)
    let released = 0
    while (released < this.parked.length && this.parked[released]!.token <= token) {
      const { message } = this.parked[released]!
      if (message.term >= this.savedTerm) this.sends.push(message)
      released++
    }
    if (released > 0) this.parked.splice(0, released)
    return asIndex(durable)
  }

  /** Ends the step: everything collected, as effects in order. */
  flush(outcome: Outcome, apply: readonly Entry[] | null): readonly Effect[] {
    const effects: Effect[] = []
    for (const effect of this.installs) effects.push(effect)
    const { role, currentTerm, leaderId } = outcome
    if (role !== this.toldRole || currentTerm !== this.toldTerm || leaderId !== this.toldLeader) {
      this.toldRole = role
      this.toldTerm = currentTerm
      this.toldLeader = leaderId
      effects.push({ type: 'role', role, term: currentTerm, leaderId })
    }
    for (const effect of this.notices) effects.push(effect)

    const entries = outcome.log.takeUnpersisted()
    const hardStateChanged = currentTerm !== this.savedTerm || outcome.votedFor !== this.savedVote
    let token = 0
    if (entries.length > 0 || hardStateChanged) {
      token = this.nextToken++
      this.savedTerm = currentTerm
      this.savedVote = outcome.votedFor
      this.pending.push({ token, lastIndex: outcome.log.lastIndex, hardState: hardStateChanged })
    }
    const withBarrier = this.route(token, outcome.log)
    if (this.sends.length > 0) effects.push({ type: 'send', messages: this.sends })
    if (token > 0) {
      const hardState: HardState = {
        term: currentTerm,
        votedFor: outcome.votedFor,
        commit: outcome.log.commitIndex
      }
      effects.push({ type: 'persist', token, hardState, entries, messages: withBarrier, sync: true })
    }
    if (apply !== null) effects.push({ type: 'apply', entries: apply })
    for (const effect of this.tail) effects.push(effect)

    if (this.installs.length > 0) this.installs = []
    if (this.notices.length > 0) this.notices = []
    if (this.sends.length > 0) this.sends = []
    if (this.promises.length > 0) this.promises = []
    if (this.tail.length > 0) this.tail = []
    return effects.length > 0 ? effects : NO_EFFECTS
  }

  /** Sends, parks or returns (for the persist effect of `token`) what was promised in this step. */
  private route(token: number, log: RaftLog): readonly Message[] {
    if (this.promises.length === 0) return NO_MESSAGES
    const withBarrier: Message[] = []
    for (const { message, upTo } of this.promises) {
      const needed = this.tokenFor(upTo, log)
      if (needed === 0) this.sends.push(message)
      else if (needed === token) withBarrier.push(message)
      else this.park(needed, message)
    }
    return withBarrier
  }

  /** The pending token whose completion makes term, vote and the log up to `upTo` durable; 0 if all is already. */
  private tokenFor(upTo: LogIndex, log: RaftLog): number {
    let needed = 0
    let covered = upTo <= log.persistedIndex
    for (const one of this.pending) {
      if (one.hardState) needed = one.token
      if (!covered && one.lastIndex >= upTo) {
        covered = true
        needed = Math.max(needed, one.token)
      }
    }
    invariant(covered, 'what is promised is in the log', upTo, log.lastIndex)
    return needed
  }

  private park(token: number, message: Message): void {
    // Kept in order of tokens; ties in order of sending. Nearly always the last place.
    let at = this.parked.length
    while (at > 0 && this.parked[at - 1]!.token > token) at--
    this.parked.splice(at, 0, { token, message })
  }
}

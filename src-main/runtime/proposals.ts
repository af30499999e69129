/**
 * Commands that this node was asked to commit, from the call to the outcome.
 *
 * Invariant: a proposal is resolved by the first of its copies that this node applies, or from the session table of
 * an installed snapshot; the session makes every further copy harmless. What was handed to a leader may be in a log:
 * then only the outcome settles it, or its deadline as outcome_unknown, after which it is never sent again. What was
 * never handed over fails as no_quorum: not done, and will not be done.
 *
 * Must not know where commands go: {@link Proposals.takeDue} gives them to the router.
 */
import type { Command, Outcome } from '../farm/types'
import type { Clock } from './clock'
import { Histogram } from './histogram'
import type { RuntimeLimits } from './limits'
import type { Logger } from './log'
import { Failure, type ProposeOptions } from './replica'
import { Pending, Session } from './session'

/** What an installed snapshot knows of a command: its outcome, nothing (yet), or not even the session. */
export type Lookup = (session: string, seq: number) => Outcome | null | 'unknown session'

const SESSION_OPENER = { by: 'local', timeoutMs: 0 }
/** Of one character of a string. */
const UTF8_BYTES_MAX = 3
/** Attempts to open a session whose result is still waited for. */
const OPENINGS_MAX = 8

export class Proposals {
  readonly commitLatency = new Histogram()
  proposed = 0
  /** In use; null before the first write and after the session expired. */
  #session: Session | null = null
  /** Asked for, not yet seen in the log, newest last; the only pending of each is the opening itself. */
  #openings: Session[] = []
  /** Expired sessions whose last commands are still on their way back. */
  #draining: Session[] = []
  /** Proposals without a session yet, in order of arrival. */
  #waiting: Pending[] = []
  #due: Pending[] = []
  #size = 0
  #nextDeadlineMs = Infinity
  #nextResendMs = Infinity
  #refuse: Failure | null = null

  constructor(
    private readonly deps: {
      readonly clock: Clock
      readonly random: () => number
      readonly limits: RuntimeLimits
      readonly log: Logger
      readonly nodeId: string
      readonly nodeName: string
      readonly wake: () => void
    }
  ) {}

  /** Proposals that wait for their outcome. */
  get size(): number {
    return this.#size
  }

  /** Some wait to be taken by {@link Proposals.takeDue}. */
  get hasDue(): boolean {
    return this.#waiting.length > 0 || this.#due.length > 0
  }

  propose(command: Command, options: ProposeOptions): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#refuse !== null) return reject(this.#refuse)
      if (this.#size >= this.deps.limits.proposalsMax) {
        return reject(new Failure('too_many_requests', 'Too many writes are waiting.', { retryAfterSeconds: 1 }))
      }
      const nowMs = this.deps.clock.monotonicMs()
      const deadlineMs = nowMs + options.timeoutMs
      this.#waiting.push(new Pending(command, options, nowMs, deadlineMs, resolve, reject))
      this.#size++
      this.proposed++
      if (deadlineMs < this.#nextDeadlineMs) this.#nextDeadlineMs = deadlineMs
      this.deps.wake()
    })
  }

  /** Commands to hand to the leader now, in order of session and number. The caller counts {@link Pending.copies}. */
  takeDue(): readonly Pending[] {
    if (this.#waiting.length > 0) {
      if (this.#session !== null) this.#number(this.#session)
      else if (this.#openings.length === 0) this.#open()
    }
    if (this.#due.length === 0) return this.#due
    const due = this.#due
    this.#due = []
    return due
  }

  /** These were not taken: they are due again. */
  giveBack(pending: readonly Pending[]): void {
    for (const one of pending) one.resendAtMs = Infinity
    this.#due = [...pending, ...this.#due]
  }

  /** `pending` was sent off and may get lost: it is due again at `atMs`. */
  watch(pending: Pending, atMs: number): void {
    pending.resendAtMs = atMs
    if (atMs < this.#nextResendMs) this.#nextResendMs = atMs
  }

  /** Makes due again what was sent off and has been without an outcome for too long; called at every tick. */
  resendOverdue(nowMs: number): void {
    if (nowMs < this.#nextResendMs) return
    this.#nextResendMs = Infinity
    const opening = this.#openings.at(-1)?.pending.get(1)
    if (opening !== undefined && opening.resendAtMs <= nowMs) this.#open()
    else if (opening !== undefined) this.#nextResendMs = opening.resendAtMs
    for (const session of this.#sessions()) {
      for (const pending of session.pending.values()) {
        if (pending.resendAtMs <= nowMs) {
          pending.resendAtMs = Infinity
          this.#due.push(pending)
        } else if (pending.resendAtMs < this.#nextResendMs) this.#nextResendMs = pending.resendAtMs
      }
    }
    if (this.#due.length > 0) this.deps.wake()
  }

  /** Everything that waits is due again (new leader, refusal, lost connection, no progress). */
  makeDue(): void {
    this.#due = []
    this.#nextResendMs = Infinity
    const opening = this.#openings.at(-1)?.pending.get(1)
    // An opening is never repeated under its id; the next attempt draws another, and whichever comes back counts.
    if (opening !== undefined && opening.copies > 0) this.#open()
    else if (opening !== undefined) this.#due.push(opening)
    for (const session of this.#draining) this.#due.push(...session.pending.values())
    if (this.#session !== null) this.#due.push(...this.#session.pending.values())
    this.deps.wake()
  }

  /** The proposal that this entry is a copy of, or null. */
  find(data: string): Pending | null {
    const session = this.#session
    if (session !== null) {
      const seq = session.sequenceOf(data)
      if (seq >= 0) return session.pending.get(seq) ?? null
    }
    return findIn(this.#openings, data) ?? findIn(this.#draining, data)
  }

  /** This node applied a copy of `pending`. */
  settle(pending: Pending, outcome: Outcome): void {
    if (pending.settled) return
    if (!outcome.ok && outcome.code === 'session_expired') return this.#expired(pending)
    if (pending.command.type === 'session.open') return this.#opened(pending, outcome)
    this.#forget(pending)
    this.commitLatency.add(this.deps.clock.monotonicMs() - pending.startedMs)
    pending.resolve(outcome)
  }

  /** The farm was replaced by a snapshot: entries went by unseen. */
  afterInstall(lookup: Lookup): void {
    for (const session of this.#sessions()) {
      for (const pending of session.pending.values()) {
        const known = lookup(session.id, pending.seq)
        if (known !== null && known !== 'unknown session') this.settle(pending, known)
        else if (pending.copies > 0) pending.skipped = true
      }
    }
    // Its opening may have gone by; another attempt costs one entry.
    this.makeDue()
  }

  /** Ends what is overdue; called at every tick. */
  expire(nowMs: number): void {
    if (nowMs < this.#nextDeadlineMs) return
    this.#nextDeadlineMs = Infinity
    for (const pending of this.#all()) {
      if (pending.deadlineMs <= nowMs) this.#reject(pending, overdue(pending))
      else if (pending.deadlineMs < this.#nextDeadlineMs) this.#nextDeadlineMs = pending.deadlineMs
    }
    this.#waiting = this.#waiting.filter((pending) => !pending.settled)
  }

  /** New proposals fail from now on; those under way go on. */
  close(failure: Failure): void {
    this.#refuse ??= failure
  }

  /** Takes back {@link close} or {@link abandon} with the same failure; another one that came in between stays. */
  reopen(failure: Failure): void {
    if (this.#refuse === failure) this.#refuse = null
  }

  /** Ends everything: `failure` for what certainly is not and will not be done, outcome_unknown for the rest. */
  abandon(failure: Failure): void {
    this.#refuse = failure
    for (const pending of this.#all()) {
      this.#reject(pending, pending.copies > 0 ? unknown(`${failure.detail} The write may have been done.`) : failure)
    }
    this.#openings = []
    this.#waiting = []
    this.#due = []
  }

  #open(): void {
    const { random, nodeId, nodeName, clock } = this.deps
    const draw = (): string => Math.floor(random() * 2 ** 32).toString(36)
    const session = new Session(`${nodeId}.${draw()}${draw()}${draw()}`)
    const never = (): void => {}
    const opening = new Pending(
      { type: 'session.open', session: session.id },
      SESSION_OPENER,
      0,
      Infinity,
      never,
      never
    )
    session.take(opening, 1, Math.floor(clock.wallMs()), nodeName)
    this.#openings.push(session)
    if (this.#openings.length > OPENINGS_MAX) this.#openings.shift()
    this.#due.push(opening)
  }

  #opened(opening: Pending, outcome: Outcome): void {
    const session = this.#openings.find((other) => other.pending.get(1) === opening)
    this.#openings = []
    if (session === undefined) return
    if (!outcome.ok) {
      this.deps.log.error({ event: 'session_refused', outcome }, 'The farm refused to open a session.')
      return
    }
    session.pending.clear()
    this.#session = session
    this.deps.log.debug({ event: 'session_opened', session: session.id }, 'Session opened.')
    this.deps.wake()
  }

  /** Numbers what waits for a session, as one batch; beyond the session's span it waits on. */
  #number(session: Session): void {
    const waiting = this.#waiting
    this.#waiting = []
    let numbered = 0
    const wallMs = Math.floor(this.deps.clock.wallMs())
    const lowest = session.lowest()
    for (; numbered < waiting.length && session.hasRoom(lowest); numbered++) {
      const pending = waiting[numbered]!
      if (pending.settled) continue
      session.take(pending, lowest, wallMs, this.deps.nodeName)
      if (this.#fits(pending)) this.#due.push(pending)
      else this.#reject(pending, new Failure('payload_too_large', 'The command is larger than the log takes.'))
    }
    if (numbered < waiting.length) this.#waiting = waiting.slice(numbered)
  }

  #fits({ data }: Pending): boolean {
    const { commandBytesMax } = this.deps.limits
    return data.length * UTF8_BYTES_MAX <= commandBytesMax || Buffer.byteLength(data) <= commandBytesMax
  }

  /** Nothing was applied by this copy; unless an earlier one went by unseen, the command moves to a new session. */
  #expired(pending: Pending): void {
    const session = this.#sessionOf(pending)
    if (session === null) return
    if (session === this.#session) {
      this.deps.log.info({ event: 'session_expired', session: session.id }, 'The session expired; a new one follows.')
      this.#draining.push(session)
      this.#session = null
    }
    if (pending.skipped) {
      return this.#reject(pending, unknown('The session of this write expired while this node was behind.'))
    }
    session.pending.delete(pending.seq)
    this.#trimDraining()
    // A new object: late news of the copies under the old number must not count for the new one.
    pending.settled = true
    const { command, options, startedMs, deadlineMs, resolve, reject } = pending
    this.#waiting.push(new Pending(command, options, startedMs, deadlineMs, resolve, reject))
    this.deps.wake()
  }

  #reject(pending: Pending, failure: Failure): void {
    this.#forget(pending)
    pending.reject(failure)
  }

  #forget(pending: Pending): void {
    pending.settled = true
    this.#size--
    const session = this.#sessionOf(pending)
    if (session !== null) session.pending.delete(pending.seq)
    if (session !== this.#session) this.#trimDraining()
  }

  #sessionOf(pending: Pending): Session | null {
    if (this.#session !== null && this.#session.pending.get(pending.seq) === pending) return this.#session
    return this.#draining.find((session) => session.pending.get(pending.seq) === pending) ?? null
  }

  #trimDraining(): void {
    if (this.#draining.length > 0) this.#draining = this.#draining.filter((session) => session.pending.size > 0)
  }

  #sessions(): Session[] {
    const sessions = [...this.#draining]
    if (this.#session !== null) sessions.push(this.#session)
    return sessions
  }

  #all(): Pending[] {
    const all: Pending[] = []
    for (const session of this.#sessions()) all.push(...session.pending.values())
    all.push(...this.#waiting)
    return all
  }
}

function findIn(sessions: readonly Session[], data: string): Pending | null {
  for (const session of sessions) {
    const seq = session.sequenceOf(data)
    if (seq >= 0) return session.pending.get(seq) ?? null
  }
  return null
}

const unknown = (detail: string): Failure => new Failure('outcome_unknown', detail)

const overdue = (pending: Pending): Failure =>
  pending.copies > 0
    ? unknown('The write was handed to a leader; whether it is done could not be learnt in time.')
    : new Failure('no_quorum', 'No leader could be reached in time; nothing was done.', { retryAfterSeconds: 1 })

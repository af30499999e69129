/**
 * What makes a retry harmless (thesis §6.3): per session the outcomes of the sequence numbers that its owner
 * may still ask for. A session belongs to one run of one node.
 *
 * Invariant: a (session, seq) changes the farm at most once, even when its entry stands in the log many times.
 */
import {
  CLOSED_SESSIONS_MAX,
  SESSIONS_MAX,
  SESSION_IDLE_MS_MAX,
  SESSION_OUTCOMES_MAX,
  SESSION_SWEEP_MS
} from './bounds'
import { SequenceMap } from './sequence-map'
import type { Outcome } from './types'

export class Session {
  readonly outcomes = new SequenceMap<Outcome>()

  /** `usedAt`: farm's clock at the last entry. Outcomes below `low` are forgotten. */
  constructor(
    readonly id: string,
    public usedAt: number,
    public low = 1
  ) {}

  keep(seq: number, outcome: Outcome): void {
    this.outcomes.set(seq, outcome)
    if (this.outcomes.size > SESSION_OUTCOMES_MAX) this.forgetBelow((this.outcomes.lowest() ?? seq) + 1)
  }

  forgetBelow(low: number): void {
    if (low <= this.low) return
    this.outcomes.deleteBelow(low)
    this.low = low
  }
}

export class Sessions {
  /** In the order of opening. */
  readonly open = new Map<string, Session>()
  /** Ids of closed sessions, the latest last. */
  readonly closed = new Set<string>()

  /** null: expired or never opened. */
  find(id: string, now: number): Session | null {
    const session = this.open.get(id)
    if (session === undefined) return null
    if (now - session.usedAt <= SESSION_IDLE_MS_MAX) return session
    this.close(id)
    return null
  }

  start(id: string, now: number): Session {
    if (this.open.size >= SESSIONS_MAX) this.closeLongestUnused()
    const session = new Session(id, now)
    this.open.set(id, session)
    return session
  }

  /** Closes idle sessions when the farm's clock enters a new span. */
  sweep(before: number, now: number): void {
    if (Math.floor(before / SESSION_SWEEP_MS) === Math.floor(now / SESSION_SWEEP_MS)) return
    for (const session of this.open.values()) {
      if (now - session.usedAt > SESSION_IDLE_MS_MAX) this.close(session.id)
    }
  }

  private close(id: string): void {
    this.open.delete(id)
    this.closed.add(id)
    for (const oldest of this.closed) {
      if (this.closed.size <= CLOSED_SESSIONS_MAX) break
      this.closed.delete(oldest)
    }
  }

  private closeLongestUnused(): void {
    let candidate: Session | null = null
    for (const session of this.open.values()) {
      if (candidate === null || session.usedAt < candidate.usedAt) candidate = session
    }
    if (candidate !== null) this.close(candidate.id)
  }
}

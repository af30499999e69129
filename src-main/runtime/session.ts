/**
 * One session of this node in the replicated farm (thesis §6.3): proposals numbered from 1, and those that still
 * wait for their outcome. The id is drawn for this run of the process; an id is proposed once and never opened
 * twice, so a late copy of an opening cannot revive a session whose commands would then be applied again.
 */
import { SequenceMap } from '../farm/sequence-map'
import type { Command, Envelope, Outcome } from '../farm/types'
import { envelopeOf, prefixOf, sequenceOf, survivesJson } from './envelope'
import type { Failure, ProposeOptions } from './replica'

/**
 * Numbers between the lowest that waits and the next. Below what the farm keeps of outcomes per session (8,192), so
 * that it never forgets one that may still be asked for.
 */
const SPAN_MAX = 6000

export class Pending {
  seq = 0
  data = ''
  /** The object whose JSON `data` is, exactly; null when it would have to be parsed to be sure. */
  envelope: Envelope | null = null
  /** Times it was handed to a leader and not refused: above 0 it may stand in a log, and only an outcome tells. */
  copies = 0
  /** Number of the Forward message that carried it last; 0 when none did. */
  batch = 0
  attempts = 0
  resendAtMs = Infinity
  /** A snapshot was installed since it was handed over, so an earlier copy's outcome may have gone unseen. */
  skipped = false
  settled = false

  constructor(
    readonly command: Command,
    readonly options: ProposeOptions,
    readonly startedMs: number,
    readonly deadlineMs: number,
    readonly resolve: (outcome: Outcome) => void,
    readonly reject: (failure: Failure) => void
  ) {}
}

export class Session {
  readonly pending = new SequenceMap<Pending>()
  readonly #prefix: string
  #next = 1

  constructor(readonly id: string) {
    this.#prefix = prefixOf(id)
  }

  /** Sequence number when the command is of this session, otherwise -1. */
  sequenceOf(data: string): number {
    return sequenceOf(data, this.#prefix)
  }

  /** Gives `pending` the next number and its text. `lowest` as of this turn. */
  take(pending: Pending, lowest: number, wallMs: number, node: string): void {
    const seq = this.#next++
    const stamp = { session: this.id, seq, lowest, wallMs, node }
    const envelope = envelopeOf(pending.command, pending.options, stamp)
    pending.seq = seq
    pending.data = JSON.stringify(envelope)
    // What stands around the command is texts and whole numbers.
    pending.envelope = survivesJson(pending.command) ? envelope : null
    pending.copies = 0
    pending.attempts = 0
    pending.resendAtMs = Infinity
    pending.skipped = false
    this.pending.set(seq, pending)
  }

  /** More may be numbered; `lowest` as of this turn. */
  hasRoom(lowest: number): boolean {
    return this.#next - lowest < SPAN_MAX
  }

  /** Lowest number that still waits, or the next. */
  lowest(): number {
    return this.pending.lowest() ?? this.#next
  }
}

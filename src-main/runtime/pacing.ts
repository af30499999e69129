/**
 * Saves messages on the leader. Entries leave at once to as many voters as a majority takes, those that answered
 * fastest; to the others, and where a commitIndex is the only news, a moment later, joined with what came meanwhile.
 * Entries that the fastest have acknowledged by then may wait for two moments more, while they are few: each message
 * costs its receiver a barrier, and at one write after another that takes time from the voter that is waited for.
 *
 * A member that waits for an apply of its own (it forwarded a write, or asked for a read index) gets everything at
 * once. A voter of the first kind that has not answered when the moment is over changes places with one that may be
 * faster. To hold a message back, to join or to drop it is no more than the network may do.
 */
import type { AppendEntries, AppendEntriesReply, Configuration, LogIndex, Message, NodeId } from '../raft/types'
import type { Clock } from './clock'

/** What a member that nobody waits for may lag behind for the sake of fewer messages. */
const HELD_MS = 4
/** So many times longer, while a majority has what is held back without it, and it is less than {@link FEW_ENTRIES}. */
const MORE_MOMENTS = 2
const FEW_ENTRIES = 32
/** A member that asked for something is taken to wait for so long. */
const WAITING_MS = 200
/** What is due within this goes with what is due now. */
const TIMER_MS = 1
/** Joined messages stay below this, so that none is larger than the core would have made it. */
const JOINED_ENTRIES_MAX = 1024

interface Held {
  message: AppendEntries
  /** When it is looked at next. */
  untilMs: number
  moreMoments: number
  /** Last index of the entries that it held at the last look, or began with; 0 when it began as a notice. */
  awaited: number
}

export class Pacing {
  readonly #held = new Map<NodeId, Held>()
  readonly #waitingUntilMs = new Map<NodeId, number>()
  readonly #matchIndex = new Map<NodeId, LogIndex>()
  /** The other voters, those that answer fastest first. */
  #voters: readonly NodeId[] = []
  /** So many of them get entries at once. */
  #atOnce = 0
  #timed = false

  constructor(
    private readonly deps: {
      readonly self: NodeId
      readonly clock: Clock
      readonly send: (message: Message) => void
      readonly halted: () => boolean
    }
  ) {}

  onConfiguration({ voters, votersOutgoing }: Configuration): void {
    const named = [...new Set([...voters, ...votersOutgoing])].filter((id) => id !== this.deps.self)
    const known = this.#voters.filter((id) => named.includes(id))
    this.#voters = [...known, ...named.filter((id) => !known.includes(id))]
    // Two majorities at once are not worth the arithmetic.
    this.#atOnce = votersOutgoing.length > 0 ? named.length : Math.ceil(named.length / 2)
    for (const id of this.#matchIndex.keys()) if (!named.includes(id)) this.#matchIndex.delete(id)
  }

  onReply({ from, success, matchIndex }: AppendEntriesReply): void {
    if (success) this.#matchIndex.set(from, matchIndex)
  }

  /** Sends now, or holds back. */
  pass(message: Message): void {
    if (message.type !== 'AppendEntries') return this.deps.send(message)
    const { to, entries } = message
    const held = this.#held.get(to)
    const joined = held === undefined ? message : join(held.message, message)
    if (joined === null) this.deps.send(held!.message)
    const next = joined ?? message
    if (this.#waits(to) || (entries.length > 0 && this.#goesAtOnce(to))) {
      this.#held.delete(to)
      return this.deps.send(next)
    }
    if (held !== undefined && joined !== null) {
      held.message = joined
      return
    }
    const untilMs = this.deps.clock.monotonicMs() + HELD_MS
    const awaited = entries.length === 0 ? 0 : lastIndexOf(message)
    this.#held.set(to, { message: next, untilMs, moreMoments: MORE_MOMENTS, awaited })
    this.#time(HELD_MS)
  }

  /** `peer` cannot go on before it knows what is committed. */
  waits(peer: NodeId): void {
    this.#waitingUntilMs.set(peer, this.deps.clock.monotonicMs() + WAITING_MS)
    const held = this.#held.get(peer)
    if (held === undefined) return
    this.#held.delete(peer)
    this.deps.send(held.message)
  }

  #waits(peer: NodeId): boolean {
    const until = this.#waitingUntilMs.get(peer)
    return until !== undefined && until > this.deps.clock.monotonicMs()
  }

  #goesAtOnce(peer: NodeId): boolean {
    for (let i = 0; i < this.#atOnce; i++) if (this.#voters[i] === peer) return true
    return false
  }

  #time(ms: number): void {
    if (this.#timed) return
    this.#timed = true
    this.deps.clock.after(ms, this.#release)
  }

  readonly #release = (): void => {
    this.#timed = false
    if (this.deps.halted()) return this.#held.clear()
    const nowMs = this.deps.clock.monotonicMs()
    let nextMs = Infinity
    for (const [peer, held] of this.#held) {
      if (held.untilMs <= nowMs + TIMER_MS) {
        const slow = this.#slow(held.awaited)
        if (slow.length > 0 || !mayWait(held)) {
          this.#held.delete(peer)
          this.deps.send(held.message)
          this.#voters = [...this.#voters.filter((id) => !slow.includes(id)), ...slow]
          continue
        }
        held.moreMoments--
        held.untilMs = nowMs + HELD_MS
        held.awaited = lastIndexOf(held.message)
      }
      nextMs = Math.min(nextMs, held.untilMs)
    }
    if (nextMs !== Infinity) this.#time(nextMs - nowMs)
  }

  /** Who gets entries at once and has not acknowledged `awaited`. */
  #slow(awaited: number): readonly NodeId[] {
    return this.#voters.slice(0, this.#atOnce).filter((id) => (this.#matchIndex.get(id) ?? 0) < awaited)
  }
}

const mayWait = ({ moreMoments, message: { entries } }: Held): boolean =>
  moreMoments > 0 && entries.length > 0 && entries.length < FEW_ENTRIES

const lastIndexOf = ({ prevLogIndex, entries }: AppendEntries): number => prevLogIndex + entries.length

/** One message that says what both say, `second` after `first`; null when there is none. */
function join(first: AppendEntries, second: AppendEntries): AppendEntries | null {
  if (first.term !== second.term) return null
  if (first.entries.length === 0) return second
  if (first.prevLogIndex + first.entries.length !== second.prevLogIndex) return null
  if (first.entries.length + second.entries.length > JOINED_ENTRIES_MAX) return null
  const entries = second.entries.length === 0 ? first.entries : [...first.entries, ...second.entries]
  return { ...first, entries, leaderCommit: second.leaderCommit }
}

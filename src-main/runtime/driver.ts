/**
 * The loop between the pure core and the world: inputs are queued, and one turn of the event loop steps the core
 * through all of them and carries the effects out.
 *
 * Order that is safe: `send` leaves at once (the core asks for nothing durable there), `persist` goes to the log
 * writer, its messages and its token wait for the barrier, `apply` goes to the applier. Effects are carried out in
 * the order in which the core gave them. A broken invariant of the core stops the node, as does a failed disk.
 *
 * Must not know what commands mean, nor decide anything.
 */
import type { Raft } from '../raft/raft'
import type { Effect, Input, LogIndex, Message, NodeId, Refusal, Role, Term } from '../raft/types'
import type { Clock } from './clock'
import type { LogWriter } from './log-writer'
import type { Persist } from './group-commit'

/** What became of an input that can be refused: null when it was taken. */
export type Verdict = { readonly refusal: Refusal | null; readonly leaderId: NodeId | null }

type Of<Type extends Effect['type']> = Extract<Effect, { type: Type }>

/** Where effects go that neither the disk nor the network takes. Called within the turn. */
export interface EffectSink {
  onApply(effect: Of<'apply'>): void
  onInstallSnapshot(effect: Of<'installSnapshot'>): void
  onSendSnapshot(effect: Of<'sendSnapshot'>): void
  onReadReady(context: number, index: LogIndex): void
  onReadFailed(context: number): void
  onConfiguration(effect: Of<'configuration'>): void
  onRole(effect: Of<'role'>): void
  onRemoved(): void
  onTransferEnded(to: NodeId, success: boolean): void
  /** Inputs that were gathered since the last call; the turn goes on until nothing comes. */
  gather(): void
  /** The end of a turn, before the disk is started. */
  onTurnEnd(): void
  /** The core's or the runtime's own rules are broken; the sink halts the driver. */
  onBroken(error: unknown): void
}

interface Queued {
  readonly input: Input
  readonly verdict: ((verdict: Verdict) => void) | null
}

export class Driver {
  role: Role = 'follower'
  term: Term
  leaderId: NodeId | null = null
  #queue: Queued[] = []
  #scheduled = false
  #running = false
  #halted = false

  constructor(
    readonly raft: Raft,
    private readonly clock: Clock,
    private readonly writer: LogWriter,
    private readonly send: (message: Message) => void,
    private readonly sink: EffectSink
  ) {
    const status = raft.status()
    this.term = status.term
    this.role = status.role
    this.leaderId = status.leaderId
  }

  get isLeader(): boolean {
    return this.role === 'leader'
  }

  get halted(): boolean {
    return this.#halted
  }

  get queued(): number {
    return this.#queue.length
  }

  /** Queues an input for the next turn (or for this one, from within). */
  submit(input: Input, verdict: ((verdict: Verdict) => void) | null = null): void {
    if (this.#halted) {
      verdict?.({ refusal: 'notLeader', leaderId: null })
      return
    }
    this.#queue.push({ input, verdict })
    this.wake()
  }

  /** As {@link Driver.submit}, for callers that wait. */
  attempt(input: Input): Promise<Verdict> {
    return new Promise((resolve) => this.submit(input, resolve))
  }

  /** A turn follows, after the I/O callbacks of this turn of the event loop. */
  wake(): void {
    if (this.#scheduled || this.#running || this.#halted) return
    this.#scheduled = true
    this.clock.soon(this.#scheduledTurn)
  }

  /**
   * The barrier that covers these effects has returned. What an earlier term acknowledges stays here: one barrier
   * covers several steps, and a later one may have overwritten the entries in question.
   */
  durable(covered: readonly Persist[]): void {
    if (this.#halted) return
    for (const effect of covered) {
      for (const message of effect.messages) if (message.term >= this.term) this.send(message)
      this.#queue.push({ input: { type: 'persisted', token: effect.token }, verdict: null })
    }
    this.turn()
  }

  /** Stops all participation, for good. */
  halt(): void {
    this.#halted = true
    this.role = 'follower'
    this.leaderId = null
    const queue = this.#queue
    this.#queue = []
    refuseAll(queue)
  }

  readonly #scheduledTurn = (): void => {
    this.#scheduled = false
    this.turn()
  }

  turn(): void {
    if (this.#running || this.#halted) return
    this.#running = true
    try {
      this.sink.gather()
      while (this.#queue.length > 0) {
        const batch = this.#queue
        this.#queue = []
        this.#stepAll(batch)
        if (this.#halted) return
        this.sink.gather()
      }
      this.sink.onTurnEnd()
      this.writer.kick()
    } catch (error) {
      this.sink.onBroken(error)
    } finally {
      this.#running = false
    }
  }

  /** What a halt or a broken step leaves undone is refused: nobody waits for a verdict in vain. */
  #stepAll(batch: readonly Queued[]): void {
    let done = 0
    try {
      for (; done < batch.length && !this.#halted; done++) this.#step(batch[done]!)
    } finally {
      if (done < batch.length) refuseAll(batch.slice(done))
    }
  }

  #step(queued: Queued): void {
    const effects = this.raft.step(queued.input)
    let refusal: Refusal | null = null
    let leaderId = this.leaderId
    for (const effect of effects) {
      if (effect.type === 'refused') {
        refusal = effect.reason
        leaderId = effect.leaderId
      } else this.#carryOut(effect)
    }
    queued.verdict?.({ refusal, leaderId })
  }

  #carryOut(effect: Exclude<Effect, { type: 'refused' }>): void {
    switch (effect.type) {
      case 'persist':
        return this.writer.persist(effect)
      case 'send':
        for (const message of effect.messages) this.send(message)
        return
      case 'apply':
        return this.sink.onApply(effect)
      case 'proposed':
        return
      case 'readReady':
        return this.sink.onReadReady(effect.context, effect.index)
      case 'readFailed':
        return this.sink.onReadFailed(effect.context)
      case 'sendSnapshot':
        return this.sink.onSendSnapshot(effect)
      case 'installSnapshot':
        if (!effect.keepLog) this.writer.reset({ index: effect.meta.index, term: effect.meta.term }, effect.hardState)
        return this.sink.onInstallSnapshot(effect)
      case 'compact':
        return this.writer.compact(effect.firstIndex)
      case 'configuration':
        return this.sink.onConfiguration(effect)
      case 'role':
        this.role = effect.role
        this.term = effect.term
        this.leaderId = effect.leaderId
        return this.sink.onRole(effect)
      case 'removed':
        return this.sink.onRemoved()
      case 'transferEnded':
        return this.sink.onTransferEnded(effect.to, effect.success)
    }
  }
}

function refuseAll(queue: readonly Queued[]): void {
  for (const { verdict } of queue) verdict?.({ refusal: 'notLeader', leaderId: null })
}

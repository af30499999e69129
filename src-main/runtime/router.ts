/**
 * Where commands go: into the own log when this node leads, to the leader otherwise. Own and forwarded commands of a
 * turn make one batch.
 *
 * Invariant: a command is counted as handed over before anything can put it into a log, and only a refusal of that
 * very batch takes it back. A batch is taken in whole or refused in whole.
 */
import type { NodeId } from '../raft/types'
import type { RuntimeMessage } from '../transport/ports'
import type { Clock } from './clock'
import type { Driver, Verdict } from './driver'
import type { RuntimeLimits } from './limits'
import type { Proposals } from './proposals'
import type { Pending } from './session'

type Forward = Extract<RuntimeMessage, { type: 'Forward' }>
type ForwardRefused = Extract<RuntimeMessage, { type: 'ForwardRefused' }>

/** Commands that are proposed together, and whom to tell if they are refused. */
interface Batch {
  readonly data: string[]
  readonly own: Pending[]
  readonly foreign: { readonly from: NodeId; readonly forward: Forward }[]
  chars: number
}

const emptyBatch = (): Batch => ({ data: [], own: [], foreign: [], chars: 0 })

/** A batch waits for the record before it no longer than this: on a slow disk the others' barriers are enough. */
export const HELD_MS = 2

/** Forward messages whose refusal is still recognised; an older one is settled by outcome, resend or deadline. */
const FORWARDS_KEPT_MAX = 128

export class Router {
  #foreign: { from: NodeId; forward: Forward }[] = []
  #forwarded = new Map<number, readonly Pending[]>()
  #nextBatch = 1
  #holding = false
  /** Own commands wait until then after a refusal; 0: do not wait. */
  #pausedUntilMs = 0
  /** After the pause everything goes again: which batch was refused is not known. */
  #resendAll = false

  constructor(
    private readonly deps: {
      readonly clock: Clock
      readonly limits: RuntimeLimits
      readonly driver: Driver
      readonly proposals: Proposals
      /** A record is on its way to the disk, not for long yet: what comes meanwhile makes the next batch. */
      readonly writing: () => boolean
      readonly sendRuntime: (to: NodeId, message: RuntimeMessage) => void
    }
  ) {}

  /** Some wait to be handed over. */
  get hasCommands(): boolean {
    return this.#foreign.length > 0 || this.deps.proposals.hasDue
  }

  /** Another node hands over commands for the leader's log. */
  onForward(from: NodeId, forward: Forward): void {
    if (!this.deps.driver.isLeader) return this.#refuse(from, forward, 'notLeader')
    this.#foreign.push({ from, forward })
    this.deps.driver.wake()
  }

  /** A batch was not taken: again after a pause, to whoever leads then. */
  onForwardRefused(refused: ForwardRefused): void {
    const batch = refused.batch ?? 0
    const pending = this.#forwarded.get(batch)
    if (pending === undefined) return this.#pauseAndResend()
    this.#forwarded.delete(batch)
    for (const one of pending) one.copies--
    // What went out again since then, in a later batch, is on its way already.
    const back = pending.filter((one) => one.batch === batch && !one.settled)
    if (back.length === 0) return
    this.deps.proposals.giveBack(back)
    this.#pause()
  }

  /** A leader is known that was not known before, or can be reached again. */
  onLeader(): void {
    this.#pausedUntilMs = 0
    this.#resendAll = false
    this.deps.proposals.makeDue()
  }

  onTick(nowMs: number): void {
    if (this.#pausedUntilMs !== 0 && nowMs >= this.#pausedUntilMs) {
      this.#pausedUntilMs = 0
      if (this.#resendAll) this.deps.proposals.makeDue()
      this.#resendAll = false
      this.deps.driver.wake()
    }
    if (!this.deps.driver.isLeader) this.deps.proposals.resendOverdue(nowMs)
  }

  /** Hands over what is due; called until a turn has no more inputs. */
  gather(): void {
    const { driver, proposals } = this.deps
    const { leaderId, isLeader } = driver
    if (isLeader && this.deps.writing()) return this.#hold()
    const due = leaderId === null || this.#pausedUntilMs !== 0 ? [] : proposals.takeDue()
    if (isLeader) this.#gatherBatches(due)
    else {
      for (const { from, forward } of this.#foreign) this.#refuse(from, forward, 'notLeader')
      this.#foreign = []
      if (leaderId !== null && due.length > 0) this.#forward(leaderId, due)
    }
  }

  #hold(): void {
    if (this.#holding) return
    this.#holding = true
    this.deps.clock.after(HELD_MS, () => {
      this.#holding = false
      this.deps.driver.wake()
    })
  }

  #gatherBatches(due: readonly Pending[]): void {
    if (due.length === 0 && this.#foreign.length === 0) return
    let batch = emptyBatch()
    const room = (chars: number): void => {
      if (batch.chars > 0 && batch.chars + chars > this.deps.limits.batchCharsMax) {
        this.#propose(batch)
        batch = emptyBatch()
      }
      batch.chars += chars
    }
    for (const pending of due) {
      if (pending.settled) continue
      room(pending.data.length)
      batch.data.push(pending.data)
      batch.own.push(pending)
    }
    for (const foreign of this.#foreign) {
      let chars = 0
      for (const command of foreign.forward.commands) chars += command.length
      room(chars)
      for (const command of foreign.forward.commands) batch.data.push(command)
      batch.foreign.push(foreign)
    }
    this.#foreign = []
    if (batch.data.length > 0) this.#propose(batch)
  }

  #propose(batch: Batch): void {
    this.deps.driver.submit({ type: 'propose', data: batch.data }, (verdict) => this.#decided(batch, verdict))
  }

  #decided(batch: Batch, verdict: Verdict): void {
    if (verdict.refusal === null) {
      for (const pending of batch.own) {
        pending.copies++
        pending.batch = 0
        pending.resendAtMs = Infinity
      }
      return
    }
    for (const { from, forward } of batch.foreign) this.#refuse(from, forward, verdict.refusal)
    if (batch.own.length === 0) return
    this.deps.proposals.giveBack(batch.own)
    this.#pause()
  }

  #forward(leaderId: NodeId, due: readonly Pending[]): void {
    const nowMs = this.deps.clock.monotonicMs()
    let sent: Pending[] = []
    let chars = 0
    for (const pending of due) {
      if (pending.settled) continue
      if (chars > 0 && chars + pending.data.length > this.deps.limits.batchCharsMax) {
        this.#sendForward(leaderId, sent, nowMs)
        sent = []
        chars = 0
      }
      sent.push(pending)
      chars += pending.data.length
    }
    if (sent.length > 0) this.#sendForward(leaderId, sent, nowMs)
  }

  #sendForward(leaderId: NodeId, sent: readonly Pending[], nowMs: number): void {
    const { resendMs, resendMaxMs } = this.deps.limits
    const batch = this.#nextBatch++
    const commands: string[] = []
    for (const pending of sent) {
      pending.copies++
      pending.batch = batch
      this.deps.proposals.watch(pending, nowMs + Math.min(resendMs * 2 ** pending.attempts++, resendMaxMs))
      commands.push(pending.data)
    }
    this.#forwarded.set(batch, sent)
    if (this.#forwarded.size > FORWARDS_KEPT_MAX) this.#forwarded.delete(batch - FORWARDS_KEPT_MAX)
    this.deps.sendRuntime(leaderId, { type: 'Forward', commands, batch })
  }

  #refuse(to: NodeId, forward: Forward, reason: string): void {
    const { leaderId } = this.deps.driver
    const { commands, batch } = forward
    this.deps.sendRuntime(to, { type: 'ForwardRefused', commands: commands.length, batch, leaderId, reason })
  }

  #pauseAndResend(): void {
    this.#resendAll = true
    this.#pause()
  }

  #pause(): void {
    if (this.#pausedUntilMs !== 0) return
    this.#pausedUntilMs = this.deps.clock.monotonicMs() + this.deps.limits.refusedPauseMs
  }
}

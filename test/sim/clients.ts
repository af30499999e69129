/**
 * Clients at work: each asks one node at a time, turns to another when it gets no answer, and repeats a write whose
 * outcome it does not know under the same idempotency key. Everything goes into the history.
 */
import type { Outcome } from '../../src-main/farm/types'
import type { Failure } from '../../src-main/runtime/replica'
import type { History, Recorded } from './history'
import type { ExactlyOnce } from './invariants/exactly-once'
import { Violation } from './invariants/violation'
import type { Machine } from './machine'
import type { Random } from './random'
import { MS, SECOND, type Scheduler } from './scheduler'
import type { Trace } from './trace'
import { drawCommand, NEVER_DONE, readGroup, type Impression } from './workload'

export interface ClientWorld {
  readonly scheduler: Scheduler
  readonly trace: Trace
  readonly history: History
  readonly once: ExactlyOnce
  /** Machines whose node answers requests. */
  serving(): readonly Machine[]
  fail(violation: Violation): void
  readonly timeoutMs: number
  readonly thinkMeanMs: number
  readonly readShare: number
  readonly groups: number
  readonly working: boolean
}

type Answer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly code: string }
  /** The node died with the request. */
  | { readonly kind: 'lost' }

/** A node must answer by the deadline that it was given; this is what it may be late by. */
const LATE_MAX_MS = 1500

export class Client {
  private asked = 0
  private readonly impressions: Impression[]
  private home: Machine | null = null
  counts = { done: 0, refused: 0, unknown: 0, reads: 0, failedReads: 0 }

  constructor(
    readonly number: number,
    private readonly world: ClientWorld,
    private readonly random: Random
  ) {
    this.impressions = Array.from({ length: world.groups }, () => ({ view: null }))
  }

  async work(): Promise<void> {
    while (this.world.working) {
      const think = Math.round(this.random.exponential(this.world.thinkMeanMs) * MS)
      await this.world.scheduler.delay(think, null)
      if (!this.world.working) return
      const group = this.random.below(this.world.groups)
      if (this.random.chance(this.world.readShare)) await this.read(group)
      else await this.write(group)
    }
  }

  async read(group: number): Promise<boolean> {
    const machine = this.choose()
    if (machine === null) return false
    const recorded = this.world.history.call(this.number, group, { kind: 'read' })
    const replica = machine.replica as NonNullable<Machine['replica']>
    const answer = await this.ask(machine, 'read', () =>
      replica.linearize(this.world.timeoutMs).then(() => readGroup(replica.farm, group))
    )
    if (answer.kind !== 'value') {
      this.world.history.drop(recorded)
      this.counts.failedReads++
      this.home = null
      return false
    }
    const view = answer.value as ReturnType<typeof readGroup>
    this.world.history.answer(recorded, { kind: 'view', view })
    ;(this.impressions[group] as Impression).view = view
    this.counts.reads++
    return true
  }

  async write(group: number): Promise<void> {
    const command = drawCommand(group, this.impressions[group] as Impression, this.random)
    const name = `c${this.number}.${++this.asked}`
    const attempts = this.random.pick([1, 1, 3])
    // One fingerprint for one request, as the API makes it.
    const idempotency = attempts > 1 || this.random.chance(0.3) ? { key: name, request: name } : undefined
    this.world.once.begin(name, !command.type.endsWith('.update'))
    const recorded = this.world.history.call(this.number, group, { kind: 'command', command })
    let certain = true
    for (let attempt = 0; attempt < attempts; attempt++) {
      const machine = this.choose()
      if (machine === null) break
      const replica = machine.replica as NonNullable<Machine['replica']>
      const answer = await this.ask(machine, name, () =>
        replica.propose(command, { by: name, timeoutMs: this.world.timeoutMs, idempotency })
      )
      if (answer.kind === 'value') {
        const outcome = answer.value as Outcome
        if (outcome.ok || !isUnknown(outcome.code)) return this.settled(recorded, name, outcome)
        certain = false
      } else if (answer.kind === 'lost' || !NEVER_DONE.has(answer.code)) certain = false
      this.home = null
      if (attempt + 1 < attempts) await this.world.scheduler.delay(this.random.between(10, 500) * MS, null)
    }
    if (!certain) {
      this.world.once.told(name, 'unknown')
      this.counts.unknown++
      return
    }
    this.world.history.drop(recorded)
    this.guard(() => this.world.once.told(name, 'refused'))
    this.counts.refused++
  }

  private settled(recorded: Recorded, name: string, outcome: Outcome): void {
    this.world.history.answer(recorded, { kind: 'outcome', outcome })
    this.guard(() => this.world.once.told(name, outcome.ok ? 'done' : 'refused'))
    if (outcome.ok) this.counts.done++
    else this.counts.refused++
  }

  private choose(): Machine | null {
    const serving = this.world.serving()
    if (this.home === null || !serving.includes(this.home) || this.random.chance(0.05)) {
      this.home = this.random.pickOr(serving, null as unknown as Machine)
    }
    return this.home
  }

  /** Asks one node; a node that neither answers in time nor dies is a finding. */
  private ask(machine: Machine, name: string, call: () => Promise<unknown>): Promise<Answer> {
    const { scheduler, trace } = this.world
    const life = machine.life as NonNullable<Machine['life']>
    const frozen = life.frozen
    return new Promise((resolve) => {
      let open = true
      const end = (answer: Answer): void => {
        if (!open) return
        open = false
        scheduler.cancel(deadline)
        callOff()
        trace.detail(life.id, 10, this.number, this.asked, answer.kind.length, () => `${name}: ${show(answer)}`)
        // What a frozen node answered just before is not read until it thaws.
        resolve(answer)
      }
      const callOff = life.onEnd(() => end({ kind: 'lost' }))
      const deadline = scheduler.after(
        machine.clocks.real(this.world.timeoutMs + LATE_MAX_MS) * 1.5 + SECOND / 2,
        life,
        () => {
          if (!open || life.frozen !== frozen || life.stopping) return
          this.world.fail(new Violation('answers in time', `${life.name} has not answered ${name}`))
        }
      )
      trace.detail(life.id, 11, this.number, this.asked, 0, () => `client ${this.number} asks ${name}`)
      // The request reaches the process as any input does: not while it is frozen.
      scheduler.after(this.random.between(20, 300), life, () => {
        call().then(
          (value) => end({ kind: 'value', value }),
          (error: unknown) => {
            const code = (error as Failure).code
            if (typeof code === 'string') end({ kind: 'failure', code })
            else this.world.fail(new Violation('no crash', `${life.name}: ${String((error as Error).stack ?? error)}`))
          }
        )
      })
    })
  }

  private guard(check: () => void): void {
    try {
      check()
    } catch (error) {
      this.world.fail(error as Violation)
    }
  }
}

const isUnknown = (code: string): boolean => code === 'outcome_unknown' || code === 'session_expired'

function show(answer: Answer): string {
  if (answer.kind === 'value') return JSON.stringify(answer.value) ?? 'done'
  return answer.kind === 'failure' ? answer.code : 'connection lost'
}

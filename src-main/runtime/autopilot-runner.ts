/**
 * Watches the members while this node leads and carries out what {@link planVoters} proposes, one change at a time.
 * What it has seen is forgotten with the leadership, so a new leader watches for the full time before it acts.
 */
import type { ConfigurationChange, NodeId, RaftStatus } from '../raft/types'
import { planVoters, type AutopilotLimits, type ClusterView, type MemberView, type Plan } from './autopilot'
import { isCaughtUp } from './caught-up'
import type { Clock } from './clock'
import type { Driver } from './driver'
import type { Logger } from './log'

interface Seen {
  /** Since when it is there and caught up; null while it is not. */
  stableSinceMs: number | null
  /** Since when it is away; null while it is there. */
  absentSinceMs: number | null
}

const REASONS: Readonly<Record<Plan['why'], string>> = {
  grow: 'Enough machines are there and caught up: more of them vote.',
  replace: 'A voter stays away: another machine takes its place.',
  shrink: 'Machines stay away, and nobody can take their place: fewer vote.',
  odd: 'An even number of voters survives no more than the odd one below it: one votes less.',
  most: 'More machines vote than make the farm safer: fewer vote.'
}

export class AutopilotRunner {
  #seen = new Map<NodeId, Seen>()
  #unfitSinceMs: number | null = null
  #nextMs = 0
  readonly #manualUntilMs = new Map<NodeId, number>()
  #busy = false

  constructor(
    private readonly deps: {
      readonly self: NodeId
      readonly clock: Clock
      readonly limits: AutopilotLimits
      readonly tickMs: number
      readonly log: Logger
      readonly driver: Driver
    }
  ) {}

  onManualSuffrage(id: NodeId): void {
    this.#manualUntilMs.set(id, this.deps.clock.monotonicMs() + this.deps.limits.manualMs)
  }

  onTick(nowMs: number): void {
    if (!this.deps.driver.isLeader) {
      this.#forget()
      return
    }
    if (nowMs < this.#nextMs || this.#busy) return
    this.#nextMs = nowMs + this.deps.limits.intervalMs
    this.#look(this.deps.driver.raft.status(), nowMs)
  }

  /** The machine stood still: how long others were away meanwhile is not known. */
  onGap(): void {
    this.#forget()
  }

  #forget(): void {
    if (this.#seen.size > 0) this.#seen = new Map()
    this.#unfitSinceMs = null
  }

  #look(status: RaftStatus, nowMs: number): void {
    const { configuration, configurationCommitted } = status
    if (!configurationCommitted || configuration.votersOutgoing.length > 0 || status.transferTarget !== null) return
    const view = this.#view(status, nowMs)
    const plan = planVoters(view, this.deps.limits)
    if (plan === null) return
    const { voters, why } = plan
    this.deps.log.info({ event: 'autopilot', why, from: configuration.voters, to: voters }, REASONS[why])
    void this.#change({ type: 'setVoters', voters })
  }

  async #change(change: ConfigurationChange): Promise<void> {
    this.#busy = true
    const { refusal } = await this.deps.driver.attempt({ type: 'changeConfiguration', change })
    this.#busy = false
    if (refusal !== null) this.deps.log.debug({ event: 'autopilot_refused', refusal }, 'The change was refused.')
  }

  #view(status: RaftStatus, nowMs: number): ClusterView {
    const { voters, learners } = status.configuration
    const seen = new Map<NodeId, Seen>()
    const members = [...voters, ...learners].sort().map((id) => {
      const before = this.#seen.get(id) ?? { stableSinceMs: null, absentSinceMs: null }
      seen.set(id, before)
      return this.#member(status, id, voters.includes(id), before, nowMs)
    })
    // Those who are no longer members are forgotten.
    this.#seen = seen
    const isUnfit = voters.length % 2 === 0 || voters.length > this.deps.limits.votersMax
    this.#unfitSinceMs = isUnfit ? (this.#unfitSinceMs ?? nowMs) : null
    const unfitMs = this.#unfitSinceMs === null ? 0 : nowMs - this.#unfitSinceMs
    return { leader: this.deps.self, members, unfitMs }
  }

  #member(status: RaftStatus, id: NodeId, voter: boolean, seen: Seen, nowMs: number): MemberView {
    const { self, limits, tickMs } = this.deps
    const progress = status.progress.find((one) => one.id === id)
    const silentMs = id === self ? 0 : progress === undefined ? Infinity : progress.silentTicks * tickMs
    const alive = silentMs < limits.silentMs
    const matchIndex = id === self ? status.lastIndex : (progress?.matchIndex ?? 0)
    const caughtUp = id === self || (progress !== undefined && isCaughtUp(status, progress))
    seen.stableSinceMs = alive && caughtUp ? (seen.stableSinceMs ?? nowMs) : null
    seen.absentSinceMs = alive ? null : (seen.absentSinceMs ?? nowMs - Math.min(silentMs, limits.silentMs))
    return {
      id,
      voter,
      alive,
      caughtUp,
      matchIndex,
      stableMs: seen.stableSinceMs === null ? 0 : nowMs - seen.stableSinceMs,
      absentMs: seen.absentSinceMs === null ? 0 : nowMs - seen.absentSinceMs,
      manual: this.#isManual(id, nowMs)
    }
  }

  #isManual(id: NodeId, nowMs: number): boolean {
    const untilMs = this.#manualUntilMs.get(id)
    if (untilMs === undefined) return false
    if (nowMs < untilMs) return true
    this.#manualUntilMs.delete(id)
    return false
  }
}

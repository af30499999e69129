/**
 * Phase two of a run: what must work, works again. A quorum is healed and must come back to work within a bound. Then
 * it is left in peace, but for one machine that may not be well, and must not be disturbed; in the end all are well.
 */
import type { Command } from '../../src-main/farm/types'
import { Agreement } from './agreement'
import type { Belonging } from './belonging'
import type { Cluster } from './cluster'
import { checkReign, type Reign } from './invariants/calm'
import { Violation } from './invariants/violation'
import { checkVoters } from './invariants/voters'
import type { Machine } from './machine'
import type { Operator } from './operator'
import type { Oracle } from './oracle'
import type { Outsider } from './outsider'
import type { Profile } from './profile'
import type { Random } from './random'
import { MS, type Micros, type Scheduler } from './scheduler'
import type { Trace } from './trace'
import type { Troubles } from './troubles'

/** Within this much virtual time after healing, the cluster must have a leader, take writes and agree. */
const LIVENESS_BOUND_MS = 40_000
const PROBE_TIMEOUT_MS = 10_000
/** What was asked of the cluster before it was healed may go on for so long. */
const ASKED_BEFORE_MS = 10_000
const HAND_OVER_MS = 3000
const CALM_MS = 3000
const UNWELL_MS = 8000
const VOTERS_BOUND_MS = 25_000
const LOOK_MS = 250

export interface RecoveryScene {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly profile: Profile
  readonly cluster: Cluster
  readonly operator: Operator
  readonly oracle: Oracle
  readonly trace: Trace
  readonly troubles: Troubles
  readonly outsider: Outsider
  readonly belonging: Belonging
  /** Lets time pass. */
  readonly go: (until: Micros) => void
}

export class Recovery {
  readonly agreement: Agreement
  private probes = 0

  constructor(private readonly scene: RecoveryScene) {
    this.agreement = new Agreement(scene.cluster, scene.belonging)
  }

  run(): void {
    const { cluster, trace, troubles, scheduler } = this.scene
    trace.story('', 'the troubles end')
    const left = this.leaveOut()
    troubles.end()
    const core = cluster.machines.filter((m) => m !== left)
    if (left !== null) this.switchOff(left)
    for (const machine of core) if (machine.lives > 0 && machine.state !== 'lost') this.keepRunning(machine)
    const healedAt = scheduler.now
    this.converge(core)
    if (this.failed) return
    trace.story('', `converged ${Math.round((scheduler.now - healedAt) / MS)} ms after the troubles`)
    if (!this.settle()) return
    if (left !== null && left.lives > 0) {
      this.handOverInVain(left, core)
      if (!this.failed) this.settleVoters()
      if (!this.failed) this.endure(left, core)
    }
    if (!this.failed) this.stayCalm(CALM_MS)
    if (!this.failed) this.settleVoters()
  }

  private get failed(): boolean {
    return this.scene.oracle.violation !== null
  }

  /** One machine that may stay dead without costing any configuration its quorum; or none. */
  private leaveOut(): Machine | null {
    const { profile, operator, cluster, oracle, random } = this.scene
    if (!profile.coreOnly || operator.waits || cluster.hasUnreliable) return null
    const candidate = random.pick(cluster.machines)
    // It may be given a vote just now: nobody can know yet that it is dead.
    const survives = (voters: readonly string[]) => {
      const others = voters.filter((id) => id !== candidate.id)
      const alive = others.filter((id) => cluster.machineOf(id as never) !== null).length
      return voters.length === 0 || alive * 2 > others.length + 1
    }
    return oracle.configurationsAround().every((c) => survives(c.voters) && survives(c.votersOutgoing))
      ? candidate
      : null
  }

  private switchOff(machine: Machine): void {
    this.scene.cluster.kill(machine, true)
    machine.leftOut = true
  }

  private keepRunning(machine: Machine): void {
    const { cluster, scheduler } = this.scene
    if (this.failed) return
    if (machine.state === 'down') cluster.start(machine)
    if (machine.state !== 'lost') scheduler.after(500 * MS, null, () => this.keepRunning(machine))
  }

  /** Everyone takes a write, and all agree. */
  private converge(machines: readonly Machine[]): void {
    const probes = machines.filter((m) => m.lives > 0 && m.state !== 'lost').map((machine) => this.probe(machine))
    const done = () => probes.every((taken) => taken()) && this.agreement.among(machines)
    if (this.waitFor(done, LIVENESS_BOUND_MS)) return
    const { oracle } = this.scene
    const what = `after ${LIVENESS_BOUND_MS} ms of health: ${this.agreement.describe(machines)}`
    oracle.fail(new Violation('liveness', what))
  }

  private waitFor(done: () => boolean, boundMs: number): boolean {
    const { scheduler, go } = this.scene
    const end = scheduler.now + boundMs * MS
    while (!this.failed && scheduler.now < end) {
      go(scheduler.now + LOOK_MS * MS)
      if (done()) return true
    }
    return false
  }

  /** A write through `machine`, repeated until it succeeds; true once it has, or when it is no member. */
  private probe(machine: Machine): () => boolean {
    const { scheduler, belonging } = this.scene
    let done = false
    let asking = false
    const id = `probe-${machine.id}-${this.probes++}`
    const command: Command = { type: 'printer.create', id, company: 'x', model: 'y' }
    const ask = () => {
      if (done || this.failed) return
      const { replica, life } = machine
      if (!asking && machine.state === 'running' && replica !== null && life !== null) {
        asking = true
        const off = life.onEnd(() => (asking = false))
        replica.propose(command, { by: 'probe', timeoutMs: PROBE_TIMEOUT_MS }).then(
          (outcome) => {
            off()
            done ||= outcome.ok || outcome.code === 'duplicate_id'
            asking = false
          },
          () => {
            off()
            asking = false
          }
        )
      }
      scheduler.after(200 * MS, null, ask)
    }
    ask()
    return () => done || machine.state === 'lost' || !belonging.isMember(machine) || belonging.isStranded(machine)
  }

  /** Nothing that was asked before is under way any more. */
  private settle(): boolean {
    const { cluster, operator } = this.scene
    const isHandedOver = () => cluster.machines.some((m) => (cluster.core(m)?.status().transferTarget ?? null) !== null)
    const isStopping = () => cluster.machines.some(({ life }) => life?.stopping === true)
    const settled = () => !operator.waits && !isHandedOver() && !isStopping()
    return this.waitFor(settled, ASKED_BEFORE_MS)
  }

  /** Leadership is to go to one that is down: work goes on all the same. */
  private handOverInVain(left: Machine, core: readonly Machine[]): void {
    const { cluster, operator } = this.scene
    void operator.once((replica) => replica.transferLeadership(left.id, HAND_OVER_MS), cluster.leader() ?? undefined)
    this.converge(core)
    if (!this.failed) this.settle()
  }

  /** The others work on undisturbed while this one is not well, and take it in again. */
  private endure(left: Machine, core: readonly Machine[]): void {
    const { outsider, scheduler, belonging } = this.scene
    const check = this.reignCheck()
    left.leftOut = false
    outsider.misbehave(left, scheduler.now + UNWELL_MS * MS)
    this.stayCalm(UNWELL_MS, check)
    if (this.failed || !belonging.isMember(left)) return
    this.keepRunning(left)
    this.converge([...core, left])
    check()
  }

  private stayCalm(forMs: number, check = this.reignCheck()): void {
    const { scheduler, go } = this.scene
    const end = scheduler.now + forMs * MS
    while (!this.failed && scheduler.now < end) {
      go(scheduler.now + LOOK_MS * MS)
      check()
    }
  }

  /**
   * What is true of leader and term now goes on to be; unless somebody has been in a later term before, or the leader
   * ends by itself, for an error of its disk from before may show late.
   */
  private reignCheck(): () => void {
    const { cluster, oracle } = this.scene
    const before = this.reign()
    if (this.isAnyoneFurther(before)) return () => undefined
    const leader = cluster.leader()
    const life = leader?.life
    let leads = true
    return () => {
      leads &&= leader?.life === life && !hasFailed(leader)
      if (leads) oracle.guard(() => checkReign(before, this.reign()))
    }
  }

  private reign(): Reign {
    const leader = this.scene.cluster.leader()
    const term = leader === null ? 0 : (this.scene.cluster.core(leader)?.status().term ?? 0)
    return { leader: leader?.id ?? null, term }
  }

  /** Somebody had been in a later term before: its return ends this one. */
  private isAnyoneFurther({ term }: Reign): boolean {
    const { cluster, oracle } = this.scene
    return cluster.machines.some(({ id }) => oracle.durability.latestTerm(id) > term)
  }

  /** Where the autopilot is quick, it has brought the voters in order soon. */
  private settleVoters(): void {
    const { profile, cluster, oracle, belonging } = this.scene
    if (profile.autopilot.voterAbsentMs === undefined) return
    const check = () => {
      const leader = cluster.leader()
      const status = leader === null ? undefined : cluster.core(leader)?.status()
      if (leader === null || status === undefined) return
      const { members, voters } = status.configuration
      const present = cluster.machines
        .filter((m) => m.state === 'running' && members[m.id] !== undefined && !belonging.isStranded(m))
        .filter((m) => this.agreement.among([m]))
        .map(({ id }) => id)
      checkVoters(voters, present)
    }
    const isSettled = () => {
      try {
        check()
        return true
      } catch {
        return false
      }
    }
    if (!this.waitFor(isSettled, VOTERS_BOUND_MS) && !this.failed) oracle.guard(check)
  }
}

const hasFailed = (machine: Machine | null | undefined): boolean =>
  /until it is restarted/.test(machine?.replica?.readiness().reason ?? '')

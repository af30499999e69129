/**
 * One run: a cluster, people and troubles drawn from a seed; a time of faults, then a time in which a healed quorum
 * must come back to work; then the books are checked.
 */
import { Farm } from '../../src-main/farm/farm'
import type { Command } from '../../src-main/farm/types'
import type { NodeId } from '../../src-main/raft/types'
import { Client, type ClientWorld } from './clients'
import { Cluster } from './cluster'
import { drawPlan, type Planned } from './faults'
import { checkGroup, explain, History } from './history'
import { checkAudit, checkWeights } from './invariants/farm-state'
import { Violation } from './invariants/violation'
import { Network } from './network'
import { Operator } from './operator'
import { Oracle } from './oracle'
import { describeProfile, drawProfile, networkOptions, type Profile } from './profile'
import { Random } from './random'
import { canDrain, MS, Scheduler, SECOND } from './scheduler'
import { Trace, type TraceLevel } from './trace'
import { Troubles } from './troubles'
import type { Machine } from './machine'
import { PRODUCTION_CODEC } from './codec'
import { restoreEverywhere } from './restore'
import { SetBack } from './set-back'

export interface RunOptions {
  readonly seed: number
  readonly machines?: number
  readonly seconds?: number
  /** Only these faults of the plan. */
  readonly keep?: ReadonlySet<number>
  readonly clients?: number
  readonly level?: TraceLevel
  readonly write?: (line: string) => void
}

export interface RunResult {
  readonly seed: number
  readonly profile: Profile
  readonly plan: readonly Planned[]
  readonly failure: { readonly invariant: string; readonly detail: string; readonly atMs: number } | null
  readonly simulatedMs: number
  readonly steps: number
  readonly operations: number
  readonly committed: number
  readonly traceHash: string
  readonly traceLines: number
  /** The end of the story. */
  readonly recent: readonly string[]
  /** Groups whose history was too long to decide. */
  readonly undecided: number
}

/** Within this much virtual time after healing, the cluster must have a leader, take writes and agree. */
const LIVENESS_BOUND_MS = 40_000
const PROBE_TIMEOUT_MS = 10_000
const LINEARIZABILITY_STEPS = 300_000

export function run(options: RunOptions): RunResult {
  if (!canDrain()) throw new Error('A run must not be started from within a promise reaction.')
  return new Simulation(options).run()
}

class Simulation implements ClientWorld {
  readonly scheduler = new Scheduler()
  readonly trace: Trace
  readonly history = new History()
  readonly oracle = new Oracle()
  readonly profile: Profile
  readonly plan: readonly Planned[]
  working = true
  private readonly random: Random
  private readonly network: Network
  private readonly cluster: Cluster
  private readonly operator: Operator
  private readonly troubles: Troubles
  private readonly clients: readonly Client[]

  constructor(private readonly options: RunOptions) {
    this.random = Random.of(options.seed)
    this.profile = drawProfile(this.random.fork('profile'), options)
    const { profile, scheduler } = this
    const full = drawPlan(this.random.fork('plan'), profile.mix, profile.machines, profile.seconds * 1000)
    this.plan = options.keep === undefined ? full : full.filter(({ id }) => options.keep?.has(id))
    this.trace = new Trace(scheduler, options.level ?? 'none', options.write ?? (() => undefined))
    this.network = new Network(
      scheduler,
      this.random.fork('network'),
      { ...networkOptions(profile), codec: profile.codec ? PRODUCTION_CODEC : null },
      this.trace,
      this.oracle
    )
    this.cluster = new Cluster(scheduler, this.random.fork('cluster'), profile, this.network, this.oracle, this.trace)
    this.operator = new Operator(scheduler, this.random.fork('operator'), this.cluster, this.trace, () => this.working)
    this.troubles = new Troubles(
      scheduler,
      this.random.fork('troubles'),
      this.cluster,
      this.network,
      this.operator,
      this.trace,
      () => restoreEverywhere(this, this.cluster, this.random.fork('restore')),
      new SetBack(scheduler, this.cluster, this.operator, this.oracle, this.trace)
    )
    const clients = Math.min(options.clients ?? Infinity, profile.clients)
    this.clients = Array.from({ length: clients }, (_, n) => new Client(n, this, this.random.fork(`client-${n}`)))
  }

  // --- what clients see ----------------------------------------------------------------------------------------

  get once() {
    return this.oracle.once
  }
  get timeoutMs(): number {
    return this.profile.timeoutMs
  }
  get thinkMeanMs(): number {
    return this.profile.thinkMeanMs
  }
  get readShare(): number {
    return this.profile.readShare
  }
  get groups(): number {
    return this.profile.groups
  }

  /** In the end, only those who belong are asked. */
  serving(): readonly Machine[] {
    const { serving } = this.cluster
    return this.working ? serving : serving.filter((m) => this.operator.isMember(m.id) && !this.isStranded(m))
  }

  fail(violation: Violation): void {
    this.oracle.fail(violation)
  }

  // --- the run -------------------------------------------------------------------------------------------------

  run(): RunResult {
    const crash = (error: unknown) =>
      this.fail(new Violation('no crash', `unhandled: ${String((error as Error)?.stack ?? error)}`))
    process.on('unhandledRejection', crash)
    try {
      this.trace.story('', `seed ${this.options.seed}: ${describeProfile(this.profile)}`)
      this.begin()
      this.go(this.profile.seconds * SECOND)
      if (!this.failed) this.recoverAndConverge()
      if (!this.failed) this.checkBooks()
    } catch (error) {
      crash(error)
    } finally {
      process.off('unhandledRejection', crash)
    }
    return this.result()
  }

  private get failed(): boolean {
    return this.oracle.violation !== null
  }

  private readonly stop = (): boolean => this.failed

  private go(until: number): void {
    this.scheduler.runUntil(until, this.stop)
  }

  private begin(): void {
    let founded = false
    void this.cluster.found().then(() => {
      founded = true
      for (const machine of this.cluster.machines.slice(0, this.profile.founders)) this.cluster.start(machine)
      this.troubles.schedule(this.plan)
      for (const client of this.clients) void client.work()
    })
    while (!founded && !this.failed && this.scheduler.now < SECOND) this.go(this.scheduler.now + 10 * MS)
    if (!founded) throw new Error('the cluster was not founded')
    for (const spare of this.cluster.machines.slice(this.profile.founders)) {
      this.scheduler.after(this.random.between(1, 8) * SECOND, null, () => {
        if (spare.state === 'down' && spare.lives === 0) void this.operator.join(spare)
      })
    }
  }

  /** Phase two: what must work, works again. */
  private recoverAndConverge(): void {
    this.working = false
    this.trace.story('', 'the troubles end')
    const left = this.leaveOut()
    this.troubles.end()
    const core = this.cluster.machines.filter((m) => m !== left)
    if (left !== null) this.cluster.kill(left, true)
    for (const machine of core) if (machine.lives > 0 && machine.state !== 'lost') this.keepRunning(machine)
    const healedAt = this.scheduler.now
    const probes = core.filter((m) => m.lives > 0 && m.state !== 'lost').map((machine) => this.probe(machine))
    const end = healedAt + LIVENESS_BOUND_MS * MS
    let converged = false
    while (!converged && !this.failed && this.scheduler.now < end) {
      this.go(this.scheduler.now + 250 * MS)
      converged = probes.every((done) => done()) && this.agree(core)
    }
    if (this.failed) return
    if (!converged) {
      this.fail(new Violation('liveness', `after ${LIVENESS_BOUND_MS} ms of health: ${this.describe(core)}`))
      return
    }
    this.trace.story('', `converged ${Math.round((this.scheduler.now - healedAt) / MS)} ms after the troubles`)
    this.readAll(core)
  }

  /** One machine that may stay dead without costing any configuration its quorum; or none. */
  private leaveOut(): Machine | null {
    if (
      !this.profile.coreOnly ||
      this.operator.waits ||
      this.cluster.machines.some((m) => m.state === 'lost' || m.damaged || m.forgetful)
    )
      return null
    const candidate = this.random.pick(this.cluster.machines)
    const gone = new Set([candidate.id])
    const survives = (voters: readonly string[]) =>
      voters.length === 0 ||
      voters.filter((id) => !gone.has(id as never) && this.cluster.machineOf(id as never) !== null).length * 2 >
        voters.length
    return this.oracle.configurationsAround().every((c) => survives(c.voters) && survives(c.votersOutgoing))
      ? candidate
      : null
  }

  private keepRunning(machine: Machine): void {
    if (this.failed) return
    if (machine.state === 'down') this.cluster.start(machine)
    if (machine.state !== 'lost') this.scheduler.after(500 * MS, null, () => this.keepRunning(machine))
  }

  /** A write through `machine`, repeated until it succeeds; true once it has, or when it is no member. */
  private probe(machine: Machine): () => boolean {
    let done = false
    let asking = false
    const command: Command = { type: 'printer.create', id: `probe-${machine.id}`, company: 'x', model: 'y' }
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
      this.scheduler.after(200 * MS, null, ask)
    }
    ask()
    return () => done || machine.state === 'lost' || !this.isCommittedMember(machine) || this.isStranded(machine)
  }

  /**
   * It must be invited anew: all whom it knows of were replaced while it was away, or know no more than itself; or it
   * knows of its removal, and was gone before it could hear that it had been taken back.
   */
  private isStranded(machine: Machine): boolean {
    const leader = this.cluster.leader()
    if (leader === null) return false
    if (machine.readded && this.committedMembers(machine)?.includes(machine.id) === false) return true
    return !this.finds(machine, leader, new Set())
  }

  /** Whether there is a way to the leader from one to the next by what each knows of the members. */
  private finds(machine: Machine, leader: Machine, asked: Set<Machine>): boolean {
    if (machine === leader) return true
    asked.add(machine)
    const members = this.committedMembers(machine)
    if (members === null) return true
    const known = members.includes(machine.id) ? members : [...machine.named.keys()]
    return this.cluster.machines.some(
      (other) =>
        !asked.has(other) &&
        known.includes(other.id) &&
        this.operator.isMember(other.id) &&
        this.finds(other, leader, asked)
    )
  }

  /** As `machine` knows to be committed; null while it is down. */
  private committedMembers(machine: Machine): readonly NodeId[] | null {
    const core = this.cluster.core(machine)
    if (core === null) return null
    return Object.keys(core.configurationAsOf(core.status().commitIndex).configuration.members) as NodeId[]
  }

  private isCommittedMember(machine: Machine): boolean {
    const leader = this.cluster.leader()
    return leader === null || this.operator.isMember(machine.id)
  }

  /** Everyone who belongs is up, follows one leader and has applied what it has. */
  private agree(core: readonly Machine[]): boolean {
    return this.dissenters(core)?.length === 0
  }

  /** Who is not there yet; null without a leader to agree with. */
  private dissenters(core: readonly Machine[]): readonly Machine[] | null {
    const leader = this.cluster.leader()
    if (leader === null) return null
    const status = this.cluster.core(leader)?.status()
    // A joint configuration is a way, not a place.
    const settled = status?.configurationCommitted === true && status.configuration.votersOutgoing.length === 0
    if (status === undefined || !settled) return [leader]
    const members = core.filter(
      (m) => m.state !== 'lost' && status.configuration.members[m.id] !== undefined && !this.isStranded(m)
    )
    return members.filter((machine) => {
      const mine = machine.state === 'running' ? this.cluster.core(machine)?.status() : undefined
      return (
        mine === undefined ||
        mine.leaderId !== leader.id ||
        mine.term !== status.term ||
        machine.replica?.appliedIndex !== status.commitIndex
      )
    })
  }

  private describe(core: readonly Machine[]): string {
    const who = this.dissenters(core)
    const summary = who === null ? 'no leader' : `not there: ${who.map((m) => m.id)}`
    const all = core
      .map((machine) => {
        const status = this.cluster.core(machine)?.status()
        return `${machine.id} ${machine.state} ${status?.role ?? '-'} t${status?.term ?? '-'} leader ${status?.leaderId ?? '-'} commit ${status?.commitIndex ?? '-'} applied ${machine.replica?.appliedIndex ?? '-'} last ${status?.lastIndex ?? '-'} members ${Object.keys(status?.configuration.members ?? {})}, voters ${status?.configuration.voters ?? '-'}|${status?.configuration.votersOutgoing ?? '-'}`
      })
      .join('; ')
    return `${summary}; ${all}`
  }

  /** What everyone can see in the end goes into the histories: nothing acknowledged may be missing. */
  private readAll(core: readonly Machine[]): void {
    const reader = new Client(99, this, this.random.fork('reader'))
    const wanted = Array.from({ length: this.groups }, (_, group) => group)
    let left = wanted.length
    for (const group of wanted) {
      const again = (): void => {
        void reader.read(group).then((read) => {
          if (read) left--
          else this.scheduler.after(100 * MS, null, again)
        })
      }
      again()
    }
    const end = this.scheduler.now + 15 * SECOND
    while (left > 0 && !this.failed && this.scheduler.now < end) this.go(this.scheduler.now + 100 * MS)
    if (left > 0 && !this.failed) this.fail(new Violation('liveness', `no linearizable read: ${this.describe(core)}`))
  }

  private checkBooks(): void {
    this.oracle.guard(() => {
      for (const machine of this.cluster.machines) {
        const { replica } = machine
        if (replica === null || machine.state !== 'running' || !(replica.farm instanceof Farm)) continue
        checkWeights(machine.id, replica.farm)
        checkAudit(machine.id, replica.farm.audit())
        this.oracle.hashes.seen(machine.id, replica.farm.appliedIndex, replica.farm.hash())
      }
      for (let group = 0; group < this.groups; group++) {
        const verdict = checkGroup(this.history, group, LINEARIZABILITY_STEPS)
        if (verdict.kind === 'undecided') this.undecided++
        if (verdict.kind === 'violation') throw new Violation('linearizability', `group ${group}: ${explain(verdict)}`)
      }
    })
  }

  private undecided = 0

  private result(): RunResult {
    const { violation } = this.oracle
    if (violation !== null) this.trace.story('', `FAILED: ${violation.invariant}: ${violation.detail}`)
    else
      this.trace.story('', `passed: ${this.history.size} operations, ${this.oracle.committed.index} entries committed`)
    return {
      seed: this.options.seed,
      profile: this.profile,
      plan: this.plan,
      failure:
        violation === null
          ? null
          : {
              invariant: violation.invariant,
              detail: violation.detail,
              atMs: Math.round(this.scheduler.now / MS)
            },
      simulatedMs: Math.round(this.scheduler.now / MS),
      steps: this.scheduler.steps,
      operations: this.history.size,
      committed: this.oracle.committed.index,
      traceHash: this.trace.hash,
      traceLines: this.trace.lines,
      recent: this.trace.recent(),
      undecided: this.undecided
    }
  }
}

/**
 * One run: a cluster, people and troubles drawn from a seed; a time of faults, then a time in which a healed quorum
 * must come back to work; then the books are checked.
 */
import { Farm } from '../../src-main/farm/farm'
import { Belonging } from './belonging'
import { Client, type ClientWorld } from './clients'
import { Cluster } from './cluster'
import { drawPlan, type Planned } from './faults'
import { checkGroup, explain, History } from './history'
import { checkAudit, checkWeights } from './invariants/farm-state'
import { Violation } from './invariants/violation'
import { Network } from './network'
import { Operator } from './operator'
import { Oracle } from './oracle'
import { Outsider } from './outsider'
import { describeProfile, drawProfile, networkOptions, type Profile } from './profile'
import { Random } from './random'
import { Recovery } from './recovery'
import { canDrain, MS, Scheduler, SECOND } from './scheduler'
import { Trace, type TraceLevel } from './trace'
import { Troubles } from './troubles'
import type { Machine } from './machine'
import { PRODUCTION_CODEC } from './codec'
import { restoreEverywhere } from './restore'
import { SetBack } from './set-back'

/** Seven machines on slow disks, one after the other. */
const FOUNDING_MAX = 10 * SECOND

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

const LINEARIZABILITY_STEPS = 300_000

export function run(options: RunOptions): RunResult {
  if (!canDrain()) throw new Error('A run must not be started from within a promise reaction.')
  return new Simulation(options).run()
}

class Simulation implements ClientWorld {
  readonly scheduler = new Scheduler()
  readonly trace: Trace
  readonly history = new History()
  readonly oracle: Oracle
  readonly profile: Profile
  readonly plan: readonly Planned[]
  working = true
  private readonly random: Random
  private readonly network: Network
  private readonly cluster: Cluster
  private readonly operator: Operator
  private readonly troubles: Troubles
  private readonly clients: readonly Client[]
  private readonly belonging: Belonging
  private readonly recovery: Recovery

  constructor(private readonly options: RunOptions) {
    this.random = Random.of(options.seed)
    this.profile = drawProfile(this.random.fork('profile'), options)
    const { profile, scheduler } = this
    this.oracle = new Oracle(profile.raft)
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
    this.belonging = new Belonging(this.cluster, this.operator)
    this.recovery = new Recovery({
      scheduler,
      random: this.random.fork('recovery'),
      profile,
      cluster: this.cluster,
      operator: this.operator,
      oracle: this.oracle,
      trace: this.trace,
      troubles: this.troubles,
      outsider: new Outsider(scheduler, this.random.fork('outsider'), this.cluster, this.network, this.trace),
      belonging: this.belonging,
      go: (until) => this.go(until)
    })
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
    return this.working ? serving : serving.filter((m) => this.operator.isMember(m.id) && !this.belonging.isStranded(m))
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
      this.working = false
      if (!this.failed) this.recovery.run()
      if (!this.failed) this.readAll()
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
    while (!founded && !this.failed && this.scheduler.now < FOUNDING_MAX) this.go(this.scheduler.now + 10 * MS)
    if (!founded) throw new Error('the cluster was not founded')
    for (const spare of this.cluster.machines.slice(this.profile.founders)) {
      this.scheduler.after(this.random.between(1, 8) * SECOND, null, () => {
        if (spare.state === 'down' && spare.lives === 0) void this.operator.join(spare)
      })
    }
  }

  /** What everyone can see in the end goes into the histories: nothing acknowledged may be missing. */
  private readAll(): void {
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
    if (left > 0 && !this.failed) {
      const who = this.recovery.agreement.describe(this.cluster.machines)
      this.fail(new Violation('liveness', `no linearizable read: ${who}`))
    }
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

/** Carries out the fault plan: finds whom a fault means when its time comes, does it, and undoes what ends. */
import type { NodeId } from '../../src-main/raft/types'
import type { Cluster } from './cluster'
import { RARE_OPERATIONS, type RareOperation } from './disk-faults'
import { describeFault, type Fault, type Planned, type Target } from './faults'
import { flipSomeBit } from './files'
import { LateSnapshots } from './late-snapshots'
import type { Machine } from './machine'
import type { LinkQuality } from './links'
import type { Network } from './network'
import type { Operator } from './operator'
import { Plots } from './plots'
import type { Random } from './random'
import { MS, SECOND, type Scheduler } from './scheduler'
import type { SetBack } from './set-back'
import { Stage } from './stage'
import type { Trace } from './trace'
import { Upgrades } from './upgrades'

const CALM: LinkQuality = { delayMin: 100, delayMean: 300, loss: 0, duplicate: 0, bandwidth: 50_000_000 }

export class Troubles {
  private diskErrors = 0
  private readonly stage: Stage
  private readonly upgrades: Upgrades
  private readonly lateSnapshots: LateSnapshots
  private readonly plots: Plots

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly cluster: Cluster,
    private readonly network: Network,
    private readonly operator: Operator,
    private readonly trace: Trace,
    private readonly restore: () => void,
    private readonly setBack: SetBack
  ) {
    this.stage = new Stage(scheduler, random, cluster, network, operator, trace)
    this.upgrades = new Upgrades(this.stage)
    this.lateSnapshots = new LateSnapshots(this.stage)
    this.plots = new Plots(this.stage, this.lateSnapshots, setBack)
  }

  schedule(plan: readonly Planned[]): void {
    for (const { id, atMs, fault } of plan) {
      this.scheduler.at(atMs * MS, null, () => {
        if (this.stage.ended) return
        this.trace.story('', `fault ${id}: ${describeFault(fault)}`)
        this.apply(fault)
      })
    }
  }

  /** No new faults, and those that last are undone: every link, disk and clock is well again. */
  end(): void {
    this.stage.ended = true
    this.network.heal(CALM)
    for (const machine of this.cluster.machines) {
      machine.health.heal()
      machine.clocks.setRate(1)
      if (machine.state !== 'lost') this.cluster.resume(machine)
    }
    this.upgrades.finish()
    this.lateSnapshots.loseLastAnswer()
  }

  private resolve(target: Target): Machine | null {
    if (typeof target === 'number') return this.cluster.machines[target] ?? null
    const leader = this.cluster.leader()
    if (target === 'leader') return leader ?? this.random.pickOr(this.cluster.serving, null as unknown as Machine)
    return this.random.pickOr(
      this.cluster.serving.filter((m) => m !== leader),
      null as unknown as Machine
    )
  }

  private apply(fault: Fault): void {
    switch (fault.kind) {
      case 'crashAll':
        for (const machine of this.cluster.machines) {
          if (machine.state !== 'running' && machine.state !== 'starting') continue
          this.cluster.kill(machine, this.random.chance(0.5))
          this.stage.restartLater(machine, fault.forMs * (0.5 + this.random.float()))
        }
        return
      case 'partition': {
        const side = this.cluster.machines.filter(({ number }) => fault.side.includes(number))
        return this.stage.cutOff(side, fault.forMs, fault.oneWay)
      }
      case 'partial':
        return this.stage.block(
          fault.blocked.flatMap(([a, b]) => {
            const from = this.cluster.machines[a]
            const to = this.cluster.machines[b]
            return from === undefined || to === undefined ? [] : [[from.id, to.id] as const]
          }),
          fault.forMs
        )
      case 'transfer': {
        const to = fault.to === null ? null : (this.resolve(fault.to)?.id ?? null)
        return void this.operator.once((replica) => replica.transferLeadership(to, 3000))
      }
      case 'addMember':
        return this.addMember()
      case 'promote': {
        const learner = this.learners()[0]
        if (learner !== undefined) void this.operator.once((replica) => replica.setSuffrage(learner, 'voter', 3000))
        return
      }
      case 'restore':
        return this.restore()
      case 'duel':
        return this.plots.duel(fault.writes, fault.cutMs, fault.forMs)
      case 'relapse':
        return this.plots.relapse(fault.writes, fault.cutMs, fault.afterMs)
      case 'lateSnapshot':
        return this.lateSnapshots.await(fault.victim, fault.forMs)
      default: {
        const machine = this.resolve(fault.target)
        if (machine !== null) this.strike(machine, fault)
      }
    }
  }

  private strike(machine: Machine, fault: Extract<Fault, { target: Target }>): void {
    const { cluster, network, operator, scheduler } = this
    switch (fault.kind) {
      case 'crash':
        if (machine.state !== 'running' && machine.state !== 'starting') return
        cluster.kill(machine, fault.reset)
        return this.stage.restartLater(machine, fault.forMs)
      case 'stop':
        if (machine.state !== 'running') return
        void cluster.stop(machine).then(() => this.stage.restartLater(machine, fault.forMs))
        return
      case 'pause': {
        const { life } = machine
        cluster.pause(machine)
        return this.stage.later(fault.forMs, () => {
          if (machine.life === life) cluster.resume(machine)
        })
      }
      case 'suspend': {
        return this.suspend(machine, fault.forMs)
      }
      case 'upgrade':
        return this.upgrades.install(machine, fault.back ? -1 : 1, fault.forMs)
      case 'setBack':
        return this.setBack.begin(machine, fault.afterMs, () => this.stage.ended)
      case 'turnover':
        return void this.plots.turnover(machine, fault.forMs)
      case 'expel':
        return void this.plots.expel(machine, fault.forMs)
      case 'readd':
        return void this.plots.readd(machine)
      case 'strand':
        return this.plots.strand(machine, fault.victim, fault.writes, fault.forMs)
      case 'isolate':
        return this.stage.block(
          this.stage
            .others(machine)
            .flatMap((other) => [
              ...(fault.way === 'out' ? [] : [[other.id, machine.id] as const]),
              ...(fault.way === 'in' ? [] : [[machine.id, other.id] as const])
            ]),
          fault.forMs
        )
      case 'flap':
        return this.flap(machine, fault.periodMs, scheduler.now + fault.forMs * MS)
      case 'break':
        for (const other of this.random.sample(this.stage.others(machine), this.random.between(1, 4))) {
          network.breakConnection(machine.id, other.id)
        }
        return
      case 'slow':
        return this.slow(machine, fault.factor, fault.forMs)
      case 'stall':
        machine.health.stalledUntil = Math.max(machine.health.stalledUntil, scheduler.now + fault.forMs * MS)
        return
      case 'ioError':
        return machine.health.fail('io', this.rareOperation())
      case 'diskFull':
        machine.health.fail('full', this.rareOperation())
        return this.stage.later(fault.forMs, () => machine.health.heal())
      case 'bitFlip':
        return this.bitFlip(machine)
      case 'wipe':
        if (machine.state !== 'running' || !operator.mayLose(machine)) return
        cluster.lose(machine)
        return void operator.replace(machine)
      case 'wallJump':
        if (machine.life !== null) machine.life.clockSet++
        return machine.clocks.jumpWall(fault.byMs)
      case 'skew':
        return machine.clocks.setRate(fault.rate)
      case 'snapshot':
        // A node that is being replaced, stops or fails says so; nothing else is asked of it here.
        if (machine.state === 'running' && machine.life?.paused === false)
          void machine.replica?.takeSnapshot().catch(() => undefined)
        return
      case 'removeMember': {
        if (operator.inTrouble) return
        const { id } = machine
        void operator
          .once((replica) => replica.removeMember(id, 3000))
          .then(() => scheduler.delay(this.random.between(1, 5) * SECOND, null))
          .then(() => {
            if (!this.stage.ended && machine.id === id && cluster.leader() !== null && !operator.isMember(id)) {
              this.trace.story(id, 'is a member no more')
              void operator.replace(machine)
            }
          })
        return
      }
      case 'demote': {
        if (operator.inTrouble) return
        const { id } = machine
        return void operator.once((replica) => replica.setSuffrage(id, 'learner', 3000))
      }
    }
  }

  /** The system may or may not say so before; what wakes up finds its connections dead. */
  private suspend(machine: Machine, forMs: number): void {
    const { life, replica } = machine
    if (life === null || replica === null || machine.state !== 'running' || life.paused) return
    const told = this.random.chance(0.5)
    if (told) void replica.suspend()
    this.scheduler.after(told ? this.random.between(0, 1200) * MS : 0, null, () => {
      if (this.stage.ended || machine.life !== life || life.paused) return
      const since = this.scheduler.now
      this.cluster.pause(machine)
      this.stage.later(forMs, () => {
        // Somebody else may have thawed it meanwhile, and somebody may have frozen it again.
        if (machine.life !== life || !life.paused || life.pausedAt !== since) return
        machine.clocks.slept(since)
        for (const other of this.stage.others(machine)) this.network.breakConnection(machine.id, other.id)
        this.cluster.resume(machine)
        if (told) replica.resume()
      })
    })
  }

  private flap(machine: Machine, periodMs: number, until: number): void {
    if (this.stage.ended || this.scheduler.now >= until) return
    const other = this.random.pickOr(this.stage.others(machine), null as unknown as Machine)
    if (other === null) return
    this.stage.block(
      [
        [machine.id, other.id],
        [other.id, machine.id]
      ],
      periodMs / 2
    )
    this.scheduler.after(periodMs * MS, null, () => this.flap(machine, periodMs, until))
  }

  private slow(machine: Machine, factor: number, forMs: number): void {
    const quality: LinkQuality = {
      delayMin: 1 * MS * factor,
      delayMean: 1 * MS * factor,
      loss: 0,
      duplicate: 0,
      bandwidth: 20_000_000 / factor
    }
    const { id } = machine
    const set = (to: LinkQuality | null) => {
      for (const other of this.stage.others(machine)) {
        this.network.setQuality(id, other.id, to)
        this.network.setQuality(other.id, id, to)
      }
    }
    set(quality)
    this.stage.later(forMs, () => set(null))
  }

  /** What an error of the disk waits for, in some of the runs with files. */
  private rareOperation(): RareOperation | null {
    const random = this.random.fork(`rare-operation-${this.diskErrors++}`)
    return random.chance(0.5) ? random.pick(RARE_OPERATIONS) : null
  }

  private bitFlip(machine: Machine): void {
    if (machine.state !== 'running' || !this.operator.mayLose(machine)) return
    this.cluster.kill(machine, true)
    machine.damaged = true
    machine.logDisk.damaged = true
    flipSomeBit(machine.files, (n) => this.random.below(n))
    this.scheduler.after(100 * MS, null, () => this.cluster.start(machine))
    this.awaitRefusal(machine, machine.id)
  }

  /** It refuses to start, and is replaced; or the flip was harmless, and the node goes on. */
  private awaitRefusal(machine: Machine, id: NodeId): void {
    this.scheduler.after(2 * SECOND, null, () => {
      if (machine.id !== id) return
      if (machine.state === 'lost') void this.operator.replace(machine)
      else if (machine.state === 'running' && !machine.logDisk.damaged) machine.damaged = false
      else this.awaitRefusal(machine, id)
    })
  }

  /** A machine that founded nothing and belongs to nobody joins. */
  private addMember(): void {
    const spare = this.cluster.machines.find((m) => m.state === 'down' && m.lives === 0)
    if (spare !== undefined) void this.operator.join(spare)
  }

  private learners(): readonly NodeId[] {
    const leader = this.cluster.leader()
    return (leader?.replica?.status().members ?? []).filter((m) => m.suffrage === 'learner').map((m) => m.id)
  }
}

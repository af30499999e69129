/** Carries out the fault plan: finds whom a fault means when its time comes, does it, and undoes what ends. */
import type { NodeId } from '../../src-main/raft/types'
import type { Cluster } from './cluster'
import { describeFault, type Fault, type Planned, type Target } from './faults'
import { flipSomeBit } from './files'
import type { Machine } from './machine'
import type { LinkQuality, Network } from './network'
import type { Operator } from './operator'
import { Plots } from './plots'
import type { Random } from './random'
import { RELEASES, releaseBeside } from './releases'
import { MS, SECOND, type Scheduler } from './scheduler'
import type { SetBack } from './set-back'
import type { Trace } from './trace'

const CALM: LinkQuality = { delayMin: 100, delayMean: 300, loss: 0, duplicate: 0, bandwidth: 50_000_000 }

export class Troubles {
  private ended = false
  private extras = 0
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
    const ended = () => this.ended
    const cutOff = (machines: readonly Machine[], forMs: number) =>
      this.partition(
        machines.map(({ number }) => number),
        false,
        forMs
      )
    this.plots = new Plots({ scheduler, random, cluster, operator, trace, ended, cutOff })
  }

  schedule(plan: readonly Planned[]): void {
    for (const { id, atMs, fault } of plan) {
      this.scheduler.at(atMs * MS, null, () => {
        if (this.ended) return
        this.trace.story('', `fault ${id}: ${describeFault(fault)}`)
        this.apply(fault)
      })
    }
  }

  /** No new faults, and those that last are undone: every link, disk and clock is well again. */
  end(): void {
    this.ended = true
    this.network.heal(CALM)
    for (const machine of this.cluster.machines) {
      machine.health.heal()
      machine.clocks.setRate(1)
      if (machine.state !== 'lost') this.cluster.resume(machine)
    }
    this.finishUpgrades()
    this.cluster.onReceived = (machine) => this.loseAnswer(machine)
  }

  /** The last of all troubles: whoever sent a snapshot does not hear that it has arrived. */
  private loseAnswer(machine: Machine): void {
    this.cluster.onReceived = null
    const leader = this.cluster.leader()
    if (leader !== null) this.network.breakConnection(machine.id, leader.id)
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

  private later(forMs: number, undo: () => void): void {
    this.scheduler.after(forMs * MS, null, () => {
      if (!this.ended) undo()
    })
  }

  private restartLater(machine: Machine, forMs: number): void {
    this.later(forMs, () => this.cluster.start(machine))
  }

  private others(machine: Machine): readonly Machine[] {
    return this.cluster.machines.filter((m) => m !== machine)
  }

  private block(ways: readonly (readonly [NodeId, NodeId])[], forMs: number): void {
    for (const [from, to] of ways) this.network.block(from, to)
    this.later(forMs, () => {
      for (const [from, to] of ways) this.network.unblock(from, to)
    })
  }

  private apply(fault: Fault): void {
    switch (fault.kind) {
      case 'crashAll':
        for (const machine of this.cluster.machines) {
          if (machine.state !== 'running' && machine.state !== 'starting') continue
          this.cluster.kill(machine, this.random.chance(0.5))
          this.restartLater(machine, fault.forMs * (0.5 + this.random.float()))
        }
        return
      case 'partition':
        return this.partition(fault.side, fault.oneWay, fault.forMs)
      case 'partial':
        return this.block(
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
        return this.duel(fault.writes, fault.cutMs, fault.forMs)
      case 'relapse':
        return this.relapse(fault.writes, fault.cutMs, fault.afterMs)
      case 'lateSnapshot':
        if (fault.victim === 'leader') this.cluster.onArrived = (machine) => this.delaySnapshot(machine, fault.forMs)
        else this.cluster.onReceived = (machine) => this.killReceiver(machine, fault.forMs)
        return
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
        return this.restartLater(machine, fault.forMs)
      case 'stop':
        if (machine.state !== 'running') return
        void cluster.stop(machine).then(() => this.restartLater(machine, fault.forMs))
        return
      case 'pause': {
        const { life } = machine
        cluster.pause(machine)
        return this.later(fault.forMs, () => {
          if (machine.life === life) cluster.resume(machine)
        })
      }
      case 'suspend': {
        return this.suspend(machine, fault.forMs)
      }
      case 'upgrade':
        return this.upgrade(machine, fault.back ? -1 : 1, fault.forMs)
      case 'setBack':
        return this.setBack.begin(machine, fault.afterMs, () => this.ended)
      case 'turnover':
        return void this.plots.turnover(machine, fault.forMs)
      case 'expel':
        return void this.plots.expel(machine, fault.forMs)
      case 'readd':
        return void this.plots.readd(machine)
      case 'strand':
        return this.strand(machine, fault)
      case 'isolate':
        return this.block(
          this.others(machine).flatMap((other) => [
            ...(fault.way === 'out' ? [] : [[other.id, machine.id] as const]),
            ...(fault.way === 'in' ? [] : [[machine.id, other.id] as const])
          ]),
          fault.forMs
        )
      case 'flap':
        return this.flap(machine, fault.periodMs, scheduler.now + fault.forMs * MS)
      case 'break':
        for (const other of this.random.sample(this.others(machine), this.random.between(1, 4))) {
          network.breakConnection(machine.id, other.id)
        }
        return
      case 'slow':
        return this.slow(machine, fault.factor, fault.forMs)
      case 'stall':
        machine.health.stalledUntil = Math.max(machine.health.stalledUntil, scheduler.now + fault.forMs * MS)
        return
      case 'ioError':
        machine.health.nextError = 'io'
        return
      case 'diskFull':
        machine.health.nextError = 'full'
        return this.later(fault.forMs, () => machine.health.heal())
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
            if (!this.ended && machine.id === id && cluster.leader() !== null && !operator.isMember(id)) {
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
      if (this.ended || machine.life !== life || life.paused) return
      const since = this.scheduler.now
      this.cluster.pause(machine)
      this.later(forMs, () => {
        // Somebody else may have thawed it meanwhile.
        if (machine.life !== life || !life.paused) return
        machine.clocks.slept(since)
        for (const other of this.others(machine)) this.network.breakConnection(machine.id, other.id)
        this.cluster.resume(machine)
        if (told) replica.resume()
      })
    })
  }

  private partition(side: readonly number[], oneWay: boolean, forMs: number): void {
    const here = this.cluster.machines.filter((m) => side.includes(m.number))
    const there = this.cluster.machines.filter((m) => !side.includes(m.number))
    this.block(
      here.flatMap((a) => there.flatMap((b) => [[a.id, b.id] as const, ...(oneWay ? [] : [[b.id, a.id] as const])])),
      forMs
    )
  }

  private flap(machine: Machine, periodMs: number, until: number): void {
    if (this.ended || this.scheduler.now >= until) return
    const other = this.random.pickOr(this.others(machine), null as unknown as Machine)
    if (other === null) return
    this.block(
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
      for (const other of this.others(machine)) {
        this.network.setQuality(id, other.id, to)
        this.network.setQuality(other.id, id, to)
      }
    }
    set(quality)
    this.later(forMs, () => set(null))
  }

  private upgrade(machine: Machine, steps: number, forMs: number): void {
    const release = RELEASES[machine.release + steps]
    if (release === undefined || machine.state !== 'running' || machine.life?.paused !== false) return
    void this.cluster.stop(machine).then(() => {
      if (this.ended) return
      machine.release = RELEASES.indexOf(release)
      this.trace.story(machine.id, `is now of ${release.name}`)
      this.restartLater(machine, forMs)
    })
  }

  private finishUpgrades(): void {
    const newest = Math.max(...this.cluster.machines.map(({ release }) => release))
    for (const machine of this.cluster.machines) {
      const release = releaseBeside(newest, machine.release)
      if (release === machine.release) continue
      machine.release = release
      this.cluster.kill(machine, true)
    }
  }

  private strand(machine: Machine, { victim, writes, forMs }: Extract<Fault, { kind: 'strand' }>): void {
    const leader = this.cluster.leader()
    if (leader === null || leader === machine || machine.state !== 'running') return
    this.cluster.kill(machine, true)
    this.writeTo(leader, writes)
    this.later(forMs, () => {
      // Who is being replaced, stops or fails says so.
      void leader.replica?.takeSnapshot().catch(() => undefined)
      if (victim === 'leader') this.cluster.onArrived = (at) => (at === machine ? this.delaySnapshot(at, forMs) : null)
      else this.cluster.onReceived = (at) => at === machine && this.killReceiver(at, forMs)
    })
    this.restartLater(machine, forMs + this.random.between(50, 400))
  }

  /** Whether they are done is nobody's concern; that they may stand in a log is. */
  private writeTo(machine: Machine, writes: number): void {
    for (let n = 0; n < writes; n++) {
      const command = { type: 'printer.create', id: `extra-${this.extras++}`, company: 'x', model: 'y' } as const
      machine.replica?.propose(command, { by: 'extra', timeoutMs: 2000 }).catch(() => undefined)
    }
  }

  /** A long tail of an old term against a short one of a newer: who may lead is decided by the last term (§5.4.1). */
  private duel(writes: number, cutMs: number, forMs: number): void {
    const old = this.cluster.leader()
    if (old === null || old.replica === null || old.life?.paused !== false) return
    const others = this.others(old)
    this.block(
      others.flatMap((other) => [[old.id, other.id] as const, [other.id, old.id] as const]),
      cutMs
    )
    this.writeTo(old, writes)
    this.later(cutMs, () => {
      const winner = this.cluster.leader()
      if (winner === null || winner === old) return
      this.cluster.kill(winner, true)
      this.restartLater(winner, forMs)
    })
  }

  /** What nobody else took stands in the copy; in its place others have committed by the time it comes back. */
  private relapse(writes: number, cutMs: number, afterMs: number): void {
    const old = this.cluster.leader()
    if (old === null || old.replica === null || old.life?.paused !== false) return
    this.partition([old.number], false, cutMs)
    this.writeTo(old, writes)
    this.later(this.random.between(100, 500), () => this.setBack.begin(old, cutMs + afterMs, () => this.ended))
  }

  /** Entries may overtake the snapshot that they follow, under another leader. */
  private delaySnapshot(machine: Machine, forMs: number): Promise<void> | null {
    if (this.ended) return null
    this.cluster.onArrived = null
    this.trace.story(machine.id, 'is slow to take in a snapshot')
    const leader = this.cluster.leader()
    if (leader !== null && leader !== machine) {
      this.later(this.random.between(20, 300), () => {
        this.cluster.kill(leader, true)
        this.restartLater(leader, forMs)
      })
    }
    return this.scheduler.delay(this.random.between(500, 4000) * MS, machine.life)
  }

  /** The snapshot is durable, and the log that it replaces may still be there. */
  private killReceiver(machine: Machine, forMs: number): void {
    // Waits for one whose own log is to be replaced.
    if (this.ended || (this.cluster.core(machine)?.status().lastIndex ?? 0) === 0) return
    this.cluster.onReceived = null
    const { life } = machine
    this.scheduler.after(this.random.between(0, MS), null, () => {
      if (machine.life !== life) return
      this.cluster.kill(machine, this.random.chance(0.5))
      this.restartLater(machine, forMs)
    })
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

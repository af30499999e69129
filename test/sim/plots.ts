/**
 * Troubles in several acts, each the shape of a bug that was found once: what a random mix of single faults would
 * bring about only in thousands of runs.
 */
import type { LateSnapshots, Victim } from './late-snapshots'
import type { Machine } from './machine'
import { MS } from './scheduler'
import type { SetBack } from './set-back'
import type { Stage } from './stage'

const ASK_MS = 3000

export class Plots {
  private extras = 0

  constructor(
    private readonly stage: Stage,
    private readonly lateSnapshots: LateSnapshots,
    private readonly setBack: SetBack
  ) {}

  /** While one is away, another is replaced, and its successor leads: who comes back knows neither of the two. */
  async turnover(away: Machine, forMs: number): Promise<void> {
    const { cluster, operator, random } = this.stage
    const others = cluster.serving.filter((m) => m !== away && m !== cluster.leader())
    const replaced = random.pickOr(others, null as unknown as Machine)
    if (replaced === null || away.state !== 'running' || this.voters < 4 || !operator.mayLose(replaced)) return
    cluster.kill(away, true)
    cluster.lose(replaced)
    await operator.replace(replaced)
    const successor = replaced.id
    await operator.once((replica) => replica.transferLeadership(successor, ASK_MS))
    await this.wait(forMs)
    if (!this.stage.ended) cluster.start(away)
  }

  /** A leader that is cut off drops the one member that it still reaches, which dies with that in its log. */
  async expel(machine: Machine, forMs: number): Promise<void> {
    const { cluster, operator, random } = this.stage
    const leader = cluster.leader()
    if (leader === null || leader === machine || operator.inTrouble) return
    if (this.voters < 3 || !operator.isMember(machine.id)) return
    const { id } = machine
    this.stage.cutOff([leader, machine], random.between(1500, 4000))
    void operator.once((replica) => replica.removeMember(id, ASK_MS, { force: true }), leader)
    await this.wait(random.between(50, 300))
    if (this.stage.ended || machine.id !== id) return
    cluster.kill(machine, true)
    await this.wait(forMs)
    if (!this.stage.ended) cluster.start(machine)
    await this.wait(ASK_MS + 3000)
    this.replaceIfRemoved(machine, id)
  }

  /** Somebody removes a member, and adds it again at once. */
  async readd(machine: Machine): Promise<void> {
    const { cluster, operator } = this.stage
    const { id } = machine
    if (operator.inTrouble || this.voters < 3 || !operator.isMember(id)) return
    machine.readded = true
    await operator.once((replica) => replica.removeMember(id, ASK_MS))
    await operator.once((replica) => replica.addLearner(id, cluster.infoOf(id), ASK_MS))
    await operator.once((replica) => replica.setSuffrage(id, 'voter', ASK_MS))
    await this.wait(ASK_MS)
    this.replaceIfRemoved(machine, id)
  }

  /** One is away for so many writes that only a snapshot helps it; and that is a late one. */
  strand(machine: Machine, victim: Victim, writes: number, forMs: number): void {
    const { stage } = this
    const leader = stage.cluster.leader()
    if (leader === null || leader === machine || machine.state !== 'running') return
    stage.cluster.kill(machine, true)
    this.writeTo(leader, writes)
    stage.later(forMs, () => {
      // Who is being replaced, stops or fails says so.
      void leader.replica?.takeSnapshot().catch(() => undefined)
      this.lateSnapshots.await(victim, forMs, machine)
    })
    stage.restartLater(machine, forMs + stage.random.between(50, 400))
  }

  /** A long tail of an old term against a short one of a newer: who may lead is decided by the last term (§5.4.1). */
  duel(writes: number, cutMs: number, forMs: number): void {
    const { stage } = this
    const old = this.cutOffLeader(writes, cutMs)
    if (old === null) return
    stage.later(cutMs, () => {
      const winner = stage.cluster.leader()
      if (winner === null || winner === old) return
      stage.cluster.kill(winner, true)
      stage.restartLater(winner, forMs)
    })
  }

  /** What nobody else took stands in the copy; in its place others have committed by the time it comes back. */
  relapse(writes: number, cutMs: number, afterMs: number): void {
    const { stage } = this
    const old = this.cutOffLeader(writes, cutMs)
    if (old === null) return
    stage.later(stage.random.between(100, 500), () => this.setBack.begin(old, cutMs + afterMs, () => stage.ended))
  }

  /** It goes on to take what it cannot commit. */
  private cutOffLeader(writes: number, cutMs: number): Machine | null {
    const leader = this.stage.cluster.leader()
    if (leader === null || leader.replica === null || leader.life?.paused !== false) return null
    this.stage.cutOff([leader], cutMs)
    this.writeTo(leader, writes)
    return leader
  }

  /** Whether they are done is nobody's concern; that they may stand in a log is. */
  private writeTo(machine: Machine, writes: number): void {
    for (let n = 0; n < writes; n++) {
      const command = { type: 'printer.create', id: `extra-${this.extras++}`, company: 'x', model: 'y' } as const
      machine.replica?.propose(command, { by: 'extra', timeoutMs: 2000 }).catch(() => undefined)
    }
  }

  private replaceIfRemoved(machine: Machine, id: Machine['id']): void {
    const { cluster, operator, trace } = this.stage
    if (this.stage.ended || machine.id !== id || cluster.leader() === null || operator.isMember(id)) return
    trace.story(id, 'is a member no more')
    void operator.replace(machine)
  }

  private get voters(): number {
    return this.stage.cluster.leader()?.replica?.raftStatus().configuration.voters.length ?? 0
  }

  private wait(forMs: number): Promise<void> {
    return this.stage.scheduler.delay(forMs * MS, null)
  }
}

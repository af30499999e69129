/**
 * Troubles in several acts, each the shape of a bug that was found once: what a random mix of single faults would
 * bring about only in thousands of runs.
 */
import type { Cluster } from './cluster'
import type { Machine } from './machine'
import type { Operator } from './operator'
import type { Random } from './random'
import { MS, type Scheduler } from './scheduler'
import type { Trace } from './trace'

const ASK_MS = 3000

export interface Stage {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly cluster: Cluster
  readonly operator: Operator
  readonly trace: Trace
  /** The time of troubles is over. */
  readonly ended: () => boolean
  /** Nothing passes between these machines and all others for a while. */
  readonly cutOff: (machines: readonly Machine[], forMs: number) => void
}

export class Plots {
  constructor(private readonly stage: Stage) {}

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
    if (!this.stage.ended()) cluster.start(away)
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
    if (this.stage.ended() || machine.id !== id) return
    cluster.kill(machine, true)
    await this.wait(forMs)
    if (!this.stage.ended()) cluster.start(machine)
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

  private replaceIfRemoved(machine: Machine, id: Machine['id']): void {
    const { cluster, operator, trace } = this.stage
    if (this.stage.ended() || machine.id !== id || cluster.leader() === null || operator.isMember(id)) return
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

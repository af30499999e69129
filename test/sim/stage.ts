/** Where troubles happen: what they all use, and how what they do is undone. Nothing is undone once their time is over. */
import type { NodeId } from '../../src-main/raft/types'
import type { Cluster } from './cluster'
import type { Machine } from './machine'
import type { Network } from './network'
import type { Operator } from './operator'
import type { Random } from './random'
import { MS, type Scheduler } from './scheduler'
import type { Trace } from './trace'

export class Stage {
  /** The time of troubles is over. */
  ended = false

  constructor(
    readonly scheduler: Scheduler,
    readonly random: Random,
    readonly cluster: Cluster,
    readonly network: Network,
    readonly operator: Operator,
    readonly trace: Trace
  ) {}

  later(forMs: number, undo: () => void): void {
    this.scheduler.after(forMs * MS, null, () => {
      if (!this.ended) undo()
    })
  }

  restartLater(machine: Machine, forMs: number): void {
    this.later(forMs, () => this.cluster.start(machine))
  }

  others(machine: Machine): readonly Machine[] {
    return this.cluster.machines.filter((m) => m !== machine)
  }

  block(ways: readonly (readonly [NodeId, NodeId])[], forMs: number): void {
    for (const [from, to] of ways) this.network.block(from, to)
    this.later(forMs, () => {
      for (const [from, to] of ways) this.network.unblock(from, to)
    })
  }

  /** Nothing passes between these machines and all others for a while; `oneWay`: from these to the others only. */
  cutOff(machines: readonly Machine[], forMs: number, oneWay = false): void {
    const there = this.cluster.machines.filter((m) => !machines.includes(m))
    this.block(
      machines.flatMap((a) =>
        there.flatMap((b) => [[a.id, b.id] as const, ...(oneWay ? [] : [[b.id, a.id] as const])])
      ),
      forMs
    )
  }
}

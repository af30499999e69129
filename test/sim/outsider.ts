/**
 * One machine that is not well while all others are: cut off from the leader and some of the rest, with links that come
 * and go, frozen again and again, or killed. Pre-vote and check-quorum promise that the others do not even notice.
 */
import type { Cluster } from './cluster'
import type { Machine } from './machine'
import type { Network } from './network'
import type { Random } from './random'
import { MS, type Micros, type Scheduler } from './scheduler'
import type { Trace } from './trace'

const MANNERS = ['half cut off', 'deaf', 'mute', 'flapping', 'dozing', 'crashing'] as const

type Way = 'in' | 'out' | 'both'

export class Outsider {
  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly cluster: Cluster,
    private readonly network: Network,
    private readonly trace: Trace
  ) {}

  /** From now until then; afterwards it is well. */
  misbehave(machine: Machine, until: Micros): void {
    const manner = this.random.pick(MANNERS)
    this.trace.story(machine.id, `comes back ${manner}`)
    const others = this.cluster.machines.filter((m) => m !== machine)
    const leader = this.cluster.leader()
    switch (manner) {
      case 'half cut off': {
        const rest = others.filter((m) => m !== leader)
        const some = this.random.sample(rest, this.random.between(0, Math.max(0, rest.length - 1)))
        this.cut(machine, leader === null ? some : [leader, ...some], 'both')
        break
      }
      case 'deaf':
        this.cut(machine, others, 'in')
        break
      case 'mute':
        this.cut(machine, others, 'out')
        break
      case 'flapping':
        this.alternate(
          until,
          () => this.cut(machine, others, 'both'),
          () => this.join(machine, others)
        )
        break
      case 'dozing':
        this.alternate(
          until,
          () => this.cluster.pause(machine),
          () => this.cluster.resume(machine)
        )
        break
      case 'crashing':
        this.alternate(
          until,
          () => this.cluster.kill(machine, this.random.chance(0.5)),
          () => this.cluster.start(machine)
        )
    }
    this.cluster.start(machine)
    this.scheduler.at(until, null, () => {
      this.trace.story(machine.id, 'is well again')
      this.join(machine, others)
      this.cluster.resume(machine)
      this.cluster.start(machine)
    })
  }

  /** Off and on, each for long enough now and then that an election timer runs out. */
  private alternate(until: Micros, off: () => void, on: () => void): void {
    const turn = (isOn: boolean): void => {
      this.scheduler.after(this.random.between(50, 2500) * MS, null, () => {
        if (this.scheduler.now >= until) return
        ;(isOn ? off : on)()
        turn(!isOn)
      })
    }
    turn(true)
  }

  private cut(machine: Machine, others: readonly Machine[], way: Way): void {
    for (const { id } of others) {
      if (way !== 'out') this.network.block(id, machine.id)
      if (way !== 'in') this.network.block(machine.id, id)
    }
  }

  private join(machine: Machine, others: readonly Machine[]): void {
    for (const { id } of others) {
      this.network.unblock(id, machine.id)
      this.network.unblock(machine.id, id)
    }
  }
}

/** Who belongs to the cluster in the end, and who must be invited anew although it is a member still. */
import type { Cluster } from './cluster'
import type { Machine } from './machine'
import type { Operator } from './operator'

export class Belonging {
  constructor(
    private readonly cluster: Cluster,
    private readonly operator: Operator
  ) {}

  isMember(machine: Machine): boolean {
    return this.cluster.leader() === null || this.operator.isMember(machine.id)
  }

  /**
   * It must be invited anew: all whom it knows of were replaced while it was away, or know no more than itself; or it
   * knows of its removal, and was gone before it could hear that it had been taken back.
   */
  isStranded(machine: Machine): boolean {
    const leader = this.cluster.leader()
    if (leader === null) return false
    if (machine.readded && this.cluster.committedMembers(machine)?.includes(machine.id) === false) return true
    return !this.finds(machine, leader, new Set())
  }

  /** Whether there is a way to the leader from one to the next by what each knows of the members. */
  private finds(machine: Machine, leader: Machine, asked: Set<Machine>): boolean {
    if (machine === leader) return true
    asked.add(machine)
    const members = this.cluster.committedMembers(machine)
    // Who is down comes back and asks; whose disk is gone does not, nor who stays switched off.
    if (members === null) return machine.state !== 'lost' && !machine.leftOut
    const known = members.includes(machine.id) ? members : [...machine.named.keys()]
    return this.cluster.machines.some(
      (other) =>
        !asked.has(other) &&
        known.includes(other.id) &&
        this.operator.isMember(other.id) &&
        this.finds(other, leader, asked)
    )
  }
}

/** Whether machines are of one mind: up, behind one leader, with all applied that it has committed. */
import type { Belonging } from './belonging'
import type { Cluster } from './cluster'
import type { Machine } from './machine'

export class Agreement {
  constructor(
    private readonly cluster: Cluster,
    private readonly belonging: Belonging
  ) {}

  among(machines: readonly Machine[]): boolean {
    return this.dissenters(machines)?.length === 0
  }

  /** Who is not there yet; null without a leader to agree with. */
  private dissenters(machines: readonly Machine[]): readonly Machine[] | null {
    const leader = this.cluster.leader()
    if (leader === null) return null
    const status = this.cluster.core(leader)?.status()
    // A joint configuration is a way, not a place.
    const settled = status?.configurationCommitted === true && status.configuration.votersOutgoing.length === 0
    if (status === undefined || !settled) return [leader]
    const members = machines.filter(
      (m) => m.state !== 'lost' && status.configuration.members[m.id] !== undefined && !this.belonging.isStranded(m)
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

  describe(machines: readonly Machine[]): string {
    const who = this.dissenters(machines)
    const summary = who === null ? 'no leader' : `not there: ${who.map((m) => m.id)}`
    const all = machines
      .map((machine) => {
        const status = this.cluster.core(machine)?.status()
        return `${machine.id} ${machine.state} ${status?.role ?? '-'} t${status?.term ?? '-'} leader ${status?.leaderId ?? '-'} commit ${status?.commitIndex ?? '-'} applied ${machine.replica?.appliedIndex ?? '-'} last ${status?.lastIndex ?? '-'} members ${Object.keys(status?.configuration.members ?? {})}, voters ${status?.configuration.voters ?? '-'}|${status?.configuration.votersOutgoing ?? '-'}`
      })
      .join('; ')
    return `${summary}; ${all}`
  }
}

/**
 * Check-quorum (thesis §6.2): a leader that has heard nothing from a majority for an election timeout leads no more. In
 * ticks of its own, and anew after a gap in time.
 */
import type { Configuration, NodeId } from '../../../src-main/raft/types'
import { Violation } from './violation'

interface Leading {
  ticks: number
  /** Nobody can have been heard earlier. */
  since: number
  readonly heard: Map<NodeId, number>
}

export class QuorumContact {
  private readonly leading = new Map<string, Leading>()

  constructor(private readonly electionTicks: number) {}

  heard(process: string, from: NodeId): void {
    const leading = this.leading.get(process)
    leading?.heard.set(from, leading.ticks)
  }

  /** It leads no more, or must be confirmed anew. */
  forget(process: string): void {
    this.leading.delete(process)
  }

  /** A tick of `id`, which leads after it. */
  tick(process: string, id: NodeId, configuration: Configuration): void {
    let leading = this.leading.get(process)
    if (leading === undefined) this.leading.set(process, (leading = { ticks: 0, since: 0, heard: new Map() }))
    const { heard, since } = leading
    const ticks = ++leading.ticks
    const isThere = (voter: NodeId) => voter === id || ticks - (heard.get(voter) ?? since) <= this.electionTicks
    for (const voters of [configuration.voters, configuration.votersOutgoing]) {
      if (voters.length === 0 || voters.filter(isThere).length * 2 > voters.length) continue
      throw new Violation('leads with a quorum', `${process} leads, and hears no majority of [${voters}]`)
    }
  }

  /** Whom it adds has time to answer. */
  reconfigured(process: string): void {
    const leading = this.leading.get(process)
    if (leading !== undefined) leading.since = leading.ticks
  }
}

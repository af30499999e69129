/**
 * What a node holds only while it leads: the progress of every member, its own included, and what waits for a
 * quorum. Gone at once when it steps down.
 */
import { participants } from './configuration'
import { Progress } from './progress'
import { PendingReads } from './pending-reads'
import { asIndex, type Configuration, type LogIndex, type NodeId, type RaftLimits } from './types'

export interface Transfer {
  readonly to: NodeId
  ticksLeft: number
}

export class Leadership {
  private readonly progress = new Map<NodeId, Progress>()
  /** Everyone that is sent to, in order of ids. */
  peers: readonly Progress[] = []
  /** This node's own progress: what its disk has acknowledged. */
  readonly self: Progress
  heartbeatElapsed = 0
  /** Number of the last heartbeat round. */
  round = 0
  /** Bytes appended and not yet committed. */
  uncommittedBytes = 0
  readonly reads = new PendingReads()
  transfer: Transfer | null = null
  /** Since a gap in time: the round that must be confirmed before leadership is believed again, and by when. */
  gapRound: number | null = null
  gapTicks = 0

  constructor(
    readonly id: NodeId,
    /** Index of the no-op that opened this term. */
    readonly noopIndex: LogIndex,
    persistedIndex: LogIndex,
    private readonly limits: RaftLimits
  ) {
    this.self = new Progress(id, asIndex(noopIndex + 1), limits)
    this.self.matchIndex = persistedIndex
    this.self.state = 'replicate'
    this.progress.set(id, this.self)
  }

  of(id: NodeId): Progress | undefined {
    return this.progress.get(id)
  }

  /** Follows the configuration: new members are probed from `nextIndex`, those no longer named depart. */
  adopt(configuration: Configuration, nextIndex: LogIndex): void {
    const named = participants(configuration)
    for (const id of named) {
      const known = this.progress.get(id)
      if (known === undefined) this.progress.set(id, new Progress(id, nextIndex, this.limits))
      else known.departing = false
    }
    for (const [id, one] of this.progress) {
      if (id !== this.id && !named.includes(id)) {
        one.departing = true
        one.departingTicks = this.limits.electionTicks
      }
    }
    this.listPeers()
  }

  /** One tick for those who depart, once their departure is committed; they are forgotten at the end. */
  tickDepartures(): void {
    if (!this.peers.some(({ departing }) => departing)) return
    for (const peer of this.peers) {
      if (peer.departing && --peer.departingTicks <= 0) this.progress.delete(peer.id)
    }
    this.listPeers()
  }

  private listPeers(): void {
    this.peers = [...this.progress.values()].filter(({ id }) => id !== this.id).sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  readonly matchOf = (id: NodeId): number => this.progress.get(id)?.matchIndex ?? 0

  readonly roundOf = (id: NodeId): number => (id === this.id ? this.round : (this.progress.get(id)?.roundAcked ?? 0))

  /** 1 for who was heard from within an election timeout, else 0. */
  readonly activityOf = (id: NodeId): number =>
    id === this.id || (this.progress.get(id)?.silentTicks ?? Infinity) < this.limits.electionTicks ? 1 : 0
}

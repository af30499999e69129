/** A Replica without a cluster: the real farm, applied at once, with switches for what can go wrong. */
import type { MemberInfo, NodeId } from '../../src-main/raft/types'
import { asIndex, asNodeId, asTerm } from '../../src-main/raft/types'
import { Farm } from '../../src-main/farm/farm'
import type { Command, Outcome } from '../../src-main/farm/types'
import { Histogram } from '../../src-main/runtime/histogram'
import {
  Failure,
  type ChangeOptions,
  type ClusterStatus,
  type MemberStatus,
  type ProposeOptions,
  type Readiness,
  type Replica,
  type ReplicaEvent,
  type ReplicaMetrics
} from '../../src-main/runtime/replica'

const SESSION = 'test-session'

export const member = (id: string, suffrage: 'voter' | 'learner' = 'voter'): MemberStatus => ({
  id: asNodeId(id),
  name: `machine ${id}`,
  rpc_address: '10.0.0.1:7080',
  api_address: '10.0.0.1:8080',
  suffrage,
  reachable: true,
  match_index: null,
  last_contact_ms: null
})

export class FarmReplica implements Replica {
  farm = new Farm()
  /** While set, writes and linearizable reads reject with it. */
  failure: Error | null = null
  ready: Readiness = { ready: true, reason: '' }
  members: MemberStatus[] = [member('n1')]
  readonly proposed: { command: Command; options: ProposeOptions }[] = []
  readonly asked: unknown[][] = []
  linearized: number[] = []
  readonly barriers = new Histogram()
  wallMs = 1_700_000_000_000
  private index = 0
  private sequence = 0
  private readonly listeners = new Set<(event: ReplicaEvent) => void>()

  constructor() {
    this.commit({ type: 'session.open', session: SESSION }, { by: 'local', timeoutMs: 0 })
  }

  get appliedIndex() {
    return asIndex(this.index)
  }

  async propose(command: Command, options: ProposeOptions): Promise<Outcome> {
    this.proposed.push({ command, options })
    if (this.failure !== null) throw this.failure
    return this.commit(command, options)
  }

  async linearize(timeoutMs: number): Promise<void> {
    this.linearized.push(timeoutMs)
    if (this.failure !== null) throw this.failure
  }

  /** Applies at once, as an entry of the log would be. */
  commit(command: Command, { by, idempotency }: ProposeOptions): Outcome {
    const index = ++this.index
    const q = ++this.sequence
    const envelope = { s: SESSION, q, w: q, t: this.wallMs++, a: by, n: 'test node', c: command }
    // Through JSON, as the log does it.
    const logged = JSON.parse(JSON.stringify(idempotency === undefined ? envelope : { ...envelope, k: idempotency }))
    const { outcome, changes, reset } = this.farm.apply(index, logged)
    if (reset) this.emit({ type: 'reset', index: asIndex(index) })
    else if (changes.length > 0) this.emit({ type: 'changes', index: asIndex(index), changes })
    return outcome
  }

  emit(event: ReplicaEvent): void {
    for (const listener of this.listeners) listener(event)
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  status(): ClusterStatus {
    return {
      cluster_id: 'c1',
      node_id: asNodeId('n1'),
      name: 'test node',
      role: 'leader',
      term: asTerm(1),
      leader_id: asNodeId('n1'),
      commit_index: this.appliedIndex,
      applied_index: this.appliedIndex,
      members: this.members
    }
  }

  readiness(): Readiness {
    return this.ready
  }

  async addLearner(id: NodeId, info: MemberInfo): Promise<void> {
    this.asked.push(['addLearner', id, info])
  }

  async removeMember(id: NodeId, timeoutMs: number, { force = false }: ChangeOptions = {}): Promise<void> {
    this.asked.push(['removeMember', id, timeoutMs, ...(force ? ['force'] : [])])
    if (this.members.length === 1) throw new Failure('last_voter', 'The last voter stays.')
    this.members = this.members.filter((candidate) => candidate.id !== id)
  }

  async setSuffrage(
    id: NodeId,
    suffrage: 'voter' | 'learner',
    timeoutMs: number,
    { force = false }: ChangeOptions = {}
  ): Promise<void> {
    this.asked.push(['setSuffrage', id, suffrage, timeoutMs, ...(force ? ['force'] : [])])
    this.members = this.members.map((candidate) => (candidate.id === id ? { ...candidate, suffrage } : candidate))
  }

  async updateMember(id: NodeId, info: MemberInfo): Promise<void> {
    this.asked.push(['updateMember', id, info])
  }

  async transferLeadership(to: NodeId | null, timeoutMs: number): Promise<NodeId> {
    this.asked.push(['transferLeadership', to, timeoutMs])
    return to ?? asNodeId('n2')
  }

  async takeSnapshot() {
    return { index: this.appliedIndex, bytes: 1234 }
  }

  backup() {
    const { chunks } = this.farm.backup()
    return {
      index: this.appliedIndex,
      chunks: (async function* () {
        yield* chunks
      })()
    }
  }

  metrics(): ReplicaMetrics {
    return { ...QUIET, applied_index: this.index, barrier_latency: this.barriers.snapshot() }
  }
}

const QUIET: ReplicaMetrics = {
  role: 'leader',
  term: 1,
  has_leader: true,
  ready: true,
  voters: 1,
  learners: 0,
  commit_index: 0,
  applied_index: 0,
  last_index: 0,
  snapshot_index: 0,
  snapshot_bytes: 0,
  log_bytes: 4096,
  barrier_latency: new Histogram().snapshot(),
  commit_latency: new Histogram().snapshot(),
  proposals_total: 0,
  proposals_pending: 0,
  reads_pending: 0,
  read_rounds_total: 0,
  elections_won_total: 0,
  elections_lost_total: 0,
  leader_changes_total: 0,
  snapshots_taken_total: 0,
  snapshots_sent_total: 0,
  snapshots_received_total: 0,
  inputs_queued: 0,
  writes_queued: 0,
  apply_batches_queued: 0,
  peers: [
    { id: asNodeId('n2'), connected: true, queued_bytes: 0, round_trip_ms: 0.5, last_contact_ms: 20, lag_entries: 3 }
  ]
}

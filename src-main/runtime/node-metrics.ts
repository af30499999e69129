import type { PeerStats } from '../transport/ports'
import { peerMetrics } from './cluster-status'
import type { ReplicaMetrics } from './replica'
import type { RunningNode } from './running-node'

/** Numbers of every part, gathered on demand. */
export function nodeMetrics(node: RunningNode, peers: readonly PeerStats[]): ReplicaMetrics {
  const raft = node.raftStatus()
  const { driver, proposals, reads, snapshotter, story, applier, writer, options, limits } = node
  return {
    role: driver.halted ? 'follower' : raft.role,
    term: raft.term,
    has_leader: driver.leaderId !== null,
    ready: node.readiness().ready,
    voters: raft.configuration.voters.length,
    learners: raft.configuration.learners.length,
    commit_index: raft.commitIndex,
    applied_index: applier.appliedIndex,
    last_index: raft.lastIndex,
    snapshot_index: raft.snapshotIndex,
    snapshot_bytes: snapshotter.last?.bytes ?? 0,
    log_bytes: options.logStore.bytes,
    barrier_latency: node.disk.latency.snapshot(),
    commit_latency: proposals.commitLatency.snapshot(),
    proposals_total: proposals.proposed,
    proposals_pending: proposals.size,
    reads_pending: reads.size,
    read_rounds_total: reads.rounds,
    elections_won_total: story.electionsWon,
    elections_lost_total: story.electionsLost,
    leader_changes_total: story.leaderChanges,
    snapshots_taken_total: snapshotter.taken,
    snapshots_sent_total: node.sender.sent,
    snapshots_received_total: node.receiving.received,
    inputs_queued: driver.queued,
    writes_queued: writer.waiting,
    apply_batches_queued: applier.waiting,
    peers: peerMetrics(raft, peers, limits.tickMs)
  }
}

import { peerMetrics } from './cluster-status'
import type { Parts } from './parts'
import type { ReplicaMetrics } from './replica'

/** Numbers of every part, gathered on demand. */
export function nodeMetrics(parts: Parts): ReplicaMetrics {
  const { driver, proposals, reads, snapshotter, story, applier, writer, disk, options, limits } = parts
  const raft = driver.raft.status()
  return {
    role: driver.halted ? 'follower' : raft.role,
    term: raft.term,
    has_leader: driver.leaderId !== null,
    ready: parts.readiness.current.ready,
    voters: raft.configuration.voters.length,
    learners: raft.configuration.learners.length,
    commit_index: raft.commitIndex,
    applied_index: applier.appliedIndex,
    last_index: raft.lastIndex,
    snapshot_index: raft.snapshotIndex,
    snapshot_bytes: snapshotter.last?.bytes ?? 0,
    log_bytes: options.logStore.bytes,
    barrier_latency: disk.latency.snapshot(),
    commit_latency: proposals.commitLatency.snapshot(),
    proposals_total: proposals.proposed,
    proposals_pending: proposals.size,
    reads_pending: reads.size,
    read_rounds_total: reads.rounds,
    elections_won_total: story.electionsWon,
    elections_lost_total: story.electionsLost,
    leader_changes_total: story.leaderChanges,
    snapshots_taken_total: snapshotter.taken,
    snapshots_sent_total: parts.sender.sent,
    snapshots_received_total: parts.receiving.received,
    inputs_queued: driver.queued,
    writes_queued: writer.waiting,
    apply_batches_queued: applier.waiting,
    peers: peerMetrics(raft, parts.transport.stats(), limits.tickMs)
  }
}

import type { ClusterMetrics } from '../contract/cluster'
import type { ApiContext } from './context'

const NOTHING = { count: 0, p50: null, p99: null, max: null }

export function clusterMetrics(node: ApiContext): ClusterMetrics {
  const { commit_index, members, node_id, role } = node.replica.status()
  return {
    at: node.clock.wallMs(),
    window_ms: 0,
    commit_latency_ms: NOTHING,
    barrier_latency_ms: NOTHING,
    applied_per_second: 0,
    log_bytes: 0,
    snapshot_index: 0,
    peers: members
      .filter(({ id }) => id !== node_id)
      .map(({ id, match_index }) => ({
        id,
        lag_entries: role === 'leader' && match_index !== null ? Math.max(0, commit_index - match_index) : null,
        round_trip_ms: null
      }))
  }
}

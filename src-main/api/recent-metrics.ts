/**
 * The recent past in figures, for charts: what the replica's counters say now, less what they said at the start of
 * the window. Samples are taken when somebody looks, so that a node nobody watches does nothing.
 */
import type { ClusterMetrics } from '../contract/cluster'
import type { Clock } from '../runtime/clock'
import type { Replica, ReplicaMetrics } from '../runtime/replica'

const WINDOW_MS = 10_000
/** Looks that are closer together share a sample. */
const SPACING_MS = 500

type Spread = ClusterMetrics['commit_latency_ms']
type Latency = ReplicaMetrics['commit_latency']

interface Sample {
  readonly atMs: number
  readonly metrics: ReplicaMetrics
}

export class RecentMetrics {
  private replica: Replica | null = null
  /** Oldest first; the first is the last that is older than the window, where there is one. */
  private samples: Sample[] = []

  constructor(private readonly clock: Clock) {}

  look(replica: Replica): ClusterMetrics {
    if (replica !== this.replica) this.samples = []
    this.replica = replica
    const metrics = replica.metrics()
    const atMs = this.clock.monotonicMs()
    while (this.samples.length > 1 && this.samples[1]!.atMs <= atMs - WINDOW_MS) this.samples.shift()
    const from = this.samples[0]
    const last = this.samples.at(-1)
    if (last === undefined || atMs - last.atMs >= SPACING_MS) this.samples.push({ atMs, metrics })

    const windowMs = from === undefined ? 0 : atMs - from.atMs
    const applied = from === undefined ? 0 : metrics.applied_index - from.metrics.applied_index
    return {
      at: this.clock.wallMs(),
      window_ms: windowMs,
      commit_latency_ms: spread(metrics.commit_latency, from?.metrics.commit_latency),
      barrier_latency_ms: spread(metrics.barrier_latency, from?.metrics.barrier_latency),
      applied_per_second: windowMs === 0 ? 0 : Math.max(0, applied) / (windowMs / 1000),
      log_bytes: metrics.log_bytes,
      snapshot_index: metrics.snapshot_index,
      peers: metrics.peers.map(({ id, lag_entries, round_trip_ms }) => ({ id, lag_entries, round_trip_ms }))
    }
  }
}

function spread(now: Latency, before: Latency | undefined): Spread {
  const counts = now.counts.map((count, bucket) => count - (before?.counts[bucket] ?? 0))
  const count = counts.reduce((sum, each) => sum + each, 0)
  if (count === 0) return { count, p50: null, p99: null, max: null }
  const at = (share: number): number => quantile(now.boundsMs, counts, share * count)
  return { count, p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** Where the `rank`th observation lies, evenly spread within its bucket; beyond the last bound, that bound. */
function quantile(boundsMs: readonly number[], counts: readonly number[], rank: number): number {
  let below = 0
  for (let bucket = 0; bucket < boundsMs.length; bucket++) {
    const inside = counts[bucket] ?? 0
    if (inside > 0 && below + inside >= rank) {
      const low = bucket === 0 ? 0 : boundsMs[bucket - 1]!
      return low + ((rank - below) / inside) * (boundsMs[bucket]! - low)
    }
    below += inside
  }
  return boundsMs.at(-1) ?? 0
}

/** What `/metrics` says: read from the parts when asked, nothing is counted twice. */
import type { PeerMetrics, ReplicaMetrics } from '../runtime/replica'
import type { ApiContext } from './context'
import type { TrafficSnapshot } from './traffic'

type Labels = Readonly<Record<string, string | number>>

interface Sample {
  readonly metricName?: string
  readonly labels?: Labels
  readonly value: number
}

/** As prom-client's registry wants it. Times are seconds, as Prometheus has them. */
export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  get(): Promise<{ name: string; help: string; type: string; values: readonly Sample[] }>
}

interface Durations {
  readonly boundsMs: readonly number[]
  /** Not cumulative; one more than bounds. */
  readonly counts: readonly number[]
  readonly sumMs: number
  readonly count: number
}

export function metric(name: string, type: Metric['type'], help: string, values: () => readonly Sample[]): Metric {
  const fullName = `raft3d_${name}`
  return { name: fullName, help, type, get: async () => ({ name: fullName, help, type, values: values() }) }
}

const gauge = (name: string, help: string, value: () => number): Metric =>
  metric(name, 'gauge', help, () => [{ value: value() }])

export const counter = (name: string, help: string, value: () => number): Metric =>
  metric(name, 'counter', help, () => [{ value: value() }])

export function histogram(
  name: string,
  help: string,
  series: () => readonly (readonly [labels: Labels, durations: Durations])[]
): Metric {
  return metric(name, 'histogram', help, () =>
    series().flatMap(([labels, durations]) => samples(name, labels, durations))
  )
}

function samples(name: string, labels: Labels, { boundsMs, counts, sumMs, count }: Durations): readonly Sample[] {
  let cumulative = 0
  const buckets = boundsMs.map((bound, at) => {
    cumulative += counts[at] ?? 0
    return { metricName: `raft3d_${name}_bucket`, labels: { ...labels, le: bound / 1000 }, value: cumulative }
  })
  return [
    ...buckets,
    { metricName: `raft3d_${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `raft3d_${name}_sum`, labels, value: sumMs / 1000 },
    { metricName: `raft3d_${name}_count`, labels, value: count }
  ]
}

export function httpMetrics({ traffic, events }: ApiContext): readonly Metric[] {
  const kinds = (): readonly (readonly [string, TrafficSnapshot])[] => Object.entries(traffic.snapshot())
  return [
    metric('http_requests_total', 'counter', 'Requests answered.', () =>
      kinds().flatMap(([kind, { byStatus }]) =>
        byStatus.map(({ status, count }) => ({ labels: { kind, status }, value: count }))
      )
    ),
    histogram('http_request_duration_seconds', 'From the headers to the answer.', () =>
      kinds().map(([kind, { durations, ...rest }]) => [{ kind }, { counts: durations, ...rest }])
    ),
    gauge('event_streams', 'Open event streams.', () => events.openStreams)
  ]
}

export function farmMetrics(node: ApiContext): readonly Metric[] {
  return [
    metric('records', 'gauge', 'Records by kind.', () => {
      const { printers, filaments } = node.replica.farm.counts()
      return [
        { labels: { kind: 'printer' }, value: printers },
        { labels: { kind: 'filament' }, value: filaments }
      ]
    }),
    metric('print_jobs', 'gauge', 'Print jobs by status.', () =>
      Object.entries(node.replica.farm.counts().jobs).map(([status, value]) => ({ labels: { status }, value }))
    )
  ]
}

type Figure = { [Key in keyof ReplicaMetrics]: ReplicaMetrics[Key] extends number ? Key : never }[keyof ReplicaMetrics]

const GAUGES: Readonly<Partial<Record<Figure, string>>> = {
  term: 'Current term.',
  voters: 'Members that vote.',
  learners: 'Members that only listen.',
  commit_index: 'Highest committed log index.',
  applied_index: 'Highest applied log index.',
  last_index: 'Last log index.',
  snapshot_index: 'Log index of the latest snapshot.',
  snapshot_bytes: 'Size of the latest snapshot.',
  log_bytes: 'Size of the log on disk.',
  proposals_pending: 'Writes that wait for their outcome.',
  reads_pending: 'Linearizable reads that wait.',
  inputs_queued: 'Inputs of the core that wait for their turn.',
  writes_queued: 'Records that wait for the disk.',
  apply_batches_queued: 'Batches that wait to be applied.'
}

const COUNTERS: Readonly<Partial<Record<Figure, string>>> = {
  proposals_total: 'Writes asked for on this node.',
  read_rounds_total: 'Rounds that confirmed a read index.',
  elections_won_total: 'Elections that this node won.',
  elections_lost_total: 'Elections that this node lost.',
  leader_changes_total: 'Times that another leader became known.',
  snapshots_taken_total: 'Snapshots taken.',
  snapshots_sent_total: 'Snapshots sent to members.',
  snapshots_received_total: 'Snapshots received from a leader.'
}

export function replicaMetrics(node: ApiContext): readonly Metric[] {
  const now = (): ReplicaMetrics => node.replica.metrics()
  const figures = (all: Readonly<Partial<Record<Figure, string>>>, made: typeof gauge) =>
    (Object.entries(all) as [Figure, string][]).map(([name, help]) => made(name, help, () => now()[name]))
  const flag = (value: boolean): number => (value ? 1 : 0)
  const ofPeers = (name: string, help: string, value: (peer: PeerMetrics) => number | null): Metric =>
    metric(name, 'gauge', help, () =>
      now().peers.flatMap((peer) => {
        const each = value(peer)
        return each === null ? [] : [{ labels: { peer: peer.id }, value: each }]
      })
    )
  const inSeconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000)
  return [
    gauge('ready', '1 when a leader is known and this node is caught up.', () => flag(now().ready)),
    gauge('has_leader', '1 while a leader is known.', () => flag(now().has_leader)),
    metric('role', 'gauge', '1 for the role that this node has.', () => [{ labels: { role: now().role }, value: 1 }]),
    ...figures(GAUGES, gauge),
    ...figures(COUNTERS, counter),
    histogram('commit_latency_seconds', 'From the request for a write to its outcome.', () => [
      [{}, now().commit_latency]
    ]),
    histogram('barrier_latency_seconds', 'Of making log records durable.', () => [[{}, now().barrier_latency]]),
    ofPeers('peer_connected', '1 while this node has a connection to the member.', ({ connected }) => flag(connected)),
    ofPeers('peer_lag_entries', 'Log entries that the member lacks; on the leader.', ({ lag_entries }) => lag_entries),
    ofPeers('peer_queued_bytes', 'Bytes that wait to be sent to the member.', ({ queued_bytes }) => queued_bytes),
    ofPeers('peer_round_trip_seconds', 'To the member and back.', (peer) => inSeconds(peer.round_trip_ms)),
    ofPeers('peer_last_contact_seconds', 'Since the member was heard from.', (peer) => inSeconds(peer.last_contact_ms))
  ]
}

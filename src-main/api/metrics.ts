/** What `/metrics` says: read from the parts when asked, nothing is counted twice. */
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

export const gauge = (name: string, help: string, value: () => number): Metric =>
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

export function nodeMetrics(node: ApiContext): readonly Metric[] {
  const status = () => node.replica.status()
  const flag = (value: boolean): number => (value ? 1 : 0)
  return [
    metric('records', 'gauge', 'Records by kind.', () => {
      const { printers, filaments } = node.replica.farm.counts()
      return [
        { labels: { kind: 'printer' }, value: printers },
        { labels: { kind: 'filament' }, value: filaments }
      ]
    }),
    metric('print_jobs', 'gauge', 'Print jobs by status.', () =>
      Object.entries(node.replica.farm.counts().jobs).map(([state, value]) => ({ labels: { status: state }, value }))
    ),
    gauge('ready', '1 when a leader is known and this node is caught up.', () => flag(node.replica.readiness().ready)),
    gauge('leader', '1 while this node leads.', () => flag(status().role === 'leader')),
    gauge('term', 'Current term.', () => status().term),
    gauge('commit_index', 'Highest committed log index.', () => status().commit_index),
    gauge('applied_index', 'Highest applied log index.', () => status().applied_index),
    metric('member_reachable', 'gauge', '1 when this node reaches the member.', () =>
      status().members.map(({ id, name, suffrage, reachable }) => {
        return { labels: { id, name, suffrage }, value: flag(reachable) }
      })
    ),
    metric('member_match_index', 'gauge', 'How far the member’s log agrees; on the leader.', () =>
      status().members.flatMap(({ id, name, match_index }) =>
        match_index === null ? [] : [{ labels: { id, name }, value: match_index }]
      )
    ),
    metric('member_last_contact_seconds', 'gauge', 'Since the member was last heard from; on the leader.', () =>
      status().members.flatMap(({ id, name, last_contact_ms }) =>
        last_contact_ms === null ? [] : [{ labels: { id, name }, value: last_contact_ms / 1000 }]
      )
    )
  ]
}

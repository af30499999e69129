import type { Cluster, ClusterMetrics, Discovered, Member } from '../../../src-main/contract/cluster'
import type { About, LogLine, Settings } from '../../../src-main/contract/this-node'

const member = (n: number, name: string, more: Partial<Member> = {}): Member => ({
  id: `n${n}7f3a9c2e41b`,
  name,
  rpc_address: `192.168.1.${20 + n}:7080`,
  api_address: `192.168.1.${20 + n}:8080`,
  suffrage: 'voter',
  reachable: true,
  match_index: 48_213,
  last_contact_ms: 40 + n * 23,
  ...more
})

export function mockCluster(more: Partial<Cluster> = {}): Cluster {
  const members = [
    member(1, 'workshop-pc', { last_contact_ms: 0 }),
    member(2, 'lab-east'),
    member(3, 'office-mac', { match_index: 48_209 }),
    member(4, 'loan-desk', { suffrage: 'learner', match_index: 47_902 })
  ]
  return {
    cluster_id: 'c-5b1f0e6d9a',
    node_id: members[0]?.id ?? '',
    name: 'workshop-pc',
    role: 'leader',
    term: 12,
    leader_id: members[0]?.id ?? null,
    commit_index: 48_213,
    applied_index: 48_213,
    ready: true,
    reason: '',
    members,
    ...more
  }
}

mockCluster.seven = (): Cluster =>
  mockCluster({
    members: [
      ...mockCluster().members.slice(0, 3),
      member(5, 'studio-imac', { last_contact_ms: 61 }),
      member(6, 'makerspace-nuc', { reachable: false, last_contact_ms: 312_000 }),
      member(4, 'loan-desk', { suffrage: 'learner', match_index: 47_902 }),
      member(7, 'class-laptop', { suffrage: 'learner', match_index: 31_007 })
    ]
  })
mockCluster.alone = (): Cluster => mockCluster({ members: mockCluster().members.slice(0, 1) })
mockCluster.noQuorum = (): Cluster =>
  mockCluster({
    role: 'candidate',
    leader_id: null,
    ready: false,
    reason: 'No leader is known.',
    members: mockCluster().members.map((one, i) =>
      i === 0 ? one : { ...one, reachable: false, last_contact_ms: 94_000 }
    )
  })
mockCluster.invite =
  'raft3d-invite-1.eyJjIjoiNWIxZjBlNmQ5YSIsImEiOlsiMTkyLjE2OC4xLjIxOjcwODAiXSwiZiI6IjlmMmM0YTdlIn0.Zk3vQ9xT2mW8sLpR5uYdBn7cHg1aJe4o'

export const mockDiscovered = (now: number): Discovered[] => [
  {
    node_id: 'n97f3a9c2e41b',
    cluster_id: 'c-aa00bb11cc',
    name: 'studio-imac',
    rpc_address: '192.168.1.44:7080',
    api_address: '192.168.1.44:8080',
    version: '0.1.0',
    member: false,
    last_seen_at: now - 4_000
  }
]

export function mockMetrics(cluster: Cluster): ClusterMetrics {
  const wave = (base: number, swing: number) =>
    base + Math.abs(Math.sin(Date.now() / 3_000) + Math.sin(Date.now() / 1_130)) * swing
  return {
    at: Date.now(),
    window_ms: 2_000,
    commit_latency_ms: { count: 42, p50: wave(3.1, 1.2), p99: wave(8.4, 5), max: wave(14, 9) },
    barrier_latency_ms: { count: 21, p50: wave(1.8, 0.6), p99: wave(4.1, 2.5), max: wave(7, 3) },
    applied_per_second: wave(20, 9),
    log_bytes: 18_412_331,
    snapshot_index: 40_000,
    peers: cluster.members
      .filter(({ id }) => id !== cluster.node_id)
      .map(({ id }, i) => ({ id, lag_entries: Math.round(wave(i * 2, 6)), round_trip_ms: wave(0.8 + i, 0.7) }))
  }
}

export function mockSettings(cluster: Cluster): Settings {
  return {
    node_id: cluster.node_id,
    cluster_id: cluster.cluster_id,
    name: cluster.name,
    api_address: '0.0.0.0:8080',
    rpc_address: '0.0.0.0:7080',
    advertise_address: '192.168.1.21:7080',
    urls: ['http://127.0.0.1:8080', 'https://192.168.1.21:8080'],
    tls: true,
    require_token: false,
    discovery: true,
    fingerprint: '9f2c4a7e51d08b36c4e1f7a29d3b5c6e8f01a2b3c4d5e6f708192a3b4c5d6e7f',
    data_dir: '/home/farm/.config/raft3d'
  }
}
mockSettings.about = (now: number): About => ({
  version: '0.1.0',
  license: 'MIT',
  homepage: 'https://example.org/raft3d',
  node_version: '24.15.0',
  electron_version: '45.4.1',
  platform: 'linux',
  arch: 'x64',
  started_at: now - 3 * 86_400_000,
  memory_bytes: 91_000_000
})

export const mockLogs = (now: number): LogLine[] =>
  (
    [
      ['info', 'ready', 'Ready: API on 127.0.0.1:8080, cluster port 0.0.0.0:7080'],
      ['info', 'became_leader', 'Became leader of term 12 with 3 votes'],
      ['info', 'member_added', 'loan-desk joined as a learner'],
      ['warn', 'slow_peer', 'office-mac took 412 ms to answer'],
      ['info', 'snapshot_taken', 'Snapshot at entry 40000, 2.4 MB'],
      ['debug', 'segment_sealed', 'Sealed log segment 17 with 4096 entries'],
      ['error', 'peer_lost', 'Lost the connection to office-mac (ECONNRESET)'],
      ['info', 'peer_back', 'The connection to office-mac is back']
    ] as const
  ).map(([level, event, message], i) => ({ time: now - (8 - i) * 417_000, level, event, message }))

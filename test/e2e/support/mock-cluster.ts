import { createInvite } from '../../../src-main/security/invite'
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

const LONG_NAMES = [
  'engineering-building-b-room-2.214-workstation',
  'makerspace-front-desk-all-in-one',
  'prof-lindqvist-macbook-pro-16',
  'student-loan-laptop-cart-07'
]

export function mockCluster(more: Partial<Cluster> = {}): Cluster {
  const members = [
    member(1, 'workshop-pc', { last_contact_ms: 0 }),
    member(2, 'lab-east'),
    member(3, 'office-mac'),
    member(4, 'loan-desk', { suffrage: 'learner', match_index: 44_731 })
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
      member(6, 'makerspace-nuc', { reachable: false, last_contact_ms: 312_000, match_index: 46_120 }),
      member(4, 'loan-desk', { suffrage: 'learner' }),
      member(7, 'class-laptop', { suffrage: 'learner', match_index: 31_007 })
    ]
  })
mockCluster.pair = (): Cluster => mockCluster({ members: mockCluster().members.slice(0, 2) })
mockCluster.longNames = (): Cluster =>
  mockCluster({
    members: mockCluster().members.map((one, i) => ({ ...one, name: LONG_NAMES[i] ?? one.name })),
    name: LONG_NAMES[0] ?? ''
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
const sampleBytes = (first: number) => Array.from({ length: 32 }, (_, at) => (first + 7 * at * at) % 256)
mockCluster.invite = createInvite({
  clusterId: 'c-5b1f0e6d9a',
  addresses: ['192.168.1.21:7080', '192.168.1.22:7080', '192.168.1.23:7080'],
  fingerprints: [31, 65, 99].map((first) =>
    sampleBytes(first)
      .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
      .join(':')
  ),
  id: 'i-7k2m9q',
  secret: Buffer.from(sampleBytes(5)).toString('base64url'),
  expiresAt: 1_796_000_000_000
})

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

/** Figures as a quiet LAN with ordinary SSDs has them: mostly even, now and then a slow barrier. */
export function mockMetrics(cluster: Cluster, at = Date.now(), now = at): ClusterMetrics {
  const turn = Math.floor(at / 2_000)
  const noise = (salt: number) => {
    const x = Math.sin(turn * 12.9898 + salt * 78.233) * 43_758.5453
    return x - Math.floor(x)
  }
  const load = 0.5 + 0.5 * Math.sin(turn / 19) * Math.sin(turn / 7.3)
  const spike = noise(1) > 0.95 ? 4 + 9 * noise(2) : 0
  const barrier = 1.1 + 0.5 * load + 0.3 * noise(3)
  const commit = barrier + 0.9 + 0.5 * load + 0.4 * noise(4)
  return {
    at,
    window_ms: 2_000,
    commit_latency_ms: { count: 42, p50: commit, p99: commit * 2.1 + 2.6 * noise(5) + spike, max: 14 + spike },
    barrier_latency_ms: { count: 21, p50: barrier, p99: barrier * 1.8 + 1.4 * noise(6) + spike * 0.8, max: 7 + spike },
    applied_per_second: 12 + 18 * load,
    log_bytes: 18_412_331,
    snapshot_index: 40_000,
    peers: cluster.members
      .filter(({ id }) => id !== cluster.node_id)
      .map(({ id, reachable, match_index: match }, i) => {
        const lacks = cluster.commit_index - (match ?? 0)
        // Who joined late copies faster than the farm writes.
        const behind =
          lacks > 0
            ? Math.max(20, lacks - Math.round((at - now) / 60))
            : noise(10 + i) > 0.8 && turn % 3 > 0
              ? Math.ceil(noise(20 + i) * 6)
              : 0
        return {
          id,
          lag_entries: reachable ? behind : null,
          round_trip_ms: reachable ? 0.4 + 0.35 * i + 0.5 * noise(30 + i) : null
        }
      })
  }
}

/** The members as far as the figures say that they have copied. */
export function withLags(cluster: Cluster, { peers }: ClusterMetrics): Cluster {
  const copied = (member: Member) => {
    const lag = peers.find(({ id }) => id === member.id)?.lag_entries
    return lag === null || lag === undefined ? member : { ...member, match_index: cluster.commit_index - lag }
  }
  return { ...cluster, members: cluster.members.map(copied) }
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

/** What a node tells people about itself and its cluster. */
import type { Configuration, LogIndex, NodeId, RaftStatus, Role } from '../raft/types'
import type { PeerStats } from '../transport/ports'
import type { ClusterStatus, MemberStatus, PeerMetrics } from './replica'

/** What the leader knows of one member, as it tells others. */
export interface LeaderView {
  readonly id: NodeId
  readonly match_index: number
  readonly last_contact_ms: number
}

export interface StatusSources {
  readonly clusterId: string
  readonly name: string
  readonly raft: RaftStatus
  readonly appliedIndex: LogIndex
  readonly peers: readonly PeerStats[]
  readonly tickMs: number
  readonly silentMs: number
  /** What the leader last told, where this node does not lead. */
  readonly leaderViews: readonly LeaderView[]
}

export function clusterStatus(sources: StatusSources): ClusterStatus {
  const { raft, appliedIndex } = sources
  return {
    cluster_id: sources.clusterId,
    node_id: raft.id,
    name: raft.configuration.members[raft.id]?.name ?? sources.name,
    role: shownRole(raft.role, raft.configuration, raft.id),
    term: raft.term,
    leader_id: raft.leaderId,
    commit_index: raft.commitIndex,
    applied_index: appliedIndex,
    members: Object.keys(raft.configuration.members).map((id) => memberStatus(id as NodeId, sources))
  }
}

function memberStatus(id: NodeId, sources: StatusSources): MemberStatus {
  const { raft, tickMs, silentMs } = sources
  const info = raft.configuration.members[id]!
  const peer = sources.peers.find((one) => one.id === id)
  const isSelf = id === raft.id
  const views = raft.role === 'leader' ? viewsOf(raft, tickMs) : sources.leaderViews
  const view = views.find((one) => one.id === id)
  const isHeard = view !== undefined && view.last_contact_ms < silentMs
  return {
    id,
    name: info.name,
    rpc_address: info.rpcAddress,
    api_address: info.apiAddress,
    suffrage: raft.configuration.learners.includes(id) ? 'learner' : 'voter',
    reachable: isSelf || isHeard || (view === undefined && peer?.connected === true),
    match_index: view?.match_index ?? (isSelf ? raft.lastIndex : null),
    last_contact_ms: isSelf ? 0 : (view?.last_contact_ms ?? peer?.lastContactMs ?? null)
  }
}

/** What a leader knows of all members, itself included. */
export const viewsOf = (raft: RaftStatus, tickMs: number): LeaderView[] => [
  { id: raft.id, match_index: raft.lastIndex, last_contact_ms: 0 },
  ...raft.progress.map(({ id, matchIndex, silentTicks }) => ({
    id,
    match_index: matchIndex,
    last_contact_ms: silentTicks * tickMs
  }))
]

export function peerMetrics(raft: RaftStatus, peers: readonly PeerStats[], tickMs: number): PeerMetrics[] {
  return Object.keys(raft.configuration.members)
    .filter((id) => id !== raft.id)
    .map((id) => {
      const peer = peers.find((one) => one.id === id)
      const progress = raft.progress.find((one) => one.id === id)
      return {
        id: id as NodeId,
        connected: peer?.connected ?? false,
        queued_bytes: peer?.queuedBytes ?? 0,
        round_trip_ms: peer?.roundTripMs ?? null,
        last_contact_ms: progress === undefined ? (peer?.lastContactMs ?? null) : progress.silentTicks * tickMs,
        lag_entries: progress === undefined ? null : Math.max(0, raft.lastIndex - progress.matchIndex)
      }
    })
}

function shownRole(role: Role, configuration: Configuration, id: NodeId): ClusterStatus['role'] {
  const isVoter = configuration.voters.includes(id) || configuration.votersOutgoing.includes(id)
  if (!isVoter && role !== 'leader') return 'learner'
  return role === 'preCandidate' ? 'candidate' : role
}

export function parseLeaderViews(body: unknown): LeaderView[] {
  if (!Array.isArray(body)) return []
  return body.filter(
    (view: unknown): view is LeaderView =>
      typeof view === 'object' &&
      view !== null &&
      typeof (view as LeaderView).id === 'string' &&
      Number.isSafeInteger((view as LeaderView).match_index) &&
      typeof (view as LeaderView).last_contact_ms === 'number'
  )
}

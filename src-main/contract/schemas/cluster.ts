import { Type } from 'typebox'
import { INVITE_TTL_SECONDS_MAX, INVITE_TTL_SECONDS_MIN } from '../limits'
import { IdSchema, TimeSchema } from './fields'

const IndexSchema = Type.Integer({ minimum: 0, description: 'Position in the log.' })
const MillisecondsSchema = Type.Number({ minimum: 0 })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

export const SuffrageSchema = Type.Enum(['voter', 'learner'], { type: 'string', title: 'Suffrage' })

export const MemberSchema = Type.Object(
  {
    id: IdSchema,
    name: Type.String(),
    rpc_address: Type.String(),
    api_address: Type.String(),
    suffrage: SuffrageSchema,
    reachable: Type.Boolean(),
    match_index: orNull(IndexSchema, 'How far its log agrees with the leader’s; null where this node cannot know.'),
    last_contact_ms: orNull(
      Type.Integer({ minimum: 0 }),
      'Since it was last heard from; null where this node cannot know.'
    )
  },
  { title: 'Member' }
)

export const ClusterSchema = Type.Object(
  {
    cluster_id: Type.String(),
    node_id: IdSchema,
    name: Type.String({ description: 'Name of the answering node.' }),
    role: Type.Enum(['leader', 'follower', 'candidate', 'learner'], { type: 'string' }),
    term: Type.Integer({ minimum: 0 }),
    leader_id: orNull(IdSchema, 'null while none is known.'),
    commit_index: IndexSchema,
    applied_index: IndexSchema,
    ready: Type.Boolean({ description: 'A leader is known and this node is caught up.' }),
    reason: Type.String({ description: 'Why it is not ready, in a sentence; empty when it is.' }),
    members: Type.Array(MemberSchema)
  },
  { title: 'Cluster' }
)

export const InviteCreateSchema = Type.Object(
  {
    ttl_seconds: Type.Optional(Type.Integer({ minimum: INVITE_TTL_SECONDS_MIN, maximum: INVITE_TTL_SECONDS_MAX }))
  },
  { title: 'InviteCreate' }
)

export const InviteCreatedSchema = Type.Object(
  {
    id: IdSchema,
    invite: Type.String({ description: 'To be pasted on the machine that joins. Single use.' }),
    expires_at: TimeSchema
  },
  { title: 'InviteCreated' }
)

export const InviteSchema = Type.Object(
  { id: IdSchema, created_at: TimeSchema, expires_at: TimeSchema },
  { title: 'Invite', description: 'An invite that has not been used; its secret is not kept.' }
)

export const JoinSchema = Type.Object(
  {
    invite: Type.String({ minLength: 1, maxLength: 4096 }),
    discard_local_data: Type.Optional(
      Type.Boolean({ description: 'Needed when this node holds records of its own: they are given up.' })
    )
  },
  { title: 'Join' }
)

export const DiscoveredSchema = Type.Object(
  {
    node_id: Type.String(),
    cluster_id: Type.String(),
    name: Type.String(),
    rpc_address: Type.String(),
    api_address: Type.String(),
    version: Type.String(),
    member: Type.Boolean({ description: 'It says that it is of this cluster.' }),
    last_seen_at: TimeSchema
  },
  { title: 'Discovered', description: 'A peer seen on the LAN; nothing it says has been verified.' }
)

const FORCE = { description: 'true: even where no majority of those who would vote then answers now.' }

export const MemberChangeSchema = Type.Object(
  { suffrage: SuffrageSchema, force: Type.Optional(Type.Boolean(FORCE)) },
  { title: 'MemberChange' }
)

export const MemberRemoveQuerySchema = Type.Object({
  force: Type.Optional(Type.Enum(['true', 'false'], { type: 'string', ...FORCE }))
})

export const TransferSchema = Type.Object(
  { member_id: Type.Optional(Type.Union([IdSchema, Type.Null()], { description: 'Left out: the best voter.' })) },
  { title: 'Transfer' }
)

export const TransferredSchema = Type.Object({ leader_id: IdSchema }, { title: 'Transferred' })

export const SnapshotTakenSchema = Type.Object(
  { index: IndexSchema, bytes: Type.Integer({ minimum: 0 }) },
  { title: 'SnapshotTaken' }
)

const SpreadSchema = Type.Object(
  {
    count: Type.Integer({ minimum: 0, description: 'Observations in the window.' }),
    p50: orNull(MillisecondsSchema, 'Milliseconds; null without observations.'),
    p99: orNull(MillisecondsSchema, 'Milliseconds; null without observations.'),
    max: orNull(MillisecondsSchema, 'Milliseconds; null without observations.')
  },
  { title: 'Spread' }
)

export const ClusterMetricsSchema = Type.Object(
  {
    at: TimeSchema,
    window_ms: Type.Number({ minimum: 0, description: 'Rates and spreads are over this much time before `at`.' }),
    commit_latency_ms: SpreadSchema,
    barrier_latency_ms: SpreadSchema,
    applied_per_second: Type.Number({ minimum: 0 }),
    log_bytes: Type.Integer({ minimum: 0 }),
    snapshot_index: IndexSchema,
    peers: Type.Array(
      Type.Object(
        {
          id: IdSchema,
          lag_entries: orNull(Type.Integer({ minimum: 0 }), 'Entries behind this leader; null on other nodes.'),
          round_trip_ms: orNull(MillisecondsSchema, 'null while unknown.')
        },
        { title: 'PeerMetrics' }
      )
    )
  },
  { title: 'ClusterMetrics', description: 'What the charts show: this node’s view of the recent past.' }
)

import type { Data } from './data'
import type {
  ClusterMetricsSchema,
  ClusterSchema,
  DiscoveredSchema,
  InviteCreatedSchema,
  InviteCreateSchema,
  InviteSchema,
  JoinSchema,
  MemberChangeSchema,
  MemberSchema,
  SnapshotTakenSchema,
  TransferredSchema,
  TransferSchema
} from './schemas/cluster'

export type Suffrage = 'voter' | 'learner'
export type Member = Data<typeof MemberSchema>
export type Cluster = Data<typeof ClusterSchema>
export type Invite = Data<typeof InviteSchema>
export type InviteCreate = Data<typeof InviteCreateSchema>
export type InviteCreated = Data<typeof InviteCreatedSchema>
export type Join = Data<typeof JoinSchema>
export type Discovered = Data<typeof DiscoveredSchema>
export type MemberChange = Data<typeof MemberChangeSchema>
export type Transfer = Data<typeof TransferSchema>
export type Transferred = Data<typeof TransferredSchema>
export type SnapshotTaken = Data<typeof SnapshotTakenSchema>
export type ClusterMetrics = Data<typeof ClusterMetricsSchema>

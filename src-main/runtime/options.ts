import type { MemberInfo, NodeId, RaftLimits } from '../raft/types'
import type { LogStore, SnapshotStore } from '../storage/ports'
import type { Transport, TransportHandlers } from '../transport/ports'
import type { AutopilotLimits } from './autopilot'
import type { Clock } from './clock'
import type { RuntimeLimits } from './limits'
import type { Logger } from './log'

/** All that a replica needs of the world. Nothing else is read: a simulator may bring every part. */
export interface ReplicaOptions {
  readonly id: NodeId
  readonly clusterId: string
  /** Human name of this node. */
  readonly name: string
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Both are closed by stop(). */
  readonly logStore: LogStore
  readonly snapshotStore: SnapshotStore
  /** Called once, in start(), after recovery; the transport may deliver from then on. Stopped by stop(). */
  readonly connect: (handlers: TransportHandlers) => Transport
  readonly limits?: Partial<RuntimeLimits>
  readonly raftLimits?: Partial<RaftLimits>
  readonly autopilot?: Partial<AutopilotLimits>
  /** Given, and the stores empty: founds a cluster of one. Otherwise an empty node waits for a leader. */
  readonly bootstrap?: MemberInfo
  /** What {@link onRemoved} was last told. The log alone cannot tell a node that was removed from one to be added. */
  readonly wasRemoved?: boolean
  /** Told when this node learns that its cluster has removed it (true), or has added it again (false). */
  readonly onRemoved?: (removed: boolean) => void
  readonly log: Logger
}

/**
 * What the API needs of the rest of the node, besides the {@link Replica}: implemented by the composition root.
 * Failures are {@link Failure}s with a problem code; anything else becomes an internal error.
 */
import type { Discovered, InviteCreated } from '../contract/cluster'
import type { About, LogLine, Settings } from '../contract/this-node'

export interface ClusterAdmin {
  /** Commits a single-use invite. Rejects with no_quorum, outcome_unknown. */
  createInvite(options: { ttlSeconds: number; by: string; timeoutMs: number }): Promise<InviteCreated>
  /**
   * Makes this node a learner of the inviting cluster, giving up its own. Where that takes another replica, the
   * implementation hands it to {@link Api.use} before it resolves. Rejects with invalid_invite, already_member,
   * holds_local_data, no_quorum.
   */
  join(invite: string, options: { discardLocalData: boolean; by: string; timeoutMs: number }): Promise<void>
  /** Peers seen on the LAN, this node left out. */
  discovered(): readonly Discovered[]
  settings(): Settings
  /** Human name of this node, told to the cluster and kept for the next start. */
  rename(name: string, options: { by: string; timeoutMs: number }): Promise<void>
  /** Recent log lines, oldest first; bounded. */
  logs(): readonly LogLine[]
  about(): About
}

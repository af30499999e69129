/**
 * What changes in the cluster without an event of the replica: who can be reached, and who has fallen silent. Looked at
 * every {@link WATCH_MS} while somebody listens, so that nobody has to ask again and again.
 */
import type { Cluster, Member } from '../../contract/cluster'

export const WATCH_MS = 1_000
/** Figures that move all the time (indexes, milliseconds) are told this often, and with everything else. */
export const FIGURES_MS = 15_000
/** Milliseconds of silence at which a member's state changes for people. */
const SILENCES_MS = [2_000, 10_000] as const

export class ClusterWatch {
  private shape = ''
  private figures = ''
  private figuresAtMs = -Infinity

  /** This is what listeners know from now on. */
  told(cluster: Cluster, nowMs: number): void {
    this.shape = shapeOf(cluster)
    this.figures = JSON.stringify(cluster)
    this.figuresAtMs = nowMs
  }

  /** Whether listeners should be told again. */
  differs(cluster: Cluster, nowMs: number): boolean {
    if (shapeOf(cluster) !== this.shape) return true
    return nowMs - this.figuresAtMs >= FIGURES_MS && JSON.stringify(cluster) !== this.figures
  }
}

function shapeOf({ role, term, leader_id, ready, reason, members }: Cluster): string {
  return JSON.stringify([role, term, leader_id, ready, reason, members.map(shapeOfMember)])
}

const shapeOfMember = ({ id, name, rpc_address, api_address, suffrage, reachable, last_contact_ms }: Member) => [
  id,
  name,
  rpc_address,
  api_address,
  suffrage,
  reachable,
  last_contact_ms === null ? null : SILENCES_MS.filter((ms) => last_contact_ms >= ms).length
]

/**
 * The commit rule (§5.3, §5.4.2) and what follows from a commit.
 *
 * Only entries of the leader's own term are committed by counting; earlier ones are committed with them. The
 * leader counts itself only up to what its own barrier has made durable.
 */
import type { Core } from './core'
import { onConfigurationsCommitted } from './membership'
import { quorumValue } from './quorum'
import { serveWaiting } from './read-index'
import { broadcastCommit } from './replication'
import { asIndex } from './types'

export function advanceCommit(core: Core): void {
  const { leadership, log } = core
  if (leadership === null) return
  const agreed = asIndex(quorumValue(core.configuration, leadership.matchOf))
  if (agreed <= log.commitIndex || log.termAt(agreed) !== core.currentTerm) return
  leadership.uncommittedBytes -= log.bytesBetween(log.commitIndex, agreed)
  log.commitTo(agreed)
  broadcastCommit(core, leadership)
  // A configuration that this commits may end this leadership, or append another entry.
  onConfigurationsCommitted(core)
  if (core.leadership === leadership) serveWaiting(core, leadership)
}

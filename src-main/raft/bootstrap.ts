/**
 * How a node begins: as the first of a new cluster, or empty, waiting to be taken into one.
 */
import { encodeConfiguration, flaw } from './configuration'
import { invariant } from './invariants'
import { asIndex, asTerm, type Configuration, type RecoveredState } from './types'

/**
 * State of a fresh cluster: its configuration, committed as entry 1 of term 1. To be made durable before a core is
 * built on it; the same on every founding member.
 */
export function bootstrapState(configuration: Configuration): RecoveredState {
  const reason = flaw(configuration)
  invariant(reason === null, 'a founding configuration is valid', reason)
  const term = asTerm(1)
  const index = asIndex(1)
  return {
    hardState: { term, votedFor: null, commit: index },
    snapshot: null,
    entries: [{ index, term, kind: 'configuration', data: encodeConfiguration(configuration) }]
  }
}

/** State of a node that will join: no configuration names it, so it never campaigns. */
export const emptyState: RecoveredState = {
  hardState: { term: asTerm(0), votedFor: null, commit: asIndex(0) },
  snapshot: null,
  entries: []
}

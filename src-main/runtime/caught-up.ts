/** Which learner may vote. */
import type { ProgressStatus, RaftStatus } from '../raft/types'

/** What it lacks is no more than this. */
const LAG_ENTRIES_MAX = 1024

/**
 * What it lacks is on its way, and its log names all whom it would vote with: left alone with one that it has not heard
 * of, it would never listen to it.
 */
export const isCaughtUp = (
  { commitIndex, configurationIndex }: RaftStatus,
  { state, matchIndex }: ProgressStatus
): boolean => state === 'replicate' && matchIndex + LAG_ENTRIES_MAX >= commitIndex && matchIndex >= configurationIndex

/**
 * Joins what the log and the snapshots hold into one state to start from, and refuses when they do not meet.
 *
 * A crash may lie between "the snapshot is durable" and "the log goes on after it": then the log is made to go on
 * there now (paper, Figure 13, step 6 and 7), before the node counts on it.
 */
import type { HardState, LogIndex, RecoveredState, SnapshotMeta } from '../raft/types'
import { REMEDY } from './log-replay'
import { StorageDamaged, type LogStore, type SnapshotStore } from './ports'

/** Why log and snapshot cannot belong together, or null. */
export const misfit = (
  hardState: HardState,
  first: LogIndex | undefined,
  last: LogIndex | undefined,
  snapshot: SnapshotMeta | null
): StorageDamaged | null => {
  const from = snapshot?.index ?? 0
  const end = Math.max(last ?? 0, from)
  if (snapshot !== null && hardState.term === 0) {
    return new StorageDamaged('raft', 'the log is missing, and with it this node’s term and vote', REMEDY)
  }
  if (first !== undefined && first > from + 1) {
    const what = snapshot === null ? 'there is no snapshot' : `the snapshot ends at ${from}`
    return new StorageDamaged('snapshots', `the log begins at ${first}, but ${what}`, REMEDY)
  }
  if (hardState.commit > end) {
    return new StorageDamaged(
      'raft',
      `entries up to ${hardState.commit} were committed, but they end at ${end}`,
      REMEDY
    )
  }
  return null
}

/** Call once, first, on stores not used yet. Rejects with StorageDamaged. */
export const recoverState = async (log: LogStore, snapshots: SnapshotStore): Promise<RecoveredState> => {
  const { hardState, entries } = await log.recover()
  const snapshot = await snapshots.latest()
  const first = entries[0]?.index
  const damage = misfit(hardState, first, entries.at(-1)?.index, snapshot)
  if (damage !== null) throw damage
  if (snapshot === null) return { hardState, snapshot, entries }

  const joined = joinedHardState(hardState, snapshot)
  const own = entries.find((entry) => entry.index === snapshot.index)
  const continues = own !== undefined ? own.term === snapshot.term : first === snapshot.index + 1
  if (continues) return { hardState: joined, snapshot, entries }
  await log.reset({ index: snapshot.index, term: snapshot.term }, joined)
  return { hardState: joined, snapshot, entries: [] }
}

const joinedHardState = (hardState: HardState, snapshot: SnapshotMeta): HardState => ({
  term: hardState.term < snapshot.term ? snapshot.term : hardState.term,
  votedFor: hardState.term < snapshot.term ? null : hardState.votedFor,
  commit: hardState.commit < snapshot.index ? snapshot.index : hardState.commit
})

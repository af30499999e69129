/**
 * What the stores hold becomes a core and a farm. Founds a cluster of one when the stores are empty and asked to.
 *
 * Order that is safe: the founding entry is durable before a core is built on it.
 */
import { Farm } from '../farm/farm'
import { bootstrapState } from '../raft/bootstrap'
import { Raft } from '../raft/raft'
import {
  asIndex,
  type LogIndex,
  type MemberInfo,
  type NodeId,
  type RaftLimits,
  type RecoveredState
} from '../raft/types'
import type { LogStore, SnapshotStore } from '../storage/ports'
import { recoverState } from '../storage/recovery'
import type { Clock } from './clock'
import type { Logger } from './log'
import { Slices } from './slices'
import { loadFarm } from './snapshot-loading'

export interface Recovery {
  readonly raft: Raft
  readonly farm: Farm
  readonly appliedIndex: LogIndex
  readonly recovered: RecoveredState
}

export async function recover(options: {
  readonly id: NodeId
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  readonly raftLimits: RaftLimits
  readonly sliceMs: number
  readonly logStore: LogStore
  readonly snapshotStore: SnapshotStore
  readonly bootstrap: MemberInfo | null
}): Promise<Recovery> {
  const { id, clock, random, log, logStore, snapshotStore, bootstrap } = options
  const startedMs = clock.monotonicMs()
  let recovered = await recoverState(logStore, snapshotStore)
  if (bootstrap !== null && isEmpty(recovered)) {
    recovered = founded(id, bootstrap)
    await logStore.append({ hardState: recovered.hardState, entries: recovered.entries, sync: true })
    log.info({ event: 'founded', id }, 'Founded a cluster of one.')
  }
  const { snapshot } = recovered
  const slices = new Slices(clock, options.sliceMs)
  const farm = snapshot === null ? new Farm() : (await loadFarm(snapshotStore, snapshot, slices))!
  const raft = new Raft({ id, limits: options.raftLimits, random, recovered })
  const { term, commitIndex, lastIndex } = raft.status()
  const fields = { event: 'recovered', term, commitIndex, lastIndex, snapshotIndex: snapshot?.index ?? 0 }
  const ms = Math.round(clock.monotonicMs() - startedMs)
  log.info({ ...fields, ms }, `Recovered from disk up to entry ${lastIndex}, in ${ms} ms.`)
  return { raft, farm, appliedIndex: snapshot?.index ?? asIndex(0), recovered }
}

const isEmpty = ({ hardState, snapshot, entries }: RecoveredState): boolean =>
  hardState.term === 0 && snapshot === null && entries.length === 0

const founded = (id: NodeId, info: MemberInfo): RecoveredState =>
  bootstrapState({ voters: [id], votersOutgoing: [], learners: [], learnersNext: [], members: { [id]: info } })

/** Tasks on a data folder that no node holds: looking into it, and the way out when a quorum is lost for good. */
import { existsSync } from 'node:fs'
import type { Config } from './config'
import { EXIT, explain } from './headless'
import { dataFolder } from './membership/data-folder'
import { encodeConfiguration } from './raft/configuration'
import { asIndex, asTerm, type Configuration, type RecoveredState } from './raft/types'
import { newClusterId } from './security/identity'
import { readNodeFile, updateNodeFile } from './security/node-file'
import { describeInspection, inspectDataFolder } from './storage/inspect'
import { acquireLock } from './storage/lock'
import { createNedbLogStore } from './storage/nedb-log-store'
import { createNedbSnapshotStore } from './storage/nedb-snapshot-store'
import { nodeDisk } from './storage/node-disk'
import { recoverState } from './storage/recovery'

const WARNING = `This makes the machine's own copy of the farm the only truth: what other machines committed and this one
never received is lost, and the others must join again with new invites. Do it only when so many machines
are gone for good that the rest cannot agree any more, on the machine that has the newest data, and keep a
copy of the data folder. Then run it again with --yes.
`

/** Prints what the folder holds, read-only. Returns the exit code. */
export async function inspectData(config: Config): Promise<number> {
  if (!existsSync(config.dataDir)) {
    process.stderr.write(`raft3d: there is no ${config.dataDir}\n`)
    return EXIT.failed
  }
  const inspection = await inspectDataFolder(nodeDisk, config.dataDir)
  process.stdout.write(`${describeInspection(inspection)}\n`)
  return inspection.damage.length === 0 ? EXIT.ok : EXIT.damaged
}

/** Makes this node the only voter of a new cluster that starts from its data. Returns the exit code. */
export async function recoverCluster(config: Config): Promise<number> {
  const file = readNodeFile(config.dataDir)
  if (!file) {
    process.stderr.write(`raft3d: ${config.dataDir} holds no node\n`)
    return EXIT.failed
  }
  try {
    const release = await acquireLock(config.dataDir)
    try {
      return await makeOnlyVoter(config, file.node_id)
    } finally {
      await release()
    }
  } catch (error) {
    const { exitCode, message } = explain(error)
    process.stderr.write(`raft3d: ${message}\n`)
    return exitCode
  }
}

async function makeOnlyVoter(config: Config, id: Configuration['voters'][number]): Promise<number> {
  const folder = dataFolder(config.dataDir)
  const log = createNedbLogStore({ disk: nodeDisk, dir: folder.raft })
  const snapshots = createNedbSnapshotStore({ disk: nodeDisk, dir: folder.snapshots })
  try {
    const state = await recoverState(log, snapshots)
    const before = configurationOf(state)
    const info = before?.members[id]
    if (!before || !info) {
      process.stderr.write('raft3d: this folder holds no farm that this node was a member of\n')
      return EXIT.failed
    }
    const lost = Object.keys(before.members).filter((member) => member !== id)
    process.stderr.write(
      `Members that will be dropped: ${lost.map((member) => before.members[member]!.name).join(', ') || 'none'}.\n`
    )
    if (!config.yes) {
      process.stderr.write(WARNING)
      return EXIT.failed
    }
    const index = asIndex((state.entries.at(-1)?.index ?? state.snapshot?.index ?? 0) + 1)
    const term = asTerm(state.hardState.term + 1)
    const configuration: Configuration = {
      voters: [id],
      votersOutgoing: [],
      learners: [],
      learnersNext: [],
      members: { [id]: info }
    }
    // Everything in this log counts as committed from here on: the configuration stands behind it.
    await log.append({
      hardState: { term, votedFor: id, commit: index },
      entries: [{ index, term, kind: 'configuration', data: encodeConfiguration(configuration) }],
      sync: true
    })
    // Another cluster id: machines of the old one that come back are refused instead of mixed in.
    updateNodeFile(config.dataDir, { cluster_id: newClusterId(), peers: {} })
    process.stdout.write(
      `This node is the only voter now, with everything up to entry ${index}. Start it, and invite the others again.\n`
    )
    return EXIT.ok
  } finally {
    await log.close()
    await snapshots.close()
  }
}

function configurationOf(state: RecoveredState): Configuration | null {
  const entry = state.entries.findLast(({ kind }) => kind === 'configuration')
  return entry ? (JSON.parse(entry.data) as Configuration) : (state.snapshot?.configuration ?? null)
}

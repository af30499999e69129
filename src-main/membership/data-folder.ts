/**
 * The data folder's layout, and what keeps it one identity's: `raft/` and `snapshots/` belong to the node id in
 * `raft/owner`. A node that joins another cluster becomes another node; what the old one kept is moved to
 * `replaced/<time>/`, never deleted, and a crash in between is finished at the next start.
 */
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeId } from '../raft/types'
import { replaceFile, syncFolder } from '../security/atomic-file'
import { StorageDamaged } from '../storage/ports'

export interface DataFolder {
  readonly root: string
  readonly raft: string
  readonly snapshots: string
}

export const dataFolder = (root: string): DataFolder => ({
  root,
  raft: join(root, 'raft'),
  snapshots: join(root, 'snapshots')
})

const ownerFile = (folder: DataFolder) => join(folder.raft, 'owner')

/**
 * Makes the folder ready for `nodeId`: what another identity left is set aside, and a folder that this identity
 * has used before must still hold its log (a wiped voter that came back under its old name could vote twice).
 *
 * @throws StorageDamaged
 */
export function claimFolder(folder: DataFolder, nodeId: NodeId, usedBefore: boolean): void {
  const owner = existsSync(ownerFile(folder)) ? readFileSync(ownerFile(folder), 'utf8').trim() : null
  if (owner === nodeId) return
  if (owner === null && usedBefore)
    throw new StorageDamaged(
      folder.raft,
      'the log of this node is missing',
      'Put the folder back; or remove the whole data folder, start anew and join the cluster with a new invite'
    )
  if (owner !== null) setAside(folder)
  mkdirSync(folder.raft, { recursive: true, mode: 0o700 })
  replaceFile(ownerFile(folder), `${nodeId}\n`, 0o600)
  syncFolder(folder.root)
}

function setAside(folder: DataFolder): void {
  const place = join(folder.root, 'replaced', new Date().toISOString().replaceAll(':', '-'))
  mkdirSync(place, { recursive: true })
  // raft/, which holds the owner mark, goes last: until then the next start does this again.
  for (const [from, name] of [
    [folder.snapshots, 'snapshots'],
    [folder.raft, 'raft']
  ] as const)
    if (existsSync(from)) renameSync(from, join(place, name))
  syncFolder(place)
  syncFolder(folder.root)
}

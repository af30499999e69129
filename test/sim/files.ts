/** The production stores, NeDB and all, on a simulated disk with files, sectors, barriers and names. */
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { createNedbSnapshotStore } from '../../src-main/storage/nedb-snapshot-store'
import type { LogStore, SnapshotStore } from '../../src-main/storage/ports'
import { diskError, type CrashableDisk, type DiskOperation } from '../storage/crashable-disk'
import type { DiskHealth } from './disk-faults'
import type { Life } from './life'

export interface SimulatedFiles {
  readonly log: LogStore
  readonly snapshots: SnapshotStore
}

const LOG_DIR = '/data/raft'
const SNAPSHOT_DIR = '/data/snapshots'

/** Small, so that a run sees many segments begin and end, and records at the edge of what was reserved. */
const LOG_SIZES = { segmentBytes: 16 * 1024, reserveBytes: 5000, ballastBytes: 0 }

export function openFiles(disk: CrashableDisk, health: DiskHealth, life: Life): SimulatedFiles {
  disk.before = async (operation: DiskOperation): Promise<void> => {
    if (!life.alive) return new Promise(() => undefined)
    switch (operation.kind) {
      case 'datasync':
      case 'syncDirectory':
        return report(operation, await health.barrier(life, operation.kind))
      case 'write':
      case 'create':
      case 'rename':
      case 'unlink':
      case 'truncate':
        return report(operation, await health.write(life, operation.kind))
      default:
    }
  }
  disk.failedWriteBytes = (bytes) => bytes >> 1
  return {
    log: createNedbLogStore({ disk, dir: LOG_DIR, ...LOG_SIZES }),
    snapshots: createNedbSnapshotStore({ disk, dir: SNAPSHOT_DIR })
  }
}

function report(operation: DiskOperation, error: 'io' | 'full' | null): void {
  if (error !== null) throw diskError(error === 'io' ? 'EIO' : 'ENOSPC', `${operation.kind} ${operation.path}`)
}

/** Flips one bit somewhere in the durable files; false when there are none. */
export function flipSomeBit(disk: CrashableDisk, below: (n: number) => number): boolean {
  const paths = disk.paths().filter((path) => (disk.contents(path)?.length ?? 0) > 0)
  const path = paths[below(Math.max(paths.length, 1))]
  if (path === undefined) return false
  disk.flipBit(path, below((disk.contents(path) as Buffer).length * 8))
  return true
}

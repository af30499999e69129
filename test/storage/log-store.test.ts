import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Disk, DiskFile } from '../../src-main/storage/disk'
import { expect } from 'vitest'
import { createMemoryLogMedium, createMemoryLogStore } from '../../src-main/storage/memory-log-store'
import { createNedbLogStore } from '../../src-main/storage/nedb-log-store'
import { nodeDisk } from '../../src-main/storage/node-disk'
import { CrashableDisk, diskError } from './crashable-disk'
import { logStoreConformance } from './log-store-conformance'

const SMALL = { segmentBytes: 700, ballastBytes: 0 }
const RESERVED = { segmentBytes: 20_000, reserveBytes: 5000, ballastBytes: 0 }

const onNodeDisk = (sizes: object) => async () => {
  const dir = await mkdtemp(join(tmpdir(), 'raft3d-log-'))
  let failure: Error | null = null
  const failing = (file: DiskFile): DiskFile => ({
    path: file.path,
    write: (data, position) => file.write(data, position),
    datasync: () => file.datasync(),
    writeDurable: async (data, position) => {
      if (failure !== null) throw failure
      await file.writeDurable(data, position)
    },
    read: (position, length) => file.read(position, length),
    truncate: (size) => file.truncate(size),
    size: () => file.size(),
    close: () => file.close()
  })
  const disk: Disk = {
    ...nodeDisk,
    create: async (path) => failing(await nodeDisk.create(path)),
    open: async (path, access) => failing(await nodeDisk.open(path, access))
  }
  return {
    open: () => {
      failure = null
      return createNedbLogStore({ disk, dir: join(dir, 'raft'), ...sizes })
    },
    failNext: (code: 'EIO' | 'ENOSPC') => (failure = diskError(code, 'told to')),
    dispose: () => rm(dir, { recursive: true })
  }
}

logStoreConformance('NeDB files', onNodeDisk({}))
logStoreConformance('NeDB files in small segments', onNodeDisk(SMALL))

const onSimulatedDisk = (sizes: object) => async () => {
  const disk = new CrashableDisk()
  return {
    open: () => {
      disk.before = () => undefined
      return createNedbLogStore({ disk, dir: '/raft', ...sizes })
    },
    failNext: (code: 'EIO' | 'ENOSPC') => {
      disk.before = ({ step }) => {
        if (step > 0) throw diskError(code, 'told to')
      }
    },
    dispose: async () => expect(disk.openFiles, 'files left open').toBe(0)
  }
}

logStoreConformance('NeDB on a simulated disk', onSimulatedDisk(SMALL))
logStoreConformance('NeDB on a simulated disk, with a reserve', onSimulatedDisk(RESERVED))

logStoreConformance('memory', async () => {
  const medium = createMemoryLogMedium()
  return {
    open: () => {
      medium.onWrite = () => undefined
      return createMemoryLogStore(medium)
    },
    failNext: (code) => {
      medium.onWrite = () => {
        throw diskError(code, 'told to')
      }
    },
    dispose: async () => undefined
  }
})

/**
 * Tells what a data folder holds, verifying all of it. Only reads, so it may look at the folder of a running node;
 * then what is being written may look torn.
 */
import { join } from 'node:path'
import type { HardState, SnapshotMeta } from '../raft/types'
import type { Disk } from './disk'
import { lockPid } from './lock'
import { LogReplay } from './log-replay'
import { StorageDamaged } from './ports'
import { misfit } from './recovery'
import { segmentName, segmentNumber } from './segment'
import { isFinalName } from './snapshot-document'
import { FileSnapshotReader, readManifest } from './snapshot-reading'

export interface SegmentReport {
  readonly file: string
  readonly bytes: number
  readonly records: number
  /** Bytes at the end that no barrier covered; the next start cuts them off. */
  readonly tornBytes: number
  /** Last index of the log after this segment. */
  readonly lastIndex: number
}

export interface SnapshotReport {
  readonly file: string
  readonly meta: SnapshotMeta
  readonly chunks: number
}

export interface Inspection {
  readonly dataDir: string
  /** Pids named by lock files, dead or alive. */
  readonly lockedBy: readonly number[]
  readonly segments: readonly SegmentReport[]
  readonly hardState: HardState
  readonly firstIndex: number | null
  readonly lastIndex: number | null
  readonly terms: readonly { readonly term: number; readonly first: number; readonly last: number }[]
  readonly snapshots: readonly SnapshotReport[]
  /** Files in the two folders that are neither segments nor whole snapshots, with their size. */
  readonly others: readonly { readonly file: string; readonly bytes: number }[]
  readonly damage: readonly StorageDamaged[]
}

export const inspectDataFolder = async (disk: Disk, dataDir: string): Promise<Inspection> => {
  const damage: StorageDamaged[] = []
  const noting = async <T>(look: () => Promise<T>): Promise<T | null> => {
    try {
      return await look()
    } catch (error) {
      if (!(error instanceof StorageDamaged)) throw error
      damage.push(error)
      return null
    }
  }

  const log = new LogReplay(disk, join(dataDir, 'raft'))
  const segments: SegmentReport[] = []
  await noting(() => inspectLog(disk, join(dataDir, 'raft'), log, segments))

  const snapshots: SnapshotReport[] = []
  const snapshotDir = join(dataDir, 'snapshots')
  for (const name of (await disk.list(snapshotDir)).filter(isFinalName)) {
    const report = await noting(() => inspectSnapshot(disk, snapshotDir, name))
    if (report !== null) snapshots.push(report)
  }

  const first = log.entries[0]
  const last = log.entries.at(-1)
  if (damage.length === 0) {
    const problem = misfit(log.hardState, first?.index, last?.index, snapshots.at(-1)?.meta ?? null)
    if (problem !== null) damage.push(problem)
  }
  return {
    dataDir,
    lockedBy: (await disk.list(dataDir)).map(lockPid).filter((pid) => pid !== null),
    segments,
    hardState: log.hardState,
    firstIndex: first?.index ?? null,
    lastIndex: last?.index ?? null,
    terms: termsOf(log),
    snapshots,
    others: [
      ...(await otherFiles(disk, join(dataDir, 'raft'), (name) => segmentNumber(name) !== null)),
      ...(await otherFiles(disk, snapshotDir, isFinalName))
    ],
    damage
  }
}

const inspectLog = async (disk: Disk, dir: string, log: LogReplay, reports: SegmentReport[]): Promise<void> => {
  const numbers = (await disk.list(dir)).map(segmentNumber).filter((number) => number !== null)
  for (const [at, number] of numbers.entries()) {
    const expected = (numbers[0] as number) + at
    if (number !== expected)
      throw new StorageDamaged(join(dir, segmentName(expected)), 'this log segment is missing', '')
    const segment = await log.segment(number, at === numbers.length - 1)
    reports.push({
      file: segment.path,
      bytes: segment.end,
      records: segment.records,
      tornBytes: segment.torn,
      lastIndex: log.extent.last
    })
  }
}

const inspectSnapshot = async (disk: Disk, dir: string, name: string): Promise<SnapshotReport> => {
  const manifest = await readManifest(disk, dir, name)
  const file = await disk.open(join(dir, name), 'read')
  const reader = new FileSnapshotReader(file, manifest, async () => undefined)
  try {
    for await (const { sequence } of reader.read()) if (sequence >= manifest.chunks) break
  } finally {
    await reader.close()
  }
  return { file: file.path, ...manifest }
}

const termsOf = (log: LogReplay): { term: number; first: number; last: number }[] => {
  const terms: { term: number; first: number; last: number }[] = []
  for (const { index, term } of log.entries) {
    const current = terms.at(-1)
    if (current?.term === term) current.last = index
    else terms.push({ term, first: index, last: index })
  }
  return terms
}

const otherFiles = async (
  disk: Disk,
  dir: string,
  known: (name: string) => boolean
): Promise<{ file: string; bytes: number }[]> => {
  const others = []
  for (const name of (await disk.list(dir)).filter((one) => !known(one))) {
    const file = await disk.open(join(dir, name), 'read')
    others.push({ file: file.path, bytes: await file.size() })
    await file.close()
  }
  return others
}

const size = (bytes: number): string =>
  bytes < 10_000
    ? `${bytes} B`
    : bytes < 10_000_000
      ? `${(bytes / 1e3).toFixed(0)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`

/** For people, in lines. */
export const describeInspection = (found: Inspection): string => {
  const { term, votedFor, commit } = found.hardState
  const lines = [`Data folder ${found.dataDir}`]
  for (const pid of found.lockedBy) lines.push(`  locked by pid ${pid}`)
  lines.push('', `Log: ${found.segments.length} segments, term ${term}, vote ${votedFor ?? 'none'}, commit ${commit}`)
  for (const { file, bytes, records, tornBytes, lastIndex } of found.segments) {
    const torn = tornBytes === 0 ? '' : `; ${tornBytes} bytes of a torn write that the next start cuts off`
    lines.push(`  ${file}: ${size(bytes)}, ${records} records, up to entry ${lastIndex}${torn}`)
  }
  lines.push(found.firstIndex === null ? '  no entries' : `  entries ${found.firstIndex}…${found.lastIndex}`)
  for (const { term: of, first, last } of found.terms) lines.push(`    term ${of}: ${first}…${last}`)
  lines.push('', `Snapshots: ${found.snapshots.length}`)
  for (const { file, meta, chunks } of found.snapshots) {
    lines.push(
      `  ${file}: up to entry ${meta.index} of term ${meta.term}, ${size(meta.bytes)} in ${chunks} chunks, whole`
    )
  }
  if (found.others.length > 0) lines.push('', 'Other files:')
  for (const { file, bytes } of found.others) lines.push(`  ${file}: ${size(bytes)}`)
  lines.push('', found.damage.length === 0 ? 'No damage found.' : 'DAMAGE:')
  for (const { message } of found.damage) lines.push(`  ${message}`)
  return `${lines.join('\n')}\n`
}

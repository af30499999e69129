/**
 * The simulator's own durable log: the LogStore port over what a disk would hold, without bytes.
 *
 * Owns the difference between written and durable. A crash keeps everything up to the last barrier that returned,
 * and of what was written since a prefix of random length: records are atomic and ordered, as the production
 * format makes them (its own tests, and the seeds that run it on a simulated disk, prove that).
 */
import type { Entry, HardState, LogIndex, RecoveredState, Term } from '../../src-main/raft/types'
import { asIndex, asTerm } from '../../src-main/raft/types'
import { StorageDamaged, StoragePoisoned, type LogRecord, type LogStore } from '../../src-main/storage/ports'
import type { DiskError, DiskHealth } from './disk-faults'
import type { Random } from './random'
import type { Owner } from './scheduler'

type Write =
  | { readonly kind: 'record'; readonly record: LogRecord }
  | { readonly kind: 'reset'; readonly index: LogIndex; readonly hardState: HardState }
  | { readonly kind: 'compact'; readonly firstIndex: LogIndex }

const NOTHING: HardState = { term: asTerm(0), votedFor: null, commit: asIndex(0) }

/** What a barrier has made durable. */
export interface DurableLog {
  readonly hardState: HardState
  /** Index of `entries[0]`. */
  readonly firstIndex: number
  readonly entries: readonly Entry[]
}

export class LogDisk {
  private hardState = NOTHING
  private firstIndex = 1
  private entries: Entry[] = []
  private written: Write[] = []
  /** A bit of a durable record has flipped. */
  damaged = false

  constructor(private readonly random: Random) {}

  get durable(): DurableLog {
    return { hardState: this.hardState, firstIndex: this.firstIndex, entries: this.entries }
  }

  /** What a barrier has made durable, on a disk of its own. */
  copy(): LogDisk {
    const copy = new LogDisk(this.random)
    return Object.assign(copy, {
      hardState: this.hardState,
      firstIndex: this.firstIndex,
      entries: [...this.entries],
      damaged: this.damaged
    })
  }

  /** Power loss: a prefix of what was written since the last barrier survives. */
  crash(): void {
    const kept = this.random.between(0, this.written.length)
    this.barrier(kept)
    this.written = []
  }

  write(write: Write): void {
    this.written.push(write)
  }

  /** Makes the first `count` pending writes durable. */
  barrier(count = this.written.length): void {
    for (const write of this.written.splice(0, count)) this.make(write)
  }

  get pending(): number {
    return this.written.length
  }

  private make(write: Write): void {
    switch (write.kind) {
      case 'record': {
        this.hardState = write.record.hardState
        const first = write.record.entries[0]
        if (first === undefined) return
        if (this.entries.length === 0) this.firstIndex = first.index
        const keep = first.index - this.firstIndex
        if (keep < 0 || keep > this.entries.length) {
          throw new Error(
            `log record begins at ${first.index}, log is ${this.firstIndex}…${this.firstIndex + this.entries.length - 1}`
          )
        }
        this.entries.length = keep
        for (const entry of write.record.entries) this.entries.push(entry)
        return
      }
      case 'reset':
        this.hardState = write.hardState
        this.entries = []
        this.firstIndex = write.index + 1
        return
      case 'compact': {
        // Whole segments only, as on a real disk: some of what is no longer needed stays.
        const drop = Math.min(write.firstIndex - this.firstIndex, this.entries.length)
        const segments = Math.floor(drop / 16) * 16
        if (segments <= 0) return
        this.entries.splice(0, segments)
        this.firstIndex += segments
      }
    }
  }
}

/** The port, for the life of one process. */
export class SimulatedLogStore implements LogStore {
  failure: StoragePoisoned | null = null
  private busy = false

  constructor(
    private readonly disk: LogDisk,
    private readonly health: DiskHealth,
    private readonly owner: Owner
  ) {}

  get bytes(): number {
    return this.disk.durable.entries.length * 200
  }

  async recover(): Promise<RecoveredState> {
    await this.health.read(this.owner)
    if (this.disk.damaged) {
      throw new StorageDamaged(
        'raft/log-0000000001.db',
        'record 3 does not match its checksum',
        'Rejoin as a new node.'
      )
    }
    const { hardState, entries } = this.disk.durable
    return { hardState, snapshot: null, entries: entries.slice() }
  }

  append(record: LogRecord): Promise<void> {
    return this.perform('append', { kind: 'record', record }, record.sync)
  }

  reset(after: { index: LogIndex; term: Term }, hardState: HardState): Promise<void> {
    return this.perform('reset', { kind: 'reset', index: after.index, hardState }, true)
  }

  compact(firstIndex: LogIndex): Promise<void> {
    return this.perform('compact', { kind: 'compact', firstIndex }, true)
  }

  async close(): Promise<void> {
    this.disk.barrier()
  }

  private async perform(operation: string, write: Write, sync: boolean): Promise<void> {
    if (this.failure !== null) throw this.failure
    if (this.busy) throw new Error(`LogStore.${operation} while another call runs`)
    this.busy = true
    this.disk.write(write)
    const covered = this.disk.pending
    const error = sync ? await this.health.barrier(this.owner) : await this.health.write(this.owner)
    this.busy = false
    if (error !== null) throw this.poison(operation, error)
    if (sync) this.disk.barrier(covered)
  }

  private poison(operation: string, error: DiskError): StoragePoisoned {
    this.failure = new StoragePoisoned(operation, {
      cause: new Error(error === 'full' ? 'ENOSPC: no space left on device' : 'EIO: i/o error'),
      diskFull: error === 'full'
    })
    return this.failure
  }
}

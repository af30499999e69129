/** One computer of the simulated farm: a disk, clocks, and one life of a node at a time. */
import type { MemberInfo, NodeId } from '../../src-main/raft/types'
import { asNodeId } from '../../src-main/raft/types'
import type { RunningReplica } from '../../src-main/runtime/replica'
import type { LogStore } from '../../src-main/storage/ports'
import { CrashableDisk } from '../storage/crashable-disk'
import { MachineClocks } from './clocks'
import { DiskHealth, DISKS } from './disk-faults'
import type { Life } from './life'
import { LogDisk } from './log-disk'
import type { Profile } from './profile'
import type { Random } from './random'
import type { Scheduler } from './scheduler'
import { SnapshotDisk } from './snapshot-disk'

export type MachineState =
  | 'running'
  | 'starting'
  | 'down'
  /** Its disk is gone; it waits to come back as another member. */
  | 'lost'

export class Machine {
  state: MachineState = 'down'
  id: NodeId
  generation = 0
  life: Life | null = null
  replica: RunningReplica | null = null
  store: LogStore | null = null
  lives = 0
  /** A bit has flipped: to refuse to start is right now. */
  damaged = false
  /** Its data is an earlier copy: to notice, and to stop, is right now. */
  forgetful = false
  /** Its id was removed and added again, which nobody does in production: there who was removed joins as another. */
  readded = false
  /** Nobody switches it on. */
  leftOut = false
  /** Which of the releases is installed (see releases.ts). */
  release = 0
  /** Whom a node knows that belongs to nobody yet. */
  named: ReadonlyMap<NodeId, MemberInfo> = new Map()
  logDisk: LogDisk
  /** In runs with NeDB's files. */
  files = new CrashableDisk()
  snapshotDisk = new SnapshotDisk()
  readonly health: DiskHealth
  readonly clocks: MachineClocks

  constructor(
    readonly number: number,
    private readonly random: Random,
    scheduler: Scheduler,
    profile: Profile
  ) {
    this.id = this.name()
    this.logDisk = new LogDisk(random.fork('log-disk'))
    this.health = new DiskHealth(scheduler, random.fork('disk'), DISKS[profile.disk])
    this.clocks = new MachineClocks(scheduler)
  }

  /** Whatever was not durable is lost, or survives in part. */
  crashDisk(powerLoss: boolean): void {
    this.logDisk.crash()
    if (powerLoss) this.files.crash((below) => this.random.below(below))
    else this.files.kill()
  }

  /** Nothing is left of what it held; its next node is another. */
  wipe(): void {
    this.generation++
    this.id = this.name()
    this.lives = 0
    this.logDisk = new LogDisk(this.random.fork(`log-disk-${this.generation}`))
    this.snapshotDisk = new SnapshotDisk()
    this.files = new CrashableDisk()
    this.damaged = false
    this.forgetful = false
    this.readded = false
    this.health.heal()
    this.state = 'down'
  }

  /** Copies its data folder as it is now; what comes back puts the copy in its place, while no process runs. */
  copyDisk(): () => void {
    const logDisk = this.logDisk.copy()
    const snapshotDisk = this.snapshotDisk.copy()
    const files = this.files.copy()
    return () => Object.assign(this, { logDisk, snapshotDisk, files })
  }

  private name(): NodeId {
    return asNodeId(`n${this.number + 1}${this.generation === 0 ? '' : String.fromCharCode(96 + this.generation)}`)
  }
}

/** What a disk does to those who wait for it: latency, stalls, errors. Shared by both kinds of simulated store. */
import type { Random } from './random'
import { MS, SECOND, type Micros, type Owner, type Scheduler } from './scheduler'

export interface DiskProfile {
  readonly barrierMin: Micros
  readonly barrierMean: Micros
}

export const DISKS: Readonly<Record<'ssd' | 'desktop' | 'hdd', DiskProfile>> = {
  ssd: { barrierMin: 200, barrierMean: 300 },
  desktop: { barrierMin: 1 * MS, barrierMean: 3 * MS },
  hdd: { barrierMin: 8 * MS, barrierMean: 12 * MS }
}

export type DiskError = 'io' | 'full'

/** Operations on files that are rare, and that an error by chance would seldom hit. */
export const RARE_OPERATIONS = ['create', 'rename', 'unlink', 'truncate', 'syncDirectory'] as const
export type RareOperation = (typeof RARE_OPERATIONS)[number]

/** The health of one machine's disk; outlives the processes that use it. */
export class DiskHealth {
  /** Nothing completes before this time. */
  stalledUntil: Micros = 0
  /** The next write or barrier fails this way; `full` goes on until space is freed. */
  private nextError: DiskError | null = null
  /** It waits for this operation; null: for none in particular. */
  private failsOn: RareOperation | null = null

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    readonly profile: DiskProfile
  ) {}

  /** `on` means something only where there are files. */
  fail(error: DiskError, on: RareOperation | null): void {
    this.nextError = error
    this.failsOn = on
  }

  /** Waits as long as one barrier takes; says how it ended. */
  async barrier(owner: Owner, operation?: string): Promise<DiskError | null> {
    await this.scheduler.delay(this.latency(), owner)
    // A stall that began meanwhile holds this barrier up too.
    if (this.stalledUntil > this.scheduler.now) await this.scheduler.delay(this.latency(), owner)
    return this.takeError(operation)
  }

  async write(owner: Owner, operation?: string): Promise<DiskError | null> {
    const stalled = this.stalledUntil - this.scheduler.now
    await this.scheduler.delay(stalled > 0 ? stalled : this.random.between(20, 150), owner)
    return this.takeError(operation)
  }

  /** Reading fails never; it is slow while the disk stalls. */
  async read(owner: Owner): Promise<void> {
    await this.scheduler.delay(Math.max(this.stalledUntil - this.scheduler.now, 50), owner)
  }

  heal(): void {
    this.stalledUntil = 0
    this.nextError = null
    this.failsOn = null
  }

  private takeError(operation: string | undefined): DiskError | null {
    if (this.failsOn !== null && operation !== undefined && operation !== this.failsOn) return null
    const error = this.nextError
    if (error === 'io') this.nextError = null
    return error
  }

  private latency(): Micros {
    const usual = this.profile.barrierMin + Math.round(this.random.exponential(this.profile.barrierMean))
    const hiccup = this.random.chance(0.002) ? this.random.between(20 * MS, SECOND / 2) : 0
    return Math.max(usual + hiccup, this.stalledUntil - this.scheduler.now)
  }
}

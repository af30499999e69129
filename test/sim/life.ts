/** One life of a node's process: what belongs to it stops with it, and waits while it is frozen. */
import type { NodeId } from '../../src-main/raft/types'
import type { Micros, Owner, ScheduledEvent, Scheduler } from './scheduler'

export class Life implements Owner {
  alive = true
  /** An orderly stop has begun. */
  stopping = false
  paused = false
  /** The last warning or error that the node has logged. */
  lastError = ''
  /** Virtual time spent frozen so far. */
  frozen: Micros = 0
  /** How often the wall clock was set in this life. */
  clockSet = 0
  /** When the freeze began that it is in, or was in last. */
  pausedAt: Micros = 0
  private deferred: ScheduledEvent[] = []
  private readonly mourners = new Set<() => void>()
  readonly name: string

  constructor(
    readonly id: NodeId,
    /** 1 for the first life of this id. */
    readonly number: number,
    private readonly scheduler: Scheduler
  ) {
    this.name = `${id}.${number}`
  }

  defer(event: ScheduledEvent): void {
    this.deferred.push(event)
  }

  pause(): void {
    if (this.paused) return
    this.paused = true
    this.pausedAt = this.scheduler.now
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.frozen += this.scheduler.now - this.pausedAt
    for (const event of this.deferred.splice(0)) this.scheduler.again(event)
  }

  end(): void {
    if (!this.alive) return
    this.alive = false
    this.paused = false
    this.deferred = []
    for (const mourn of this.mourners) mourn()
    this.mourners.clear()
  }

  /** Calls once when the process ends; returns the way to call it off. */
  onEnd(mourn: () => void): () => void {
    this.mourners.add(mourn)
    return () => this.mourners.delete(mourn)
  }
}

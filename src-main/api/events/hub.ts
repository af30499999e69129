/**
 * Sends the changes of the replica to all open streams: what happens in one turn of the event loop goes out as one
 * write per stream. A stream that does not keep up is cut, and resumes from the ring when it comes back.
 *
 * Invariant: every open stream has been sent everything up to the same index.
 */
import type { ServerResponse } from 'node:http'
import { HEARTBEAT_MS } from '../../contract/events'
import type { Clock } from '../../runtime/clock'
import type { Logger } from '../../runtime/log'
import { Failure, type Replica, type ReplicaEvent } from '../../runtime/replica'
import { clusterView } from '../views'
import { ClusterWatch, WATCH_MS } from './cluster-watch'
import { ChangeRing, type ChangeGroup } from './change-ring'
import { eventText, groupText, HEARTBEAT_TEXT, RETRY_TEXT } from './event-text'

export const STREAMS_MAX = 64
/** Bytes that may wait for a slow reader; more than that is not sent to make up for what was missed, either. */
export const STREAM_BUFFER_BYTES_MAX = 4 * 1024 * 1024

interface Stream {
  readonly response: ServerResponse
  readonly admin: boolean
  /** False once its token is gone. */
  readonly allowed: () => boolean
}

export class EventHub {
  private readonly streams = new Set<Stream>()
  private readonly ring: ChangeRing
  private sentIndex: number
  private clusterChanged = false
  private flushDue = false
  private readonly watch = new ClusterWatch()
  private stopLooking: (() => void) | null = null
  private beatAtMs = 0
  private unsubscribe: () => void

  constructor(
    private replica: Replica,
    private readonly clock: Clock,
    private readonly log: Logger
  ) {
    this.ring = new ChangeRing(replica.appliedIndex)
    this.sentIndex = replica.appliedIndex
    this.unsubscribe = replica.subscribe((event) => this.onEvent(event))
  }

  get openStreams(): number {
    return this.streams.size
  }

  /** Goes on with another replica: its log has nothing to do with the one before. */
  follow(replica: Replica): void {
    this.unsubscribe()
    this.replica = replica
    this.unsubscribe = replica.subscribe((event) => this.onEvent(event))
    this.startOver(replica.appliedIndex)
    this.onEvent({ type: 'membership' })
  }

  /**
   * Adds a stream whose headers are written. `lastEventId`: the last index it has seen whole; null for a new one.
   */
  open(
    response: ServerResponse,
    options: { admin: boolean; allowed: () => boolean; lastEventId: number | null }
  ): void {
    // Gone while it waited: its close has been and will not come again.
    if (response.destroyed) return
    this.flush()
    const { admin, allowed, lastEventId } = options
    const stream = { response, admin, allowed }
    this.streams.add(stream)
    response.once('close', () => this.drop(stream))
    if (this.stopLooking === null) this.startLooking()
    response.write(RETRY_TEXT + this.opening(admin, lastEventId) + this.clusterText())
  }

  /** @throws Failure too_many_requests */
  assertRoom(): void {
    if (this.streams.size >= STREAMS_MAX) {
      throw new Failure('too_many_requests', `${STREAMS_MAX} event streams are open.`, { retryAfterSeconds: 5 })
    }
  }

  close(): void {
    this.unsubscribe()
    this.flush()
    for (const { response } of this.streams) response.end()
    this.streams.clear()
    this.stopLooking?.()
    this.stopLooking = null
  }

  private opening(admin: boolean, lastEventId: number | null): string {
    const applied_index = this.replica.appliedIndex
    if (lastEventId === null) return eventText('hello', { applied_index, resumed: false }, applied_index)
    const missed = lastEventId > applied_index ? null : this.ring.after(lastEventId)
    const text = missed === null ? null : textOf(missed, admin)
    if (text === null || text.length > STREAM_BUFFER_BYTES_MAX) {
      const hello = eventText('hello', { applied_index, resumed: false })
      return hello + eventText('reset', { applied_index }, applied_index)
    }
    return eventText('hello', { applied_index, resumed: true }) + text
  }

  private onEvent(event: ReplicaEvent): void {
    switch (event.type) {
      case 'changes':
        this.ring.push(event.index, event.changes, this.streams.size > 0)
        if (this.streams.size === 0) return
        if (event.changes.some(({ kind, record }) => kind === 'token' && record === null)) this.endForbidden()
        return this.schedule()
      case 'reset':
        return this.startOver(event.index)
      case 'cluster':
      case 'membership':
      case 'readiness':
        this.clusterChanged = true
        return this.schedule()
    }
  }

  private startOver(index: number): void {
    this.endForbidden()
    this.ring.clear(index)
    this.sentIndex = index
    this.writeToAll(() => eventText('reset', { applied_index: index }, index))
  }

  private schedule(): void {
    if (this.flushDue || this.streams.size === 0) return
    this.flushDue = true
    this.clock.soon(() => this.flush())
  }

  private flush(): void {
    this.flushDue = false
    const groups = this.ring.after(this.sentIndex)
    if (this.streams.size > 0 && groups === null) this.startOver(this.replica.appliedIndex)
    if (this.streams.size > 0 && groups !== null && groups.length > 0) {
      const texts = new Map<boolean, string>()
      this.writeToAll(({ admin }) => {
        const text = texts.get(admin) ?? textOf(groups, admin)
        texts.set(admin, text)
        return text
      })
    }
    this.sentIndex = Math.max(groups?.at(-1)?.index ?? 0, this.ring.completeAfter, this.sentIndex)
    if (!this.clusterChanged) return
    this.clusterChanged = false
    if (this.streams.size === 0) return
    const text = this.clusterText()
    this.writeToAll(() => text)
  }

  private clusterText(): string {
    const cluster = clusterView(this.replica)
    this.watch.told(cluster, this.clock.monotonicMs())
    return eventText('cluster', cluster)
  }

  private writeToAll(text: (stream: Stream) => string): void {
    for (const stream of this.streams) {
      const { response } = stream
      if (response.writableLength > STREAM_BUFFER_BYTES_MAX) {
        this.log.warn({ event: 'stream_cut', bytes: response.writableLength }, 'An event stream did not keep up.')
        this.drop(stream)
        response.destroy()
        continue
      }
      const out = text(stream)
      if (out !== '') response.write(out)
    }
  }

  private endForbidden(): void {
    for (const stream of this.streams) {
      if (stream.allowed()) continue
      this.drop(stream)
      stream.response.end()
    }
  }

  private drop(stream: Stream): void {
    this.streams.delete(stream)
    if (this.streams.size > 0) return
    this.stopLooking?.()
    this.stopLooking = null
  }

  private startLooking(): void {
    this.beatAtMs = this.clock.monotonicMs()
    this.lookLater()
  }

  private lookLater(): void {
    this.stopLooking = this.clock.after(WATCH_MS, () => {
      this.lookLater()
      this.look()
    })
  }

  private look(): void {
    const nowMs = this.clock.monotonicMs()
    if (nowMs - this.beatAtMs >= HEARTBEAT_MS) {
      this.beatAtMs = nowMs
      this.endForbidden()
      this.writeToAll(() => HEARTBEAT_TEXT)
    }
    if (!this.watch.differs(clusterView(this.replica), nowMs)) return
    this.clusterChanged = true
    this.schedule()
  }
}

function textOf(groups: readonly ChangeGroup[], admin: boolean): string {
  let text = ''
  for (const group of groups) text += groupText(group, admin)
  return text
}

/** A snapshot's way from one process to another: chunk by chunk, each with an answer, as long as the connection lasts. */
import type { NodeId, SnapshotMeta, Term } from '../../src-main/raft/types'
import type { SnapshotReader } from '../../src-main/storage/ports'
import { isConnected, wayFrom, type Direction, type Pair } from './links'
import type { Endpoint } from './participant'
import { MS, SECOND, type Micros, type Scheduler } from './scheduler'
import type { Trace } from './trace'

export interface SnapshotRoute {
  readonly scheduler: Scheduler
  readonly trace: Trace
  readonly from: Endpoint
  readonly to: NodeId
  readonly pair: Pair
  /** Who is there now; null: nobody. */
  readonly target: () => Endpoint | null
  readonly delay: (way: Direction) => Micros
  /** Characters per second. */
  readonly bandwidth: (way: Direction) => number
}

export async function streamSnapshot(
  route: SnapshotRoute,
  term: Term,
  reader: SnapshotReader,
  signal: AbortSignal
): Promise<void> {
  const { scheduler, trace, from, to, pair, delay } = route
  const epoch = pair.epoch
  const check = (): Endpoint => {
    if (signal.aborted) throw new Error('aborted')
    const target = route.target()
    if (target === null || pair.epoch !== epoch || !isConnected(pair)) throw new Error('connection lost')
    return target
  }
  /** One trip in the direction from → to (or back), which fails when the connection does. */
  const trip = async (way: Direction, characters: number): Promise<Endpoint> => {
    let waited = 0
    await scheduler.delay(delay(way) + Math.round((characters / route.bandwidth(way)) * SECOND), from.owner)
    while (way.blocked || route.target()?.owner.paused === true) {
      check()
      if (waited++ > 100) throw new Error('snapshot stalled')
      await scheduler.delay(100 * MS, from.owner)
    }
    return check()
  }
  const forth = wayFrom(pair, from.id)
  const back = wayFrom(pair, to)
  /** What the other end does may never end, once it is dead; the connection's end is seen here all the same. */
  const overThere = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const end = (): void => reject(new Error('connection lost'))
      pair.streams.add(end)
      work.then(resolve, reject).finally(() => pair.streams.delete(end))
    })
  check()
  const meta: SnapshotMeta = reader.meta
  const target = await trip(forth, 0)
  trace.detail(to, 5, from.number, target.number, meta.index, () => `← ${from.id} snapshot offer ${meta.index}`)
  const receiver = await overThere(target.handlers.onSnapshotOffer(from.id, term, meta, reader.chunks))
  if (receiver === null) {
    await trip(back, 0)
    throw new Error('snapshot refused')
  }
  try {
    for await (const { sequence, chunk, crc32 } of reader.read(receiver.chunksPresent)) {
      await trip(forth, chunk.length)
      await overThere(receiver.write(sequence, chunk, crc32))
      await trip(back, 0)
    }
    check()
    const committed = receiver.commit().then(() => {
      // From the commit on it is the receiver's own business, whatever has become of the connection.
      if (route.target() === target) target.handlers.onSnapshotReceived(from.id, term, meta)
    })
    await overThere(committed)
  } catch (error) {
    // The receiving side notices on its own connection; what it holds may serve the next attempt.
    const still = route.target()
    if (still === target) await receiver.abort().catch(() => undefined)
    throw error
  }
  check()
  await trip(back, 0)
}

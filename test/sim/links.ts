/** What lies between two machines: a connection or none, and a direction each way that may be blocked, slow or full. */
import type { NodeId } from '../../src-main/raft/types'
import type { Micros } from './scheduler'

export type Channel = 'control' | 'log'

export interface LinkQuality {
  readonly delayMin: Micros
  /** Mean of an exponential tail on top of the minimum. */
  readonly delayMean: Micros
  /** Datagram manner only. */
  readonly loss: number
  readonly duplicate: number
  /** Snapshot characters per second. */
  readonly bandwidth: number
}

/** One direction between two members. */
export interface Direction {
  blocked: boolean
  quality: LinkQuality | null
  readonly lastArrival: Record<Channel, Micros>
  /** Sent into a blocked direction of a live connection. */
  held: { channel: Channel; deliver: () => void }[]
  undelivered: number
}

export interface Pair {
  readonly a: NodeId
  readonly b: NodeId
  readonly ab: Direction
  readonly ba: Direction
  /** Odd while connected; grows with each connect and each break. */
  epoch: number
  dialing: boolean
  /** What ends with the connection: snapshots on their way. */
  readonly streams: Set<() => void>
  blockedSince: Micros | null
}

const direction = (): Direction => ({
  blocked: false,
  quality: null,
  lastArrival: { control: 0, log: 0 },
  held: [],
  undelivered: 0
})

/** Odd while connected. */
export const isConnected = (pair: Pair): boolean => pair.epoch % 2 === 1

export const wayFrom = (pair: Pair, from: NodeId): Direction => (from === pair.a ? pair.ab : pair.ba)

export class Links {
  private readonly pairs = new Map<string, Pair>()

  between(x: NodeId, y: NodeId): Pair {
    const [a, b] = x < y ? [x, y] : [y, x]
    const key = `${a}|${b}`
    let pair = this.pairs.get(key)
    if (pair === undefined) {
      pair = {
        a,
        b,
        ab: direction(),
        ba: direction(),
        epoch: 0,
        dialing: false,
        streams: new Set(),
        blockedSince: null
      }
      this.pairs.set(key, pair)
    }
    return pair
  }

  all(): Iterable<Pair> {
    return this.pairs.values()
  }

  /** The connections of `id`, as of now. */
  connectionsOf(id: NodeId): readonly Pair[] {
    return [...this.pairs.values()].filter((pair) => (pair.a === id || pair.b === id) && isConnected(pair))
  }
}

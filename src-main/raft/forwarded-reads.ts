/**
 * Reads that this follower asked the leader to confirm. Each attempt travels under a number of its own, drawn from
 * a random start, so that a late answer to an earlier attempt, or to this node's life before a crash, never
 * confirms a later read.
 */

interface ForwardedRead {
  readonly context: number
  ticksLeft: number
}

const RANDOM_STARTS = 2 ** 31
const NUMBERS_PER_START = 2 ** 21

export class ForwardedReads {
  private readonly reads = new Map<number, ForwardedRead>()
  private nextNumber: number

  constructor(random: () => number) {
    this.nextNumber = Math.floor(random() * RANDOM_STARTS) * NUMBERS_PER_START
  }

  get size(): number {
    return this.reads.size
  }

  /** The number under which to ask. */
  add(context: number, deadlineTicks: number): number {
    const number = this.nextNumber++
    this.reads.set(number, { context, ticksLeft: deadlineTicks })
    return number
  }

  /** The read asked under `number`, which is thereby answered; undefined if none waits for it. */
  take(number: number): number | undefined {
    const read = this.reads.get(number)
    this.reads.delete(number)
    return read?.context
  }

  /** Contexts whose time is up. */
  tick(): number[] {
    const expired: number[] = []
    for (const [number, read] of this.reads) {
      if (--read.ticksLeft > 0) continue
      this.reads.delete(number)
      expired.push(read.context)
    }
    return expired
  }

  /** All contexts that wait, which are thereby given up. */
  clear(): number[] {
    const contexts = [...this.reads.values()].map(({ context }) => context)
    this.reads.clear()
    return contexts
  }
}

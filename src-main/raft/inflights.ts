/**
 * AppendEntries messages on their way to one follower, bounded by number and bytes: a ring of (last index, bytes).
 */
import type { LogIndex } from './types'

export class Inflights {
  private readonly indexes: number[]
  private readonly sizes: number[]
  private start = 0
  private length = 0
  private bytesTotal = 0

  constructor(
    private readonly messagesMax: number,
    private readonly bytesMax: number
  ) {
    this.indexes = new Array<number>(messagesMax).fill(0)
    this.sizes = new Array<number>(messagesMax).fill(0)
  }

  get count(): number {
    return this.length
  }

  get bytes(): number {
    return this.bytesTotal
  }

  /** A message larger than the bound still travels, alone. */
  get full(): boolean {
    return this.length === this.messagesMax || this.bytesTotal >= this.bytesMax
  }

  /** Call only while not full. */
  add(lastIndex: LogIndex, bytes: number): void {
    const at = (this.start + this.length) % this.messagesMax
    this.indexes[at] = lastIndex
    this.sizes[at] = bytes
    this.length++
    this.bytesTotal += bytes
  }

  /** Everything up to `index` has arrived. */
  freeUpTo(index: LogIndex): void {
    while (this.length > 0 && this.indexes[this.start]! <= index) {
      this.bytesTotal -= this.sizes[this.start]!
      this.start = (this.start + 1) % this.messagesMax
      this.length--
    }
  }

  clear(): void {
    this.start = 0
    this.length = 0
    this.bytesTotal = 0
  }
}

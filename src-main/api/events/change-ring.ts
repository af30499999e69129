/**
 * The changes of the recent past, in log order, so that a stream that broke off can go on where it was.
 *
 * Invariant: every change with an index above `completeAfter` is here.
 */
import type { Change } from '../../farm/types'

export const RING_CHANGES_MAX = 10_000
/** For nobody who listens: what is kept no longer than a request lasts costs the garbage collector nothing. */
const UNHEARD_CHANGES_MAX = 256
const RING_CHARS_MAX = 4 * 1024 * 1024

/** The changes of one log entry; never empty. */
export interface ChangeGroup {
  readonly index: number
  readonly changes: readonly Change[]
  /** About as much as they take as JSON. */
  readonly chars: number
}

export class ChangeRing {
  private groups: ChangeGroup[] = []
  private head = 0
  private changes = 0
  private chars = 0
  /** Changes since somebody listened. */
  private unheard = Infinity

  constructor(
    public completeAfter: number,
    private readonly limits = { changes: RING_CHANGES_MAX, unheard: UNHEARD_CHANGES_MAX, chars: RING_CHARS_MAX }
  ) {}

  /** `heard`: somebody listens. Whoever did finds as many changes as ever after that. */
  push(index: number, changes: readonly Change[], heard: boolean): void {
    if (changes.length === 0) return
    this.unheard = heard ? 0 : this.unheard + changes.length
    const changesMax = this.unheard > this.limits.changes ? this.limits.unheard : this.limits.changes
    const group = { index, changes, chars: charsOf(changes) }
    this.groups.push(group)
    this.changes += changes.length
    this.chars += group.chars
    while (this.changes > changesMax || this.chars > this.limits.chars) this.dropOldest()
  }

  /** Everything above `index`; null when that is no longer, or not yet, known. */
  after(index: number): readonly ChangeGroup[] | null {
    if (index < this.completeAfter) return null
    let low = this.head
    let high = this.groups.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.groups[middle]!.index > index) high = middle
      else low = middle + 1
    }
    return this.groups.slice(low)
  }

  clear(completeAfter: number): void {
    this.groups = []
    this.head = this.changes = this.chars = 0
    this.completeAfter = completeAfter
  }

  private dropOldest(): void {
    const group = this.groups[this.head++]!
    this.changes -= group.changes.length
    this.chars -= group.chars
    this.completeAfter = group.index
    // Dropped places are given back in one go, so that dropping stays cheap.
    if (this.head * 2 > this.groups.length) {
      this.groups = this.groups.slice(this.head)
      this.head = 0
    }
  }
}

const FIELD_CHARS = 28
const HISTORY_EVENT_CHARS = 90

function charsOf(changes: readonly Change[]): number {
  let chars = 0
  for (const { id, record } of changes) {
    chars += id.length
    if (record === null) continue
    const fields = record as Readonly<Record<string, unknown>>
    // Not Object.values, whose list would be half of what measuring costs.
    for (const field in fields) {
      const value = fields[field]
      chars += FIELD_CHARS
      if (typeof value === 'string') chars += value.length
      else if (Array.isArray(value)) chars += value.length * HISTORY_EVENT_CHARS
    }
  }
  return chars
}

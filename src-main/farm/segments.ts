/**
 * Records by serial, in segments of 1,024 serials. A segment whose records are nearly all gone is packed, an
 * empty one dropped: memory follows what is there, not what ever was, and no step works on more than one segment.
 */
export const SEGMENT = 1024
/** A segment is packed when it falls to this number of records. */
const PACKED_MAX = 32

/** The records of one segment by offset, 0 to {@link SEGMENT} - 1. */
export interface Layout<T> {
  get(offset: number): T | null
  set(offset: number, record: T): void
  remove(offset: number): void
  /** The least offset ≥ `from` that has a record, or -1. */
  next(from: number): number
}

/** A list of the records. */
class Plain<T> implements Layout<T> {
  private readonly records = new Array<T | null>(SEGMENT).fill(null)

  get(offset: number): T | null {
    return this.records[offset] ?? null
  }

  set(offset: number, record: T): void {
    this.records[offset] = record
  }

  remove(offset: number): void {
    this.records[offset] = null
  }

  next(from: number): number {
    for (let offset = from; offset < SEGMENT; offset++) if (this.get(offset) !== null) return offset
    return -1
  }
}

/** Few records; nothing is added any more, so that they stay in order. */
class Packed<T> implements Layout<T> {
  private readonly records = new Map<number, T>()

  constructor(before: Layout<T>) {
    for (let offset = before.next(0); offset >= 0; offset = before.next(offset + 1)) {
      const record = before.get(offset)
      if (record !== null) this.records.set(offset, record)
    }
  }

  get(offset: number): T | null {
    return this.records.get(offset) ?? null
  }

  set(offset: number, record: T): void {
    this.records.set(offset, record)
  }

  remove(offset: number): void {
    this.records.delete(offset)
  }

  next(from: number): number {
    for (const offset of this.records.keys()) if (offset >= from) return offset
    return -1
  }
}

interface Segment<T> {
  layout: Layout<T>
  size: number
}

export class Segments<T> {
  private readonly segments: (Segment<T> | null)[] = []

  /** `layout`: an empty one. */
  constructor(private readonly layout: () => Layout<T> = () => new Plain()) {}

  get(serial: number): T | null {
    const number = Math.floor(serial / SEGMENT)
    const segment = this.segments[number] ?? null
    return segment === null ? null : segment.layout.get(serial - number * SEGMENT)
  }

  /** `serial` is above all that were ever added. */
  add(serial: number, record: T): void {
    const number = Math.floor(serial / SEGMENT)
    while (this.segments.length <= number) this.segments.push(null)
    const segment = this.segments[number] ?? { layout: this.layout(), size: 0 }
    this.segments[number] = segment
    segment.size++
    segment.layout.set(serial - number * SEGMENT, record)
  }

  /** There is a record at `serial`. */
  replace(serial: number, record: T): void {
    const number = Math.floor(serial / SEGMENT)
    this.segments[number]?.layout.set(serial - number * SEGMENT, record)
  }

  /** There is a record at `serial`. */
  remove(serial: number): void {
    const number = Math.floor(serial / SEGMENT)
    const segment = this.segments[number] ?? null
    if (segment === null) return
    segment.layout.remove(serial - number * SEGMENT)
    segment.size--
    if (number === this.segments.length - 1) return
    if (segment.size === 0) this.segments[number] = null
    else if (segment.size === PACKED_MAX) segment.layout = new Packed(segment.layout)
  }

  /** The least serial ≥ `from` that has a record, or -1. */
  next(from: number): number {
    let number = Math.floor(from / SEGMENT)
    let offset = from - number * SEGMENT
    for (; number < this.segments.length; number++, offset = 0) {
      const found = this.segments[number]?.layout.next(offset) ?? -1
      if (found >= 0) return number * SEGMENT + found
    }
    return -1
  }
}

/**
 * Records by serial, in segments of 1,024 serials. A segment whose records are nearly all gone is packed, an
 * empty one dropped: memory follows what is there, not what ever was, and no step works on more than one segment.
 */
const SEGMENT = 1024
/** A segment is packed when it falls to this number of records. */
const PACKED_MAX = 32

interface Segment<T> {
  /** By offset; null once packed. */
  open: (T | null)[] | null
  /** By offset, ascending; null until packed. */
  packed: Map<number, T> | null
  size: number
}

export class Segments<T> {
  private readonly segments: (Segment<T> | null)[] = []

  get(serial: number): T | null {
    const number = Math.floor(serial / SEGMENT)
    const segment = this.segments[number] ?? null
    if (segment === null) return null
    const offset = serial - number * SEGMENT
    return segment.open === null ? (segment.packed?.get(offset) ?? null) : (segment.open[offset] ?? null)
  }

  /** `serial` is above all that were ever added. */
  add(serial: number, record: T): void {
    const number = Math.floor(serial / SEGMENT)
    while (this.segments.length <= number) this.segments.push(null)
    const segment = this.segments[number] ?? opened<T>()
    this.segments[number] = segment
    segment.size++
    put(segment, serial - number * SEGMENT, record)
  }

  /** There is a record at `serial`. */
  replace(serial: number, record: T): void {
    const number = Math.floor(serial / SEGMENT)
    const segment = this.segments[number] ?? null
    if (segment !== null) put(segment, serial - number * SEGMENT, record)
  }

  /** There is a record at `serial`. */
  remove(serial: number): void {
    const number = Math.floor(serial / SEGMENT)
    const segment = this.segments[number] ?? null
    if (segment === null) return
    const offset = serial - number * SEGMENT
    if (segment.open === null) segment.packed?.delete(offset)
    else segment.open[offset] = null
    segment.size--
    const last = number === this.segments.length - 1
    if (segment.size === 0 && !last) this.segments[number] = null
    else if (segment.size === PACKED_MAX && !last) pack(segment)
  }

  /** The least serial ≥ `from` that has a record, or -1. */
  next(from: number): number {
    let number = Math.floor(from / SEGMENT)
    let offset = from - number * SEGMENT
    for (; number < this.segments.length; number++, offset = 0) {
      const segment = this.segments[number] ?? null
      if (segment === null) continue
      const found = nextIn(segment, offset)
      if (found >= 0) return number * SEGMENT + found
    }
    return -1
  }
}

function opened<T>(): Segment<T> {
  return { open: new Array<T | null>(SEGMENT).fill(null), packed: null, size: 0 }
}

function put<T>(segment: Segment<T>, offset: number, record: T): void {
  if (segment.open === null) segment.packed?.set(offset, record)
  else segment.open[offset] = record
}

function pack<T>(segment: Segment<T>): void {
  if (segment.open === null) return
  segment.packed = new Map()
  for (const [offset, record] of segment.open.entries()) if (record !== null) segment.packed.set(offset, record)
  segment.open = null
}

function nextIn<T>(segment: Segment<T>, from: number): number {
  if (segment.open === null) {
    for (const offset of segment.packed?.keys() ?? []) if (offset >= from) return offset
    return -1
  }
  for (let offset = from; offset < SEGMENT; offset++) if ((segment.open[offset] ?? null) !== null) return offset
  return -1
}

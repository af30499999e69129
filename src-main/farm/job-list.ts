/**
 * Serials of the jobs that name one printer or filament, ascending. Removed jobs stay in the list, for the owner
 * to skip, until they are the greater part of it.
 */
const GONE_MIN = 16

export class JobList {
  private serials: number[] = []
  private gone = 0

  /** Jobs that are there. */
  get size(): number {
    return this.serials.length - this.gone
  }

  /** `serial` is above all in the list. */
  add(serial: number): void {
    this.serials.push(serial)
  }

  /** One of the jobs was removed. */
  remove(isThere: (serial: number) => boolean): void {
    this.gone++
    if (this.gone < GONE_MIN || this.gone * 2 < this.serials.length) return
    this.serials = this.serials.filter(isThere)
    this.gone = 0
  }

  /** The least serial ≥ `from`, which may be gone, or -1. */
  next(from: number): number {
    let low = 0
    let high = this.serials.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.serials[middle] ?? 0) >= from) high = middle
      else low = middle + 1
    }
    return this.serials[low] ?? -1
  }
}

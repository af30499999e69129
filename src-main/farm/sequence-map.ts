/**
 * A map from sequence numbers, which come in ascending order and go in about the same: a window of places that slides.
 *
 * A Map would do, but one whose entries come and go copies itself again and again, and each copy left behind keeps the
 * values it held alive until the next collection of the whole heap.
 *
 * Invariant: iteration is in ascending order, whatever the order of arrival. Numbers are safe integers ≥ 0.
 */
const WINDOW_MIN = 64
/** Numbers further apart than this have no common window. */
const WINDOW_MAX = 16_384

export class SequenceMap<V> {
  /** The value of number n, first ≤ n < first + length, at place n modulo the length, which is a power of two. */
  private window: (V | undefined)[] = new Array<V | undefined>(WINDOW_MIN).fill(undefined)
  /** The window begins here; nothing below is in it. */
  private first = 0
  /** Nothing from here on is in the window. */
  private end = 0
  private inWindow = 0
  /** What did not fit when it came; null when there is nothing. */
  private far: Map<number, V> | null = null

  get size(): number {
    return this.inWindow + (this.far?.size ?? 0)
  }

  get(n: number): V | undefined {
    const near = n >= this.first && n < this.end ? this.window[this.place(n)] : undefined
    return near === undefined && this.far !== null ? this.far.get(n) : near
  }

  /** `value` is not undefined. */
  set(n: number, value: V): void {
    if (this.far?.has(n) || !this.reaches(n)) {
      this.far ??= new Map()
      this.far.set(n, value)
      return
    }
    const place = this.place(n)
    if (this.window[place] === undefined) this.inWindow++
    this.window[place] = value
    if (n >= this.end) this.end = n + 1
  }

  delete(n: number): boolean {
    if (this.far?.delete(n)) {
      if (this.far.size === 0) this.far = null
      return true
    }
    if (n < this.first || n >= this.end || this.window[this.place(n)] === undefined) return false
    this.window[this.place(n)] = undefined
    this.inWindow--
    if (n === this.first) this.slide()
    return true
  }

  deleteBelow(n: number): void {
    while (this.inWindow > 0 && this.first < n) this.delete(this.first)
    for (const far of this.far?.keys() ?? []) if (far < n) this.delete(far)
  }

  /** The lowest number; undefined when there is none. */
  lowest(): number | undefined {
    const near = this.inWindow > 0 ? this.first : undefined
    if (this.far === null) return near
    return Math.min(near ?? Infinity, ...this.far.keys())
  }

  clear(): void {
    this.window.fill(undefined)
    this.first = this.end = this.inWindow = 0
    this.far = null
  }

  keys(): number[] {
    const keys = [...(this.far?.keys() ?? [])]
    for (let n = this.first; n < this.end; n++) if (this.window[this.place(n)] !== undefined) keys.push(n)
    return this.far === null ? keys : keys.sort((a, b) => a - b)
  }

  values(): V[] {
    return this.keys().map((n) => this.get(n) as V)
  }

  entries(): [n: number, value: V][] {
    return this.keys().map((n) => [n, this.get(n) as V])
  }

  private place(n: number): number {
    return n & (this.window.length - 1)
  }

  /** Whether the window covers `n`, or can be made to. */
  private reaches(n: number): boolean {
    if (this.inWindow === 0) this.first = this.end = n
    if (n < this.first || n - this.first >= WINDOW_MAX) return false
    while (n - this.first >= this.window.length) this.widen()
    return true
  }

  private widen(): void {
    const before = this.window
    this.window = new Array<V | undefined>(before.length * 2).fill(undefined)
    for (let n = this.first; n < this.end; n++) this.window[this.place(n)] = before[n & (before.length - 1)]
  }

  /** Begins with the lowest that is there. */
  private slide(): void {
    if (this.inWindow === 0) this.first = this.end
    while (this.first < this.end && this.window[this.place(this.first)] === undefined) this.first++
  }
}

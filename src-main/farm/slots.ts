/** A set of slots in ascending order, one bit each: 200,000 slots are 6,250 words, scanned in microseconds. */
export class SlotSet {
  private words = new Uint32Array(32)
  private members = 0

  get size(): number {
    return this.members
  }

  has(slot: number): boolean {
    return ((this.words[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0
  }

  add(slot: number): void {
    const word = slot >>> 5
    if (word >= this.words.length) {
      const wider = new Uint32Array(Math.max(word + 1, this.words.length * 2))
      wider.set(this.words)
      this.words = wider
    }
    const before = this.words[word] ?? 0
    const after = (before | (1 << (slot & 31))) >>> 0
    if (after === before) return
    this.words[word] = after
    this.members++
  }

  delete(slot: number): void {
    const word = slot >>> 5
    const before = this.words[word] ?? 0
    const after = (before & ~(1 << (slot & 31))) >>> 0
    if (after === before) return
    this.words[word] = after
    this.members--
  }

  clear(): void {
    this.words.fill(0)
    this.members = 0
  }

  /** The least member ≥ `from`, or -1. */
  next(from: number): number {
    let word = from >>> 5
    if (word >= this.words.length) return -1
    let bits = ((this.words[word] ?? 0) & (-1 << (from & 31))) >>> 0
    while (bits === 0) {
      if (++word >= this.words.length) return -1
      bits = this.words[word] ?? 0
    }
    return word * 32 + (31 - Math.clz32(bits & -bits))
  }
}

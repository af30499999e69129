/** A set of serials in ascending order, a bit each, in pages that come and go with their members. */
const PAGE_BITS = 8192
const PAGE_WORDS = PAGE_BITS / 32

interface Page {
  readonly words: Uint32Array
  members: number
}

export class SerialSet {
  private readonly pages: (Page | null)[] = []
  private members = 0

  get size(): number {
    return this.members
  }

  add(serial: number): void {
    const number = Math.floor(serial / PAGE_BITS)
    while (this.pages.length <= number) this.pages.push(null)
    const page = this.pages[number] ?? { words: new Uint32Array(PAGE_WORDS), members: 0 }
    this.pages[number] = page
    const bit = serial % PAGE_BITS
    const before = page.words[bit >>> 5] ?? 0
    if ((before & (1 << (bit & 31))) !== 0) return
    page.words[bit >>> 5] = before | (1 << (bit & 31))
    page.members++
    this.members++
  }

  delete(serial: number): void {
    const number = Math.floor(serial / PAGE_BITS)
    const page = this.pages[number] ?? null
    if (page === null) return
    const bit = serial % PAGE_BITS
    const before = page.words[bit >>> 5] ?? 0
    if ((before & (1 << (bit & 31))) === 0) return
    page.words[bit >>> 5] = before & ~(1 << (bit & 31))
    this.members--
    if (--page.members === 0) this.pages[number] = null
  }

  /** The least member ≥ `from`, or -1. */
  next(from: number): number {
    let number = Math.floor(from / PAGE_BITS)
    let bit = from % PAGE_BITS
    for (; number < this.pages.length; number++, bit = 0) {
      const page = this.pages[number] ?? null
      if (page === null) continue
      const found = nextBit(page.words, bit)
      if (found >= 0) return number * PAGE_BITS + found
    }
    return -1
  }
}

function nextBit(words: Uint32Array, from: number): number {
  let word = from >>> 5
  let bits = (words[word] ?? 0) & (-1 << (from & 31))
  while (bits === 0) {
    if (++word >= words.length) return -1
    bits = words[word] ?? 0
  }
  return word * 32 + 31 - Math.clz32(bits & -bits)
}

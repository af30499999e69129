/**
 * Serials by id, without the ids: a hash and a serial for each, and the record itself says what its id is. Asking for
 * an id that is new, as every creation does, then looks at one place in memory instead of following references.
 *
 * In several parts: a table that is outgrown moves all its entries at once, which for one of half a million stops the
 * node for tens of milliseconds; a part of it moves in a few.
 */
const PART_BITS = 4
const PARTS = 1 << PART_BITS
const SLOTS_MIN = 16

/** Open addressing with linear probing; hash 0: the slot is free. */
interface Part {
  hashes: Int32Array
  serials: Float64Array
  used: number
}

export class IdIndex {
  private readonly parts: readonly Part[] = Array.from({ length: PARTS }, () => ({ ...slots(SLOTS_MIN), used: 0 }))
  private count = 0
  /** Asked for last; whether an id is new is asked before it is set. */
  private lastId = ''
  private lastHash = hashOf('')

  /** `idAt`: the id of the record with a serial that is in here. */
  constructor(private readonly idAt: (serial: number) => string) {}

  get size(): number {
    return this.count
  }

  /** 0 when there is none. */
  get(id: string): number {
    const hash = this.hash(id)
    const part = this.part(hash)
    return part.serials[this.slot(part, hash, id)] ?? 0
  }

  set(id: string, serial: number): void {
    const hash = this.hash(id)
    const part = this.part(hash)
    if ((part.used + 1) * 4 > part.hashes.length * 3) resize(part, part.hashes.length * 2)
    const slot = this.slot(part, hash, id)
    if (part.hashes[slot] === 0) {
      part.hashes[slot] = hash
      part.used++
      this.count++
    }
    part.serials[slot] = serial
  }

  /** Before the record goes. */
  delete(id: string): void {
    const hash = this.hash(id)
    const part = this.part(hash)
    const slot = this.slot(part, hash, id)
    if (part.hashes[slot] === 0) return
    free(part, slot)
    part.used--
    this.count--
    const { length } = part.hashes
    if (length > SLOTS_MIN && part.used * 8 < length) resize(part, length / 2)
  }

  private hash(id: string): number {
    if (id === this.lastId) return this.lastHash
    this.lastHash = hashOf(id)
    this.lastId = id
    return this.lastHash
  }

  private part(hash: number): Part {
    return this.parts[hash & (PARTS - 1)] as Part
  }

  /** Where the id is, or where it would be. */
  private slot({ hashes, serials }: Part, hash: number, id: string): number {
    const mask = hashes.length - 1
    let slot = (hash >>> PART_BITS) & mask
    for (;;) {
      const found = hashes[slot]
      if (found === 0 || (found === hash && this.idAt(serials[slot] as number) === id)) return slot
      slot = (slot + 1) & mask
    }
  }
}

/**
 * FNV-1a with a last mixing, for ids that differ in their last characters only; never 0. What is no string is in no
 * table.
 */
function hashOf(id: string): number {
  if (typeof id !== 'string') return 1
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) | 0 || 1
}

const slots = (length: number): Pick<Part, 'hashes' | 'serials'> => ({
  hashes: new Int32Array(length),
  serials: new Float64Array(length)
})

function resize(part: Part, length: number): void {
  const { hashes, serials } = part
  Object.assign(part, slots(length))
  const mask = length - 1
  for (let from = 0; from < hashes.length; from++) {
    const hash = hashes[from] as number
    if (hash === 0) continue
    let to = (hash >>> PART_BITS) & mask
    while (part.hashes[to] !== 0) to = (to + 1) & mask
    part.hashes[to] = hash
    part.serials[to] = serials[from] as number
  }
}

/** Moves up whatever was put further on only because this slot was taken. */
function free({ hashes, serials }: Part, slot: number): void {
  const mask = hashes.length - 1
  let hole = slot
  for (let next = (slot + 1) & mask; hashes[next] !== 0; next = (next + 1) & mask) {
    const home = ((hashes[next] as number) >>> PART_BITS) & mask
    if (((next - home) & mask) < ((next - hole) & mask)) continue
    hashes[hole] = hashes[next] as number
    serials[hole] = serials[next] as number
    hole = next
  }
  hashes[hole] = 0
  serials[hole] = 0
}

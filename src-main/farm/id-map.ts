/**
 * A map from ids in several parts. When a Map outgrows its table it moves all entries at once, which for one of
 * half a million stops the node for tens of milliseconds; a part of it moves in a few.
 */
const PARTS = 16

export class IdMap<V> {
  private readonly parts = Array.from({ length: PARTS }, () => new Map<string, V>())
  private count = 0

  get size(): number {
    return this.count
  }

  has(id: string): boolean {
    return this.part(id).has(id)
  }

  get(id: string): V | undefined {
    return this.part(id).get(id)
  }

  set(id: string, value: V): void {
    const part = this.part(id)
    const before = part.size
    part.set(id, value)
    this.count += part.size - before
  }

  delete(id: string): void {
    if (this.part(id).delete(id)) this.count--
  }

  /** By the last characters: counted and random ids alike differ there. What is no string is in none of them. */
  private part(id: string): Map<string, V> {
    if (typeof id !== 'string') return this.parts[0] ?? unreachable()
    const last = id.length - 1
    const number = (id.charCodeAt(last) ^ (id.charCodeAt(last - 1) << 1)) & (PARTS - 1)
    return this.parts[number] ?? unreachable()
  }
}

function unreachable(): never {
  throw new Error('unreachable')
}

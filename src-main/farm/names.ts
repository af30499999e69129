/** One string instance for names that come again with every entry. A cache, no part of the state. */
import { NAMES_INTERNED_MAX } from './bounds'

export class Names {
  private readonly known = new Map<string, string>()

  one(name: string): string {
    const known = this.known.get(name)
    if (known !== undefined) return known
    if (this.known.size >= NAMES_INTERNED_MAX) this.known.clear()
    this.known.set(name, name)
    return name
  }
}

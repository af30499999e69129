/**
 * Seeded randomness. Every consumer forks a stream of its own by name, so that one more draw in one place
 * (a fault dropped by the shrinker, say) leaves the draws of all other places as they were.
 */

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function hashText(text: string, start: number): number {
  let h = start >>> 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0
  return mix(h)
}

/** sfc32 with a seed that is stretched by a finaliser. */
export class Random {
  private a: number
  private b: number
  private c: number
  private d = 1

  private constructor(
    private readonly seed: number,
    private readonly path: string
  ) {
    this.a = hashText(path, mix(seed >>> 0))
    this.b = hashText(path, mix((seed / 0x100000000) >>> 0) ^ 0x9e3779b9)
    this.c = hashText(path, mix((seed >>> 0) ^ 0x5bf03635))
    for (let i = 0; i < 12; i++) this.next32()
  }

  static of(seed: number): Random {
    return new Random(seed, '')
  }

  /** An independent stream: the same seed and name give the same stream, whatever was drawn here before. */
  fork(name: string): Random {
    return new Random(this.seed, `${this.path}/${name}`)
  }

  next32(): number {
    const t = (((this.a + this.b) | 0) + this.d) | 0
    this.d = (this.d + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (this.c << 21) | (this.c >>> 11)
    this.c = (this.c + t) | 0
    return t >>> 0
  }

  /** Uniform in [0, 1). */
  readonly float = (): number => this.next32() / 0x100000000

  /** Uniform integer in [0, n). */
  below(n: number): number {
    return Math.floor((this.next32() / 0x100000000) * n)
  }

  /** Uniform integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(probability: number): boolean {
    return this.next32() < probability * 0x100000000
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick from nothing')
    return items[this.below(items.length)] as T
  }

  pickOr<T>(items: readonly T[], otherwise: T): T {
    return items.length === 0 ? otherwise : this.pick(items)
  }

  /** `count` distinct items in random order; all of them when there are fewer. */
  sample<T>(items: readonly T[], count: number): T[] {
    const rest = items.slice()
    const taken: T[] = []
    while (taken.length < count && rest.length > 0) taken.push(...rest.splice(this.below(rest.length), 1))
    return taken
  }

  /** Exponentially distributed around `mean`, cut at 20 means. */
  exponential(mean: number): number {
    return Math.min(-Math.log(1 - this.float()) * mean, mean * 20)
  }
}

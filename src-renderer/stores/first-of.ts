/** The first `n` of many in an order, without sorting them all: what a view shows of thousands is a few dozen. */
export function firstOf<T>(items: Iterable<T>, n: number, compare: (a: T, b: T) => number): T[] {
  const first: T[] = []
  for (const item of items) {
    const last = first.at(-1)
    if (first.length >= n && (last === undefined || compare(item, last) >= 0)) continue
    let low = 0
    let high = first.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(first[middle] as T, item) <= 0) low = middle + 1
      else high = middle
    }
    first.splice(low, 0, item)
    if (first.length > n) first.pop()
  }
  return first
}

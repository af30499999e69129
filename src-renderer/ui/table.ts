export interface Column<Key extends string = string> {
  readonly key: Key
  readonly label: string
  readonly sortable?: boolean
  readonly numeric?: boolean
  /** Width and visibility classes, e.g. `hidden w-30 shrink-0 md:block`. */
  readonly class?: string
}

export interface Sort<Key extends string = string> {
  readonly key: Key
  readonly down: boolean
}

/** `name` ascending, `-name` descending: as it stands in the URL. */
export function parseSort<Key extends string>(text: unknown, keys: readonly Key[], initial: Sort<Key>): Sort<Key> {
  if (typeof text !== 'string') return initial
  const key = keys.find((known) => known === text.replace(/^-/, ''))
  return key === undefined ? initial : { key, down: text.startsWith('-') }
}

export function formatSort(sort: Sort): string {
  return (sort.down ? '-' : '') + sort.key
}

const naturalKeys = new Map<string, string>()
/** Then the cache starts over. */
const NATURAL_KEYS_MAX = 50_000

/** "Bay 10" after "Bay 2", whatever the case and accents; compared as plain strings, which is fast on long lists. */
function naturalKey(text: string): string {
  let key = naturalKeys.get(text)
  if (key === undefined) {
    if (naturalKeys.size >= NATURAL_KEYS_MAX) naturalKeys.clear()
    key = text
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/\d+/g, (digits) => digits.padStart(10, '0'))
    naturalKeys.set(text, key)
  }
  return key
}

/** Sorted copy; equal rows keep their order in both directions. */
export function sorted<T>(rows: readonly T[], by: (row: T) => string | number, down: boolean): readonly T[] {
  const sign = down ? -1 : 1
  const keyed = rows.map((row) => {
    const value = by(row)
    return { row, key: typeof value === 'number' ? value : naturalKey(value) }
  })
  keyed.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0))
  return keyed.map(({ row }) => row)
}

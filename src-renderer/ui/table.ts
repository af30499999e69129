export interface Column<Key extends string = string> {
  readonly key: Key
  readonly label: string
  readonly sortable?: boolean
  readonly numeric?: boolean
  /** Width and visibility classes, e.g. `hidden md:table-cell`. */
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

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** Sorted copy; equal rows keep their order in both directions. */
export function sorted<T>(rows: readonly T[], by: (row: T) => string | number, down: boolean): readonly T[] {
  const sign = down ? -1 : 1
  return rows
    .map((row) => ({ row, value: by(row) }))
    .sort((a, b) =>
      typeof a.value === 'number' && typeof b.value === 'number'
        ? sign * (a.value - b.value)
        : sign * collator.compare(String(a.value), String(b.value))
    )
    .map(({ row }) => row)
}

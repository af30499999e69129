/**
 * Pages of a table. A cursor is the serial of the last record that was shown: records that come and go
 * between two pages neither repeat nor hide others.
 */
import type { Page, PageOf } from './queries'
import type { Identified, Table } from './table'

const CURSOR = /^c[0-9a-z]{1,11}$/

export function isCursor(text: string): boolean {
  return CURSOR.test(text)
}

/**
 * One page. `next(from)` gives the least serial ≥ from that belongs to the list, or -1. A cursor that no page
 * gave out ({@link isCursor}) leads to an empty page.
 */
export function pageOf<T extends Identified>(
  table: Table<T>,
  page: Page | undefined,
  next: (from: number) => number
): PageOf<T> {
  const cursor = page?.cursor
  if (cursor !== undefined && !isCursor(cursor)) return { items: [], next: null }
  const limit = Math.max(1, page?.limit ?? Infinity)
  const items: T[] = []
  let last = cursor === undefined ? 0 : Number.parseInt(cursor.slice(1), 36)
  let serial = next(last + 1)
  for (; serial >= 0 && items.length < limit; serial = next(serial + 1)) {
    const record = table.at(serial)
    if (record !== null) items.push(record)
    last = serial
  }
  return { items, next: serial < 0 ? null : `c${last.toString(36)}` }
}

export function pageOfAll<T extends Identified>(table: Table<T>, page: Page | undefined): PageOf<T> {
  return pageOf(table, page, (from) => table.next(from))
}

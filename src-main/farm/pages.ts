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

function serialOf(cursor: string): number {
  return Number.parseInt(cursor.slice(1), 36)
}

/**
 * One page. `next(from)` gives the first slot ≥ from that belongs to the list, or -1. A cursor that no page
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
  let last = 0
  let slot = next(cursor === undefined ? 0 : table.slotAfter(serialOf(cursor)))
  while (slot >= 0 && items.length < limit) {
    const record = table.at(slot)
    if (record !== null) {
      items.push(record)
      last = slot
    }
    slot = next(slot + 1)
  }
  while (slot >= 0 && table.at(slot) === null) slot = next(slot + 1)
  return { items, next: slot < 0 ? null : `c${table.serialAt(last).toString(36)}` }
}

export function pageOfAll<T extends Identified>(table: Table<T>, page: Page | undefined): PageOf<T> {
  return pageOf(table, page, (from) => (from < table.length ? from : -1))
}

/** Lists as JSON text: kept while nothing changes, and written in slices where they are long. */
import { Readable } from 'node:stream'

/** Beyond this a list is a stream: a slice costs about a millisecond, and other requests run in between. */
export const LONG_LIST_ITEMS = 1000

/** The text of a whole list, as of one log index. */
export class ListText {
  private source: object | null = null
  private index = -1
  private items: readonly object[] = []
  private text = '[]'

  /** `source` and `index` name a state; `list` gives its records, and is asked only when the state is another. */
  of(source: object, index: number, list: () => readonly object[]): string | Readable {
    if (source === this.source && index === this.index) return this.text
    const items = list()
    if (items.length > LONG_LIST_ITEMS) return longList(items)
    // Records never change in place: the same objects have the same text.
    if (!same(items, this.items)) this.text = JSON.stringify(items)
    this.source = source
    this.index = index
    this.items = items
    return this.text
  }
}

function same(a: readonly object[], b: readonly object[]): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/** `items` are immutable records: what is sent is the list as of now, however long it takes. */
export function longList(items: readonly object[]): Readable {
  return Readable.from(slices(items), { objectMode: false })
}

async function* slices(items: readonly object[]): AsyncGenerator<string, void, undefined> {
  for (let from = 0; from < items.length; from += LONG_LIST_ITEMS) {
    const text = JSON.stringify(items.slice(from, from + LONG_LIST_ITEMS))
    const last = from + LONG_LIST_ITEMS >= items.length
    yield `${from === 0 ? '[' : ','}${text.slice(1, -1)}${last ? ']' : ''}`
    await new Promise<void>((resume) => void setImmediate(resume))
  }
}

/**
 * Entries that are applied, as bytes: they never change any more, and only a follower that lags asks for them again.
 * As objects they would be most of what a garbage collector goes through, again and again, on a node that does nothing
 * else for long.
 *
 * They lie in pages: consecutive entries of one term, their texts end to end in UTF-8.
 */
import { invariant } from './invariants'
import { asIndex, type Entry, type EntryKind, type LogIndex, type Term } from './types'

/** Parts of every host of ECMAScript, and pure. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string }

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** UTF-16 units; a page takes no further entry beyond it. */
const PAGE_LENGTH = 64 * 1024
const KINDS: readonly EntryKind[] = ['noop', 'command', 'configuration']

export class PackedEntries {
  private pages: Page[] = []
  /** The page that was asked for last. */
  private recent: Page | null = null

  /** Adds entries that follow the last one. */
  append(entries: readonly Entry[]): void {
    let from = 0
    let length = 0
    for (let at = 0; at < entries.length; at++) {
      const { term, data } = entries[at]!
      if (at > from && (length >= PAGE_LENGTH || term !== entries[from]!.term)) {
        this.pages.push(new Page(entries.slice(from, at)))
        from = at
        length = 0
      }
      length += data.length
    }
    if (from < entries.length) this.pages.push(new Page(entries.slice(from)))
  }

  termAt(index: LogIndex): Term {
    return this.pageOf(index).term
  }

  /** UTF-16 units of the text of the entry at `index`. */
  lengthAt(index: LogIndex): number {
    return this.pageOf(index).lengthAt(index)
  }

  /** The entries from `from` to `to`, both included. */
  slice(from: LogIndex, to: LogIndex): Entry[] {
    const entries: Entry[] = []
    for (let next = from; next <= to;) {
      const page = this.pageOf(next)
      const last = asIndex(Math.min(to, page.last))
      page.unpack(next, last, entries)
      next = asIndex(last + 1)
    }
    return entries
  }

  /** Drops the pages that lie before `index` altogether. */
  dropBefore(index: LogIndex): void {
    const kept = this.pages.findIndex(({ last }) => last >= index)
    if (kept !== 0) this.pages.splice(0, kept === -1 ? this.pages.length : kept)
    this.recent = null
  }

  private pageOf(index: LogIndex): Page {
    if (this.recent?.holds(index)) return this.recent
    let low = 0
    let high = this.pages.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.pages[middle]!.last < index) low = middle + 1
      else high = middle
    }
    const page = this.pages[low]
    invariant(page !== undefined && page.holds(index), 'packed entry is held', index, page?.last)
    this.recent = page
    return page
  }
}

class Page {
  readonly first: LogIndex
  readonly last: LogIndex
  readonly term: Term
  private readonly kinds: Uint8Array
  /** Where the text of each entry begins, and behind the last one where that ends, in UTF-16 units. */
  private readonly starts: Uint32Array
  /** A string where UTF-8 cannot hold it (lone surrogates). */
  private readonly text: Uint8Array | string

  /** @param entries consecutive, of one term, at least one */
  constructor(entries: readonly Entry[]) {
    this.first = entries[0]!.index
    this.last = entries.at(-1)!.index
    this.term = entries[0]!.term
    this.kinds = new Uint8Array(entries.length)
    this.starts = new Uint32Array(entries.length + 1)
    let text = ''
    for (let at = 0; at < entries.length; at++) {
      const { kind, data } = entries[at]!
      text += data
      this.kinds[at] = KINDS.indexOf(kind)
      this.starts[at + 1] = text.length
    }
    const bytes = encoder.encode(text)
    this.text = bytes.length === text.length || decoder.decode(bytes) === text ? bytes : text
  }

  holds(index: LogIndex): boolean {
    return index >= this.first && index <= this.last
  }

  lengthAt(index: LogIndex): number {
    const at = index - this.first
    return this.starts[at + 1]! - this.starts[at]!
  }

  unpack(from: LogIndex, to: LogIndex, into: Entry[]): void {
    const { first, term, kinds, starts, text } = this
    const whole = typeof text === 'string' ? text : decoder.decode(text)
    for (let at = from - first; at <= to - first; at++) {
      const data = whole.slice(starts[at], starts[at + 1])
      into.push({ index: asIndex(first + at), term, kind: KINDS[kinds[at]!]!, data })
    }
  }
}

/**
 * Log entries as one string: a header that tells term, kind and length of each, then their data end to end.
 *
 *   t5c120c98n0g310t6n0|<data>…   t: term of what follows; n, c, g: noop, command, configuration of that many
 *                                 UTF-16 units. Indices follow from the record's first index.
 *
 * One string, because NeDB would otherwise refuse keys with `.` or `$` in the data and alter values; and data is
 * copied as it is, so the only escaping is that of the document as a whole.
 */
import { asIndex, asTerm, type Entry, type EntryKind, type Term } from '../raft/types'

const LETTER: Readonly<Record<EntryKind, string>> = { noop: 'n', command: 'c', configuration: 'g' }
const KIND = new Map<number, EntryKind>([
  ['n'.charCodeAt(0), 'noop'],
  ['c'.charCodeAt(0), 'command'],
  ['g'.charCodeAt(0), 'configuration']
])
const TERM = 't'.charCodeAt(0)
const ZERO = '0'.charCodeAt(0)

export const encodeEntries = (entries: readonly Entry[]): string => {
  let header = ''
  let data = ''
  let term = 0
  for (const entry of entries) {
    if (entry.term !== term) {
      term = entry.term
      header += `t${term}`
    }
    header += LETTER[entry.kind] + entry.data.length
    data += entry.data
  }
  return `${header}|${data}`
}

/** Null when `text` is not what {@link encodeEntries} makes of `count` entries. */
export const decodeEntries = (text: string, first: number, count: number): Entry[] | null => {
  const entries: Entry[] = []
  const headerEnd = text.indexOf('|')
  if (headerEnd === -1) return null
  let term: Term = asTerm(0)
  let dataAt = headerEnd + 1
  for (let at = 0; at < headerEnd;) {
    const letter = text.charCodeAt(at++)
    let n = 0
    const digitsAt = at
    for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - ZERO) {
      n = n * 10 + digit
    }
    if (at === digitsAt) return null
    if (letter === TERM) {
      term = asTerm(n)
      continue
    }
    const kind = KIND.get(letter)
    if (kind === undefined) return null
    entries.push({ index: asIndex(first + entries.length), term, kind, data: text.slice(dataAt, dataAt + n) })
    dataAt += n
  }
  return entries.length === count && dataAt === text.length ? entries : null
}

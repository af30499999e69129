/**
 * Cuts the text of a backup into the texts of its records, as it arrives, and what remains of it when they are taken
 * out. Nothing is parsed here but the remainder, so that a large file holds up nobody: records are parsed part by part.
 *
 * Invariant: remainder and records together hold what `JSON.parse` would find in the whole; text that is not JSON is
 * refused here, or when a part is parsed.
 */
import type { Command } from '../farm/types'

export type ListKind = Extract<Command, { type: 'restore.part' }>['kind']

/** In the order in which a farm takes them: what is named before who names it. */
const KINDS: readonly ListKind[] = ['printers', 'filaments', 'print_jobs', 'tokens']
/** Enough for the longest kind, its quotes and colon, and a generous indent. */
const TAIL_CHARS = 200

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

export interface Part {
  readonly kind: ListKind
  /** Place of the first record in its list. */
  readonly first: number
  /** JSON array. */
  readonly text: string
}

export class BackupText {
  private readonly records = new Map<ListKind, string[]>()
  private readonly remainder: string[] = []
  /** Characters of all records. */
  recordChars = 0
  /** And of what remains without them. */
  restChars = 0
  private depth = 0
  private inString = false
  private escaped = false
  /** The list that is being cut, and the pieces of the record that has begun in it. */
  private list: string[] | null = null
  private record: string[] = []

  push(text: string): void {
    let from = 0
    for (let i = 0; i < text.length; i++) {
      const char = text.charCodeAt(i)
      if (this.inString) {
        if (this.escaped) this.escaped = false
        else if (char === BACKSLASH) this.escaped = true
        else if (char === QUOTE) this.inString = false
      } else if (char === QUOTE) this.inString = true
      else if (char === OPEN_OBJECT) this.depth++
      else if (char === OPEN_ARRAY) {
        this.depth++
        if (this.depth !== 2) continue
        this.take(text.slice(from, i + 1))
        from = i + 1
        this.begin()
      } else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) {
        this.depth--
        if (this.list === null || this.depth !== 1) continue
        this.endRecord(text.slice(from, i), this.list.length === 0)
        this.list = null
        from = i
      } else if (char === COMMA && this.list !== null && this.depth === 2) {
        this.endRecord(text.slice(from, i), false)
        from = i + 1
      }
    }
    this.take(text.slice(from))
  }

  /** The backup without its records. Throws SyntaxError. */
  rest(): unknown {
    const text = this.remainder.join('')
    return text.trim() === '' ? {} : JSON.parse(text)
  }

  /** Records in parts of about `chars`, a longer record alone. */
  *parts(chars: number): Generator<Part, void, undefined> {
    for (const kind of KINDS) {
      const records = this.records.get(kind) ?? []
      for (let first = 0, end = 0; first < records.length; first = end) {
        for (let length = 0; end < records.length && length < chars; end++) length += records[end]!.length
        yield { kind, first, text: `[${records.slice(first, end).join(',')}]` }
      }
    }
  }

  private take(text: string): void {
    if (text === '') return
    if (this.list !== null) return void this.record.push(text)
    this.restChars += text.length
    this.remainder.push(text)
  }

  /** An array begins in the outermost object: one of the lists? A key that comes again counts, as in JSON.parse. */
  private begin(): void {
    const tail = this.remainder.slice(-4).join('').slice(-TAIL_CHARS)
    const key = /"([a-z_]+)"\s*:\s*\[$/.exec(tail)?.[1]
    const kind = KINDS.find((one) => one === key)
    if (kind === undefined) return
    this.list = []
    this.records.set(kind, this.list)
  }

  private endRecord(lastPiece: string, mayBeNone: boolean): void {
    this.record.push(lastPiece)
    const text = this.record.join('').trim()
    this.record = []
    if (text !== '') {
      this.recordChars += text.length
      this.list?.push(text)
    } else if (!mayBeNone) throw new SyntaxError('A list has a comma too many.')
  }
}

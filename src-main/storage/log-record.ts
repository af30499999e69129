/**
 * A log record as the document that stands in a line of a segment file.
 *
 * `_id` is the record's sequence number, contiguous over all segments; `prev` the CRC of the record before it:
 * so a line that is missing, repeated, moved or altered breaks the chain. Every record carries the whole hard
 * state. The first record of a segment also names the format, the segment's number and where the log before it
 * ends, so that the segments before it can go.
 */
import { asIndex, asNodeId, asTerm, type Entry, type HardState } from '../raft/types'
import { decodeEntries, encodeEntries } from './entry-codec'

export const LOG_FORMAT = 1
const FORMAT_NAME = 'raft3d-log/'
const SEQUENCE_DIGITS = 16
const SEQUENCE = /^[0-9]{16}$/
export const FIRST_PREV = '00000000'

export interface SegmentHead {
  readonly segment: number
  /** Index and term of the last entry before this segment. */
  readonly base: number
  readonly baseTerm: number
  /** The log was discarded here and goes on after `base`. */
  readonly reset: boolean
}

export interface ParsedRecord {
  readonly sequence: number
  readonly prev: string
  readonly crc: string
  readonly head: SegmentHead | null
  readonly hardState: HardState
  readonly first: number
  readonly entries: readonly Entry[]
}

export type LogDocument = Record<string, unknown>

const sequenceId = (sequence: number): string => String(sequence).padStart(SEQUENCE_DIGITS, '0')

export const toDocument = (
  sequence: number,
  prev: string,
  head: SegmentHead | null,
  { term, votedFor, commit }: HardState,
  entries: readonly Entry[]
): LogDocument => ({
  ...(head === null ? {} : { format: `${FORMAT_NAME}${LOG_FORMAT}`, ...head }),
  _id: sequenceId(sequence),
  prev,
  term,
  vote: votedFor,
  commit,
  first: entries[0]?.index ?? 0,
  count: entries.length,
  entries: encodeEntries(entries)
})

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const parseHead = (document: LogDocument): SegmentHead | null | undefined => {
  const { format, segment, base, baseTerm, reset } = document
  if (format === undefined) return null
  if (format !== `${FORMAT_NAME}${LOG_FORMAT}`) return undefined
  if (!isCount(segment) || !isCount(base) || !isCount(baseTerm) || typeof reset !== 'boolean') return undefined
  return { segment, base, baseTerm, reset }
}

/** Null when `document` is not a record of this format. */
export const parseRecord = (document: LogDocument): ParsedRecord | null => {
  const { _id, prev, crc, term, vote, commit, first, count, entries: text } = document
  const head = parseHead(document)
  if (head === undefined || typeof _id !== 'string' || !SEQUENCE.test(_id)) return null
  if (typeof prev !== 'string' || typeof crc !== 'string') return null
  if (!isCount(term) || !isCount(commit) || !(vote === null || typeof vote === 'string')) return null
  if (!isCount(first) || !isCount(count) || typeof text !== 'string') return null
  const entries = decodeEntries(text, first, count)
  if (entries === null) return null
  const votedFor = vote === null ? null : asNodeId(vote)
  const sequence = Number(_id)
  return {
    sequence,
    prev,
    crc,
    head,
    hardState: { term: asTerm(term), votedFor, commit: asIndex(commit) },
    first,
    entries
  }
}

/** The format that the line names when it is not this one, whether or not the line is whole. */
export const foreignFormat = (line: Buffer): string | null => {
  const name = /^\{"format":"([\x20\x21\x23-\x7e]{1,64})"/.exec(line.toString('latin1', 0, 80))?.[1]
  return name === undefined || name === `${FORMAT_NAME}${LOG_FORMAT}` ? null : name
}

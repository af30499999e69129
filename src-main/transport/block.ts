/**
 * The bulky part of a message: entries of AppendEntries, or commands of a Forward. It travels in frames of its
 * own before the small frame that uses it, so that it is encoded and checksummed once for all peers.
 *
 * Layout: number of runs (u32); per run of entries with equal term and kind: count (u32), term (f64), kind (u8);
 * number of texts (u32); the texts. Commands have no runs.
 */
import { asIndex, type Entry, type EntryKind, type LogIndex, type Term } from '../raft/types'
import { allocateFrame, HEADER_BYTES, makeFrame, sealFrame } from './frame'
import { FRAME } from './frame-types'
import { LOG_FRAME_BYTES_MAX, LOG_MESSAGE_BYTES_MAX, LOG_PART_BYTES } from './limits'
import { readTerm } from './numbers'
import { ProtocolError } from './protocol-error'
import { readText, TEXT_HEADER_BYTES, textBytesMax, textSpan, writeText } from './text'

const RUN_BYTES = 13
const COUNT_BYTES = 4
const KINDS: readonly EntryKind[] = ['noop', 'command', 'configuration']

/** Frames in order; together they are one block. Shared between connections: never written to. */
export interface Block {
  readonly frames: readonly Buffer[]
  readonly bytes: number
}

export function encodeEntries(entries: readonly Entry[]): Block {
  let runs = 0
  let term = -1
  let kind: EntryKind | null = null
  let room = 2 * COUNT_BYTES
  for (const entry of entries) {
    if (entry.term !== term || entry.kind !== kind) {
      runs++
      term = entry.term
      kind = entry.kind
    }
    room += textBytesMax(entry.data)
  }
  room += runs * RUN_BYTES
  const frame = allocateFrame(room)
  let offset = frame.writeUInt32BE(runs, HEADER_BYTES)
  for (let from = 0; from < entries.length;) {
    const first = entries[from]!
    let to = from + 1
    while (to < entries.length && entries[to]!.term === first.term && entries[to]!.kind === first.kind) to++
    offset = frame.writeUInt32BE(to - from, offset)
    offset = frame.writeDoubleBE(first.term, offset)
    offset = frame.writeUInt8(KINDS.indexOf(first.kind), offset)
    from = to
  }
  offset = frame.writeUInt32BE(entries.length, offset)
  for (const entry of entries) offset = writeText(frame, offset, entry.data)
  return seal(frame, offset)
}

export function encodeCommands(commands: readonly string[]): Block {
  let room = 2 * COUNT_BYTES
  for (const command of commands) room += textBytesMax(command)
  const frame = allocateFrame(room)
  let offset = frame.writeUInt32BE(0, HEADER_BYTES)
  offset = frame.writeUInt32BE(commands.length, offset)
  for (const command of commands) offset = writeText(frame, offset, command)
  return seal(frame, offset)
}

function seal(room: Buffer, end: number): Block {
  const bytes = end - HEADER_BYTES
  if (bytes <= LOG_FRAME_BYTES_MAX) {
    const frame = sealFrame(FRAME.block, room.subarray(0, end))
    return { frames: [frame], bytes: frame.length }
  }
  const frames: Buffer[] = []
  for (let start = HEADER_BYTES; start < end; start += LOG_PART_BYTES) {
    const stop = Math.min(start + LOG_PART_BYTES, end)
    frames.push(makeFrame(stop === end ? FRAME.block : FRAME.blockPart, room.subarray(start, stop)))
  }
  return { frames, bytes: bytes + frames.length * HEADER_BYTES }
}

/** Whether a block fits what a receiver takes. */
export const fits = (block: Block): boolean => block.bytes <= LOG_MESSAGE_BYTES_MAX

/** @throws ProtocolError */
export function decodeEntries(block: Buffer, prevLogIndex: LogIndex): Entry[] {
  const runs = countAt(block, 0, RUN_BYTES)
  const afterRuns = COUNT_BYTES + runs * RUN_BYTES
  const count = countAt(block, afterRuns, TEXT_HEADER_BYTES)
  const entries: Entry[] = []
  let offset = afterRuns + COUNT_BYTES
  let index: number = prevLogIndex
  for (let run = 0; run < runs; run++) {
    const at = COUNT_BYTES + run * RUN_BYTES
    const length = block.readUInt32BE(at)
    const term: Term = readTerm(block, at + 4)
    const kind = KINDS[block.readUInt8(at + 12)]
    if (kind === undefined) throw new ProtocolError('an entry of an unknown kind')
    if (length === 0 || length > count - entries.length) throw new ProtocolError('runs and entries do not agree')
    for (let i = 0; i < length; i++) {
      const span = textSpan(block, offset)
      entries.push({ index: asIndex(++index), term, kind, data: readText(block, offset, span) })
      offset += span
    }
  }
  if (entries.length !== count || offset !== block.length) throw new ProtocolError('runs and entries do not agree')
  if (!Number.isSafeInteger(index)) throw new ProtocolError('a log index out of range')
  return entries
}

/** @throws ProtocolError */
export function decodeCommands(block: Buffer): string[] {
  if (countAt(block, 0, RUN_BYTES) !== 0) throw new ProtocolError('commands with terms')
  const count = countAt(block, COUNT_BYTES, TEXT_HEADER_BYTES)
  const commands: string[] = []
  let offset = 2 * COUNT_BYTES
  for (let i = 0; i < count; i++) {
    const span = textSpan(block, offset)
    commands.push(readText(block, offset, span))
    offset += span
  }
  if (offset !== block.length) throw new ProtocolError('a block is longer than its content')
  return commands
}

/** A count of things of at least `itemBytes` each, which must lie behind it. */
function countAt(block: Buffer, offset: number, itemBytes: number): number {
  if (offset + COUNT_BYTES > block.length) throw new ProtocolError('a block is cut short')
  const count = block.readUInt32BE(offset)
  if (count * itemBytes > block.length - offset - COUNT_BYTES) throw new ProtocolError('a block is cut short')
  return count
}

/** Puts a block that came in several frames together again, and holds it for the frame that uses it. */
export class BlockAssembly {
  #parts: Buffer[] = []
  #bytes = 0
  #whole: Buffer | null = null

  add(payload: Buffer, last: boolean): void {
    if (this.#whole !== null) throw new ProtocolError('a block that nothing used')
    this.#bytes += payload.length
    if (this.#bytes > LOG_MESSAGE_BYTES_MAX) throw new ProtocolError('a message beyond all bounds')
    if (last && this.#parts.length === 0) this.#whole = payload
    else {
      this.#parts.push(payload)
      if (last) this.#whole = Buffer.concat(this.#parts, this.#bytes)
    }
    if (last) {
      this.#parts = []
      this.#bytes = 0
    }
  }

  take(): Buffer {
    const whole = this.#whole
    if (whole === null) throw new ProtocolError('a block is missing')
    this.#whole = null
    return whole
  }

  /** Called for every frame that uses no block. */
  expectNone(): void {
    if (this.#whole !== null || this.#parts.length > 0) throw new ProtocolError('a block that nothing used')
  }
}

const CACHED_BLOCKS = 4
const CACHED_BLOCK_BYTES_MAX = 1024 * 1024

/**
 * The last blocks encoded, so that the same entries for several peers are encoded once. Entries are never
 * changed, and between the same first and the same last entry of one log lie the same entries.
 */
export class BlockCache {
  #kept: { readonly first: Entry; readonly last: Entry; readonly count: number; readonly block: Block }[] = []

  encode(entries: readonly Entry[]): Block {
    const first = entries[0]!
    const last = entries[entries.length - 1]!
    for (const kept of this.#kept)
      if (kept.first === first && kept.last === last && kept.count === entries.length) return kept.block
    const block = encodeEntries(entries)
    if (block.bytes <= CACHED_BLOCK_BYTES_MAX) {
      if (this.#kept.length === CACHED_BLOCKS) this.#kept.shift()
      this.#kept.push({ first, last, count: entries.length, block })
    }
    return block
  }

  clear(): void {
    if (this.#kept.length > 0) this.#kept = []
  }
}

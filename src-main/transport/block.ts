/**
 * The bulky part of a message: entries of AppendEntries, or commands of a Forward. It travels in frames of its
 * own before the small frame that uses it, so that it is encoded and checksummed once for all peers.
 *
 * Layout: number of runs (u32); per run of entries with equal term and kind: count (u32), term (f64), kind (u8);
 * the texts. Commands have no runs.
 */
import { asIndex, type Entry, type EntryKind, type LogIndex, type Term } from '../raft/types'
import { HEADER_BYTES, makeFrame, sealFrame } from './frame'
import { FRAME } from './frame-types'
import { LOG_FRAME_BYTES_MAX, LOG_MESSAGE_BYTES_MAX, LOG_PART_BYTES } from './limits'
import { readTerm } from './numbers'
import { ProtocolError } from './protocol-error'
import { decodeTexts, encodeTexts } from './texts'

const RUN_BYTES = 13
const COUNT_BYTES = 4
const KINDS: readonly EntryKind[] = ['noop', 'command', 'configuration']

/** Frames in order; together they are one block. Shared between connections: never written to. */
export interface Block {
  readonly frames: readonly Buffer[]
  readonly bytes: number
}

export function encodeEntries(entries: readonly Entry[]): Block {
  const texts: string[] = []
  const runs: { count: number; readonly first: Entry }[] = []
  let run: { count: number; readonly first: Entry } | null = null
  for (const entry of entries) {
    if (run === null || entry.term !== run.first.term || entry.kind !== run.first.kind) {
      run = { count: 0, first: entry }
      runs.push(run)
    }
    run.count++
    texts.push(entry.data)
  }
  const frame = encodeTexts(HEADER_BYTES + COUNT_BYTES + runs.length * RUN_BYTES, texts)
  let offset = frame.writeUInt32BE(runs.length, HEADER_BYTES)
  for (const { count, first } of runs) {
    offset = frame.writeUInt32BE(count, offset)
    offset = frame.writeDoubleBE(first.term, offset)
    offset = frame.writeUInt8(KINDS.indexOf(first.kind), offset)
  }
  return seal(frame)
}

export function encodeCommands(commands: readonly string[]): Block {
  const frame = encodeTexts(HEADER_BYTES + COUNT_BYTES, commands)
  frame.writeUInt32BE(0, HEADER_BYTES)
  return seal(frame)
}

/** @param room a header's room and the block */
function seal(room: Buffer): Block {
  const end = room.length
  const bytes = end - HEADER_BYTES
  if (bytes <= LOG_FRAME_BYTES_MAX) return { frames: [sealFrame(FRAME.block, room)], bytes: end }
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
  const runs = runsOf(block)
  const texts = decodeTexts(block, COUNT_BYTES + runs * RUN_BYTES)
  const entries: Entry[] = []
  let index: number = prevLogIndex
  for (let run = 0; run < runs; run++) {
    const at = COUNT_BYTES + run * RUN_BYTES
    const end = entries.length + block.readUInt32BE(at)
    const term: Term = readTerm(block, at + 4)
    const kind = KINDS[block.readUInt8(at + 12)]
    if (kind === undefined) throw new ProtocolError('an entry of an unknown kind')
    if (end === entries.length || end > texts.length) throw new ProtocolError('runs and entries do not agree')
    for (let i = entries.length; i < end; i++) entries.push({ index: asIndex(++index), term, kind, data: texts[i]! })
  }
  if (entries.length !== texts.length) throw new ProtocolError('runs and entries do not agree')
  if (!Number.isSafeInteger(index)) throw new ProtocolError('a log index out of range')
  return entries
}

/** @throws ProtocolError */
export function decodeCommands(block: Buffer): string[] {
  if (runsOf(block) !== 0) throw new ProtocolError('commands with terms')
  return decodeTexts(block, COUNT_BYTES)
}

function runsOf(block: Buffer): number {
  if (block.length < COUNT_BYTES) throw new ProtocolError('a block is cut short')
  const runs = block.readUInt32BE(0)
  if (runs * RUN_BYTES > block.length - COUNT_BYTES) throw new ProtocolError('a block is cut short')
  return runs
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

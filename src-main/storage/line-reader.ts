/**
 * Reads a file line by line in pieces. Each piece is one operation of the disk, so the event loop runs in
 * between: no piece holds it longer than working on PIECE_BYTES takes, unless one line is larger.
 */
import type { DiskFile } from './disk'
import { NEWLINE } from './checked-line'

const PIECE_BYTES = 256 * 1024

export interface Line {
  /** Without its newline. */
  readonly bytes: Buffer
  readonly offset: number
}

/** The lines from `from` on that end in a newline, by the pieces they end in. */
export async function* lineBatches(file: DiskFile, from = 0): AsyncGenerator<readonly Line[]> {
  let carried: Buffer[] = []
  let offset = from
  let position = from
  for (;;) {
    const piece = await file.read(position, PIECE_BYTES)
    const lines: Line[] = []
    let start = 0
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, start)) {
      const rest = piece.subarray(start, end)
      const bytes = carried.length === 0 ? rest : Buffer.concat([...carried, rest])
      lines.push({ bytes, offset })
      carried = []
      start = end + 1
      offset = position + start
    }
    if (start < piece.length) carried.push(piece.subarray(start))
    position += piece.length
    yield lines
    if (piece.length < PIECE_BYTES) return
  }
}

/** Everything from `offset` to the end. */
export const readRest = async (file: DiskFile, offset: number): Promise<Buffer> =>
  file.read(offset, Math.max(0, (await file.size()) - offset))

/**
 * Reads a file line by line in pieces. Each piece is one operation of the disk, so the event loop runs in
 * between: no piece holds it longer than parsing PIECE_BYTES takes, unless one line is larger.
 */
import type { DiskFile } from './disk'
import { NEWLINE } from './checked-line'

export const PIECE_BYTES = 512 * 1024

/**
 * Calls `visit` with each line that ends in a newline (without it) and its offset, until it returns false.
 * Returns the offset of the first byte that no accepted line covers.
 */
export const readLines = async (
  file: DiskFile,
  visit: (line: Buffer, offset: number) => boolean,
  from = 0
): Promise<number> => {
  let carried: Buffer[] = []
  let lineStart = from
  let position = from
  for (;;) {
    const piece = await file.read(position, PIECE_BYTES)
    let start = 0
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, start)) {
      const rest = piece.subarray(start, end)
      const line = carried.length === 0 ? rest : Buffer.concat([...carried, rest])
      carried = []
      start = end + 1
      if (!visit(line, lineStart)) return lineStart
      lineStart = position + start
    }
    if (start < piece.length) carried.push(piece.subarray(start))
    position += piece.length
    if (piece.length < PIECE_BYTES) return lineStart
  }
}

/** Everything from `offset` to the end. */
export const readRest = async (file: DiskFile, offset: number): Promise<Buffer> =>
  file.read(offset, Math.max(0, (await file.size()) - offset))

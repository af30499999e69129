/**
 * A file that does nothing but take space, given up when the disk is full: then a restart has room to recover
 * and to take its next steps, even if nobody frees anything.
 */
import { join } from 'node:path'
import { isDiskFull, type Disk } from './disk'

const NAME = 'ballast'
export const BALLAST_BYTES = 8 * 1024 * 1024
/** The ballast is only taken from a disk that has this many times its size to spare. */
const SPARE_FACTOR = 4
const PIECE_BYTES = 256 * 1024

/** A disk without room for it, by its own account or by a quota it did not mention, is no error. */
export const ensureBallast = async (disk: Disk, dir: string, bytes: number): Promise<void> => {
  if (bytes === 0) return
  const path = join(dir, NAME)
  const names = await disk.list(dir)
  if (names.includes(NAME)) {
    const present = await disk.open(path, 'read')
    const size = await present.size()
    await present.close()
    if (size >= bytes) return
    await disk.unlink(path)
  }
  if ((await disk.freeBytes(dir)) < bytes * SPARE_FACTOR) return
  const file = await disk.create(path)
  try {
    // Not zeros: some file systems keep those without space.
    const piece = Buffer.alloc(PIECE_BYTES, 'ballast ')
    for (let at = 0; at < bytes; at += piece.length) await file.write(piece.subarray(0, bytes - at), at)
  } catch (error) {
    if (!isDiskFull(error)) throw error
    await disk.unlink(path)
  } finally {
    await file.close()
  }
}

/** Gives the space back; resolves either way, since the caller is failing already. */
export const dropBallast = async (disk: Disk, dir: string): Promise<void> => {
  try {
    await disk.unlink(join(dir, NAME))
  } catch {
    return
  }
}

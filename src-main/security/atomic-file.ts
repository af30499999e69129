/**
 * Replaces a small file as a whole: after a power cut it holds the old content or the new, never a part.
 * Synchronous, because it serves start-up and rare events, and two writers must not interleave.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Durable on return. `mode` applies to the new file, whatever the old one had. */
export function replaceFile(path: string, content: string, mode: number): void {
  const draft = `${path}.draft`
  rmSync(draft, { force: true })
  const file = openSync(draft, 'wx', mode)
  try {
    const bytes = Buffer.from(content)
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
  syncFolder(dirname(path))
}

/** Makes renames and removals in `folder` durable. */
export function syncFolder(folder: string): void {
  // Windows cannot sync a folder; NTFS journals its names.
  if (process.platform === 'win32') return
  const file = openSync(folder, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

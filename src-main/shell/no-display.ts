/**
 * A headless node never opens a display. On Linux, Electron chooses its display before any script runs and dies
 * where there is none, so the process begins anew, in place (same pid), with one that needs no screen. The same
 * code would run with ELECTRON_RUN_AS_NODE, but packaged apps have that fuse blown. Never imports electron.
 */
import { join } from 'node:path'
import type { Config } from '../config'

const WITHOUT_SCREEN = ['--ozone-platform=headless', '--disable-gpu', '--disable-software-rasterizer']

/** Returns only where nothing had to change. Must run in the first turn of the entry. */
export function leaveDisplay({ dataDir }: Pick<Config, 'dataDir'>): void {
  if (process.platform !== 'linux' || process.argv.includes(WITHOUT_SCREEN[0]!)) return
  const [, ...args] = process.argv
  // What Chromium keeps stays apart from what the node keeps.
  const folder = `--user-data-dir=${join(dataDir, 'window')}`
  process.execve?.(process.execPath, [process.execPath, ...WITHOUT_SCREEN, folder, ...args], process.env)
}

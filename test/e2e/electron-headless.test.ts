/** `electron . --no-gui`: the node of the desktop app without its window. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asRoot, DataFolder, electron, root, runHeadless } from './support/desktop-app'

describe('Electron without a window', () => {
  it.each(['with a display', 'without a display'])('serves and ends in order %s', async (how) => {
    const folder = new DataFolder()
    const env: NodeJS.ProcessEnv = { ...folder.env }
    if (how === 'without a display') {
      delete env.DISPLAY
      delete env.WAYLAND_DISPLAY
    }
    try {
      expect(await runHeadless([electron, ...asRoot, root], folder, env)).toBe(0)
      expect(folder.file().pid).toBeNull()
      expect(readdirSync(folder.path).filter((name) => name.startsWith('LOCK'))).toEqual([])
      // Chromium has left nothing where the user's other programs keep their settings.
      expect(existsSync(join(folder.parent, 'config'))).toBe(false)
    } finally {
      folder.remove()
    }
  })
})

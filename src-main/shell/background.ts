/** A headless node inside Electron: nothing of it is seen, and the system's wish to quit ends it in order. */
import { join } from 'node:path'
import { app } from 'electron'
import type { Config } from '../config'

export function runInBackground({ dataDir }: Pick<Config, 'dataDir'>): void {
  app.setPath('userData', join(dataDir, 'window'))
  app.setActivationPolicy?.('prohibited')
  app.on('before-quit', (event) => {
    // Before the node listens there is nothing to end.
    if (process.emit('SIGTERM')) event.preventDefault()
  })
}

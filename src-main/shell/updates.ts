/** Updates by itself: off until somebody switches it on; until then nothing of it is loaded, and nothing is asked. */
import { app } from 'electron'
import type { NodeLogger } from '../logging'

const CHECK_EVERY_MS = 6 * 60 * 60 * 1_000

export interface UpdatesOptions {
  readonly log: NodeLogger
  enabled(): boolean
  onReady(version: string): void
}

/** A folder that was built or unpacked by hand has nothing to install an update into. */
export const canUpdate = (): boolean => app.isPackaged && (process.platform !== 'linux' || 'APPIMAGE' in process.env)

export class Updates {
  private timer: NodeJS.Timeout | null = null

  constructor(private readonly options: UpdatesOptions) {}

  /** At the start, and whenever the setting has changed. */
  apply(): void {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
    if (!canUpdate() || !this.options.enabled()) return
    this.timer = setInterval(() => void this.check(), CHECK_EVERY_MS)
    void this.check()
  }

  private async check(): Promise<void> {
    const { log, onReady } = this.options
    try {
      const { autoUpdater } = (await import('electron-updater')).default
      autoUpdater.logger = null
      autoUpdater.autoDownload = true
      autoUpdater.autoInstallOnAppQuit = true
      autoUpdater.removeAllListeners('update-downloaded')
      autoUpdater.on('update-downloaded', ({ version }) => onReady(version))
      await autoUpdater.checkForUpdates()
    } catch (error) {
      log.warn({ event: 'update_check_failed', err: error }, 'The check for an update failed; it is tried again later.')
    }
  }
}

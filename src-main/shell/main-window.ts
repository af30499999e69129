/** The app's one window over its life: made, shown, hidden instead of closed, spoken to, brought back when it fails. */
import type { BrowserWindow } from 'electron'
import type { NodeLogger } from '../logging'
import { CHANNEL } from './channels'
import type { PreferencesFile } from './preferences'
import { createWindow, rememberWindow } from './window'

/** A page that dies more often than this within a minute is left dead. */
const RELOADS_MAX = 3
const RELOADS_FORGOTTEN_MS = 60_000

export interface MainWindowOptions {
  readonly log: NodeLogger
  readonly preferences: PreferencesFile
  /** The window is about to be hidden because somebody closed it. */
  onClosed(): void
  /** Closing it is part of the app's end. */
  quitting(): boolean
}

export class MainWindow {
  private window: BrowserWindow | null = null
  private reloads: number[] = []

  constructor(private readonly options: MainWindowOptions) {}

  open(hidden: boolean): void {
    const { log, preferences, quitting, onClosed } = this.options
    const window = createWindow(preferences, { hidden })
    this.window = window
    window.on('close', (event) => {
      if (quitting()) return
      event.preventDefault()
      this.remember()
      window.hide()
      onClosed()
    })
    window.on('closed', () => (this.window = null))
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      if (reason === 'clean-exit' || quitting()) return
      log.error({ event: 'page_crashed', reason, exit_code: exitCode }, 'The window’s page crashed.')
      const now = performance.now()
      this.reloads = [...this.reloads.filter((at) => now - at < RELOADS_FORGOTTEN_MS), now]
      // Not in this turn: Chromium is still clearing up after the dead page.
      if (this.reloads.length <= RELOADS_MAX) setImmediate(() => window.isDestroyed() || window.webContents.reload())
    })
  }

  show(): void {
    if (!this.window) return this.open(false)
    if (this.window.isMinimized()) this.window.restore()
    this.window.show()
    this.window.focus()
  }

  /** Where the window is now, for the next start. */
  remember(): void {
    if (this.window?.isVisible()) rememberWindow(this.window, this.options.preferences)
  }

  /** Shows the window and has the page carry out a command of the menu, the tray or a notification. */
  command(command: string): void {
    this.tell(CHANNEL.command, command)
  }

  joinLink(invite: string): void {
    this.tell(CHANNEL.joinLink, invite)
  }

  private tell(channel: string, text: string): void {
    this.show()
    const contents = this.window!.webContents
    // The preload keeps it until the page listens; before that there is nobody to keep it.
    if (contents.isLoadingMainFrame()) contents.once('did-finish-load', () => contents.send(channel, text))
    else contents.send(channel, text)
  }
}

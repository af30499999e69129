/** The desktop app: the node in its thread, a window on it, and a place in the tray. Built in order, ended in reverse. */
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { app, dialog, powerMonitor, powerSaveBlocker, session, type BrowserWindow } from 'electron'
import type { Config } from '../config'
import { createLogger } from '../logging'
import { registerAppScheme, serveApp } from './app-protocol'
import { Bridge } from './bridge'
import { CHANNEL } from './channels'
import { joinLinkIn, registerDeepLinks } from './deep-link'
import { registerIpc, startsHidden } from './ipc'
import { setMenu } from './menu'
import type { FromWorker } from './messages'
import { NodeThread } from './node-thread'
import { notify, notifyOf } from './notifications'
import { PreferencesFile } from './preferences'
import { restrictContents, restrictSession } from './security'
import { TrayIcon } from './tray'
import { createWindow, preloadPath } from './window'

export function runShell(config: Config): void {
  // What Chromium keeps stays apart from what the node keeps.
  const windowData = join(config.dataDir, 'window')
  mkdirSync(windowData, { recursive: true })
  app.setPath('userData', windowData)
  if (!app.requestSingleInstanceLock()) return app.quit()
  registerAppScheme()
  restrictContents()
  void app
    .whenReady()
    .then(() => new Shell(config, windowData).start())
    .catch((error: unknown) => {
      process.stderr.write(`raft3d: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      app.exit(1)
    })
}

class Shell {
  private readonly log
  private readonly preferences: PreferencesFile
  private readonly node: NodeThread
  private readonly bridge: Bridge
  private readonly tray: TrayIcon
  private window: BrowserWindow | null = null
  private quitting = false
  /** An invite from a link, until the page can take it. */
  private pendingInvite: string | null

  constructor(config: Config, windowData: string) {
    this.log = createLogger(config)
    this.preferences = new PreferencesFile(join(windowData, 'window.json'))
    this.pendingInvite = joinLinkIn(process.argv)
    this.node = new NodeThread(outFile('main/worker.js'), config, {
      onMessage: (message) => this.onNode(message),
      onCrash: (reason, retryMs) => this.onCrash(reason, retryMs)
    })
    this.bridge = new Bridge((message) => this.node.post(message))
    this.tray = new TrayIcon({
      open: () => this.show(),
      command: (command) => this.command(command),
      quit: () => app.quit()
    })
  }

  start(): void {
    restrictSession(session.defaultSession)
    serveApp(session.defaultSession, outFolder('renderer'), this.bridge)
    registerIpc()
    setMenu({ command: (command) => this.command(command) })
    registerDeepLinks((invite) => this.onInvite(invite))
    app.on('second-instance', (_event, argv) => {
      const invite = joinLinkIn(argv)
      this.show()
      if (invite) this.onInvite(invite)
    })
    app.on('activate', () => this.show())
    // The node lives on in the tray.
    app.on('window-all-closed', () => {})
    app.on('before-quit', (event) => this.onQuit(event))
    powerMonitor.on('suspend', () => void this.node.suspend())
    powerMonitor.on('resume', () => this.node.resume())
    powerSaveBlocker.start('prevent-app-suspension')
    this.tray.show()
    this.node.start()
    this.openWindow(startsHidden(process.argv))
  }

  private openWindow(hidden: boolean): void {
    const window = createWindow(this.preferences, { hidden, preload: preloadPath(outFolder('')) })
    this.window = window
    window.on('close', (event) => {
      if (this.quitting) return
      event.preventDefault()
      window.hide()
      if (this.preferences.get().toldAboutTray) return
      this.preferences.set({ toldAboutTray: true })
      notify('Raft3D keeps running', 'This machine goes on serving the farm. Quit from the tray or the menu.')
    })
    window.on('closed', () => (this.window = null))
    window.webContents.on('did-finish-load', () => {
      if (this.pendingInvite) this.onInvite(this.pendingInvite)
    })
  }

  private show(): void {
    if (!this.window) this.openWindow(false)
    if (this.window?.isMinimized()) this.window.restore()
    this.window?.show()
    this.window?.focus()
  }

  private command(command: string): void {
    this.show()
    this.window?.webContents.send(CHANNEL.command, command)
  }

  private onInvite(invite: string): void {
    this.pendingInvite = invite
    if (!this.window || this.window.webContents.isLoading()) return
    this.pendingInvite = null
    this.show()
    this.window.webContents.send(CHANNEL.joinLink, invite)
  }

  private onNode(message: FromWorker): void {
    switch (message.type) {
      case 'answer':
      case 'chunk':
      case 'end':
        return this.bridge.onAnswer(message)
      case 'summary':
        return this.tray.update(message.summary)
      case 'notice':
        return notifyOf(message.notice, () => this.show())
      case 'failed':
        dialog.showErrorBox('Raft3D cannot start', message.message)
        return app.exit(message.exitCode)
      case 'ready':
      case 'suspended':
      case 'stopped':
        return
    }
  }

  private onCrash(reason: string, retryMs: number): void {
    this.log.error(
      { event: 'node_crashed', reason, retry_ms: retryMs },
      'The node’s thread crashed; it is started again.'
    )
    this.bridge.drop()
    this.tray.update(null)
    notify('The farm node crashed', 'It is being started again; nothing that was acknowledged is lost.')
  }

  /** The first attempt to quit is put off until the node has handed over and flushed. */
  private onQuit(event: Electron.Event): void {
    if (this.quitting) return
    this.quitting = true
    event.preventDefault()
    void this.node.stop().finally(() => {
      this.tray.destroy()
      app.exit(0)
    })
  }
}

/** `out/`, whether this code ends up in the entry or in a chunk beside it. */
function outFolder(name: string): string {
  const out = [resolve(import.meta.dirname, '..'), resolve(import.meta.dirname, '../..')].find((path) =>
    existsSync(join(path, 'renderer'))
  )
  return join(out ?? resolve(import.meta.dirname, '..'), name)
}

const outFile = (name: string): string => outFolder(name)

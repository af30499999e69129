/** The desktop app: the node in its thread, a window on it, and a place in the tray. Built in order, ended in reverse. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, dialog, Menu, powerMonitor, session } from 'electron'
import type { Config } from '../config'
import { createLogger, type NodeLogger } from '../logging'
import { registerAppScheme, serveApp } from './app-protocol'
import { stayAwakeOnMains } from './awake'
import { Bridge } from './bridge'
import { joinLinkIn, registerDeepLinks } from './deep-link'
import { registerIpc } from './ipc'
import { startsHidden } from './login-item'
import { MainWindow } from './main-window'
import { menuTemplate } from './menu'
import type { FromWorker } from './messages'
import { NodeThread } from './node-thread'
import { LOW_STOCK_GRAMS } from './notices'
import { commandOf, notify, textOf } from './notifications'
import { built } from './places'
import { PreferencesFile } from './preferences'
import { restrictContents, restrictSession } from './security'
import { TrayIcon } from './tray'
import { canUpdate, Updates } from './updates'
import { wordsFor, type Words } from './words'

const APP_ID = 'org.raft3d.app'

export function runShell(config: Config): void {
  // What Chromium keeps stays apart from what the node keeps; one app per data folder.
  const windowData = join(config.dataDir, 'window')
  mkdirSync(windowData, { recursive: true })
  app.setPath('userData', windowData)
  if (!app.requestSingleInstanceLock()) return app.quit()
  app.setAppUserModelId(APP_ID)
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
  private readonly log: NodeLogger
  private readonly preferences: PreferencesFile
  private readonly node: NodeThread
  private readonly bridge: Bridge
  private readonly window: MainWindow
  private readonly tray: TrayIcon
  private readonly updates: Updates
  private words: Words
  private quitting = false

  constructor(config: Config, windowData: string) {
    this.log = createLogger(config)
    this.preferences = new PreferencesFile(join(windowData, 'window.json'))
    this.words = wordsFor(this.preferences.get().language ?? app.getLocale())
    const lowStock = () => this.preferences.get().lowStockGrams ?? LOW_STOCK_GRAMS
    this.node = new NodeThread(built('main/worker.js'), config, lowStock, {
      onMessage: (message) => this.onNode(message),
      onCrash: (crash) => this.onCrash(crash)
    })
    this.bridge = new Bridge((message) => this.node.post(message))
    this.window = new MainWindow({
      log: this.log,
      preferences: this.preferences,
      quitting: () => this.quitting,
      onClosed: () => void this.tellThatItGoesOn()
    })
    this.tray = new TrayIcon(this.words, {
      open: () => this.window.show(),
      command: (command) => this.window.command(command),
      quit: () => app.quit()
    })
    this.updates = new Updates({
      log: this.log,
      enabled: () => this.preferences.get().autoUpdate === true,
      onReady: (version) => notify(this.words.notice.updateReady(version), () => this.window.show())
    })
  }

  start(): void {
    restrictSession(session.defaultSession)
    serveApp(session.defaultSession, built('renderer'), this.bridge)
    registerIpc({
      setLanguage: (language) => this.speak(language),
      setLowStock: (grams) => this.warnBelow(grams)
    })
    this.setMenu()
    registerDeepLinks((invite) => this.window.joinLink(invite))
    app.on('second-instance', (_event, argv) => {
      const invite = joinLinkIn(argv)
      if (invite) this.window.joinLink(invite)
      else this.window.show()
    })
    app.on('activate', () => this.window.show())
    // The node lives on in the tray.
    app.on('window-all-closed', () => {})
    app.on('before-quit', (event) => this.onQuit(event))
    powerMonitor.on('suspend', () => void this.node.suspend())
    powerMonitor.on('resume', () => this.node.resume())
    powerMonitor.on('shutdown', () => app.quit())
    stayAwakeOnMains()
    this.tray.show()
    this.node.start()
    this.window.open(startsHidden(process.argv))
    const invite = joinLinkIn(process.argv)
    if (invite) this.window.joinLink(invite)
    this.updates.apply()
  }

  /** The page says which language it speaks whenever it starts. */
  private speak(language: string): void {
    const words = wordsFor(language)
    if (this.preferences.get().language !== language) this.preferences.set({ language })
    if (words === this.words) return
    this.words = words
    this.setMenu()
    this.tray.speak(words)
  }

  /** Said at every start, too. */
  private warnBelow(lowStockGrams: number): void {
    if (this.preferences.get().lowStockGrams === lowStockGrams) return
    this.node.post({ type: 'lowStock', grams: lowStockGrams })
    this.preferences.set({ lowStockGrams })
  }

  private setMenu(): void {
    const template = menuTemplate(
      {
        words: this.words.menu,
        platform: process.platform,
        devTools: !app.isPackaged,
        autoUpdate: canUpdate() ? this.preferences.get().autoUpdate === true : null
      },
      {
        command: (command) => this.window.command(command),
        quit: () => app.quit(),
        setAutoUpdate: (autoUpdate) => {
          this.preferences.set({ autoUpdate })
          this.updates.apply()
        }
      }
    )
    Menu.setApplicationMenu(Menu.buildFromTemplate(template))
  }

  /** Once, in a dialog: not every desktop shows notifications, or a tray. */
  private async tellThatItGoesOn(): Promise<void> {
    if (this.preferences.get().toldAboutTray) return
    this.preferences.set({ toldAboutTray: true })
    const { title, body, keep, quit } = this.words.closed
    const { response } = await dialog.showMessageBox({
      type: 'info',
      title: 'Raft3D',
      message: title,
      detail: body,
      buttons: [keep, quit],
      defaultId: 0,
      cancelId: 0
    })
    if (response === 1) app.quit()
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
        return notify(textOf(message.notice, this.words), () => this.window.command(commandOf(message.notice)))
      case 'failed':
        process.stderr.write(`raft3d: ${message.message}\n`)
        dialog.showErrorBox(this.words.cannotStart, message.message)
        return app.exit(message.exitCode)
      case 'ready':
      case 'suspended':
      case 'stopped':
        return
    }
  }

  private onCrash({ reason, retryMs, inARow }: { reason: string; retryMs: number; inARow: number }): void {
    this.log.error(
      { event: 'node_crashed', reason, retry_ms: retryMs },
      'The node’s thread crashed; it is started again.'
    )
    this.bridge.drop()
    this.tray.update(null)
    if (inARow === 1) notify(this.words.notice.crashed(), () => this.window.show())
  }

  /** Quitting is put off until the node has handed over and flushed. */
  private onQuit(event: Electron.Event): void {
    event.preventDefault()
    if (this.quitting) return
    this.quitting = true
    this.window.remember()
    void this.node.stop().finally(() => {
      this.tray.destroy()
      app.exit(0)
    })
  }
}

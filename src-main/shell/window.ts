/** The one window: where it was last time, sandboxed, hidden rather than closed. */
import { app, BrowserWindow, nativeTheme, screen } from 'electron'
import { UI_ORIGIN } from './app-protocol'
import { built, resource } from './places'
import type { PreferencesFile } from './preferences'

const SIZE = { width: 1280, height: 800 }
const BACKGROUND = { light: '#f6f9fa', dark: '#0d1214' }

export function createWindow(preferences: PreferencesFile, options: { readonly hidden: boolean }): BrowserWindow {
  const { bounds, maximized } = preferences.get()
  const window = new BrowserWindow({
    ...SIZE,
    ...(bounds && isOnScreen(bounds) ? bounds : {}),
    minWidth: 400,
    minHeight: 480,
    show: false,
    title: 'Raft3D',
    icon: resource('icons/256x256.png'),
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload: built('preload/preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      spellcheck: false,
      devTools: !app.isPackaged,
      additionalArguments: [`--raft3d-version=${app.getVersion()}`]
    }
  })
  window.once('ready-to-show', () => {
    if (options.hidden) return
    if (maximized) window.maximize()
    window.show()
  })
  void window.loadURL(`${UI_ORIGIN}/`)
  return window
}

export function rememberWindow(window: BrowserWindow, preferences: PreferencesFile): void {
  preferences.set({ bounds: window.getNormalBounds(), maximized: window.isMaximized() })
}

/** A monitor that was unplugged must not hide the window. */
function isOnScreen({ x, y, width, height }: { x: number; y: number; width: number; height: number }): boolean {
  return screen
    .getAllDisplays()
    .some(
      ({ workArea }) =>
        x < workArea.x + workArea.width - 50 &&
        x + width > workArea.x + 50 &&
        y >= workArea.y - 10 &&
        y < workArea.y + workArea.height - 50 &&
        height > 0
    )
}

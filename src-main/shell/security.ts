/** What pages may not do, whatever they load: leave the app's origin, open windows, embed pages, ask for rights. */
import { app, shell, type Session } from 'electron'
import { UI_ORIGIN } from './app-protocol'
import { isWebAddress } from './ipc'

/** Before the app is ready. */
export function restrictContents(): void {
  // Chromium refuses its sandbox to root, who must say --no-sandbox.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(({ url }) => {
      if (isWebAddress(url)) void shell.openExternal(url)
      return { action: 'deny' }
    })
    const stay = (event: { readonly url: string; preventDefault(): void }): void => {
      if (!event.url.startsWith(`${UI_ORIGIN}/`)) event.preventDefault()
    }
    contents.on('will-navigate', stay)
    contents.on('will-redirect', stay)
    contents.on('will-frame-navigate', stay)
    contents.on('will-attach-webview', (event) => event.preventDefault())
  })
}

/** The page copies invites to the clipboard; it needs no other right. */
const GRANTED = new Set(['clipboard-sanitized-write'])

export function restrictSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, callback) =>
    callback(GRANTED.has(permission) && contents.getURL().startsWith(`${UI_ORIGIN}/`))
  )
  session.setPermissionCheckHandler(
    (_contents, permission, origin) => GRANTED.has(permission) && origin.startsWith(UI_ORIGIN)
  )
  session.setDevicePermissionHandler(() => false)
}

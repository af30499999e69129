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
/** Everything the page needs comes under its own scheme, the node's API too. */
const NETWORK = ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'ftp://*/*', 'file://*/*']

export function restrictSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, callback, { requestingUrl, isMainFrame }) =>
    callback(GRANTED.has(permission) && isMainFrame && requestingUrl.startsWith(`${UI_ORIGIN}/`))
  )
  session.setPermissionCheckHandler((_contents, permission, origin) => GRANTED.has(permission) && isOwnOrigin(origin))
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, callback) => callback({}))
  session.webRequest.onBeforeRequest({ urls: NETWORK }, (_details, callback) => callback({ cancel: true }))
}

const isOwnOrigin = (origin: string): boolean => origin === UI_ORIGIN || origin === `${UI_ORIGIN}/`

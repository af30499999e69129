/** `raft3d://join/…`: opened by the system, by a second start, or on the command line. */
import { app } from 'electron'

const SCHEME = 'raft3d'
const JOIN_LINK = /^raft3d:\/*join\/+[\w-]+\/?$/i

export function joinLinkIn(argv: readonly string[]): string | null {
  return argv.find((arg) => JOIN_LINK.test(arg)) ?? null
}

export function registerDeepLinks(onInvite: (link: string) => void): void {
  // Unpackaged, the system would have to know how to start Electron with this folder: left to the packages.
  if (app.isPackaged) app.setAsDefaultProtocolClient(SCHEME)
  app.on('open-url', (event, url) => {
    event.preventDefault()
    const link = joinLinkIn([url])
    if (link) onInvite(link)
  })
}

/** What the page may ask of the desktop: named functions, never a channel. Shapes: src-renderer/desktop.ts. */
import { contextBridge, ipcRenderer } from 'electron'
import { CHANNEL } from './channels'

const version = process.argv.find((arg) => arg.startsWith('--raft3d-version='))?.split('=')[1] ?? ''
/** What the shell says before the page listens is kept, the last of each kind. */
const waiting = new Map<string, string>()
const listeners = new Map<string, Set<(text: string) => void>>()

for (const channel of [CHANNEL.command, CHANNEL.joinLink]) {
  const heard = new Set<(text: string) => void>()
  listeners.set(channel, heard)
  ipcRenderer.on(channel, (_event, text: string) => {
    if (heard.size === 0) waiting.set(channel, text)
    for (const listener of heard) listener(text)
  })
}

function listen(channel: string, listener: (text: string) => void): () => void {
  const heard = listeners.get(channel)!
  heard.add(listener)
  const early = waiting.get(channel)
  waiting.delete(channel)
  if (early !== undefined) queueMicrotask(() => listener(early))
  return () => void heard.delete(listener)
}

contextBridge.exposeInMainWorld('raft3d', {
  platform: process.platform,
  version,
  openExternal: (url: string): Promise<void> => ipcRenderer.invoke(CHANNEL.openExternal, url),
  getLoginItem: (): Promise<boolean> => ipcRenderer.invoke(CHANNEL.getLoginItem),
  setLoginItem: (on: boolean): Promise<void> => ipcRenderer.invoke(CHANNEL.setLoginItem, on),
  setLanguage: (language: string): Promise<void> => ipcRenderer.invoke(CHANNEL.setLanguage, language),
  setLowStock: (grams: number): Promise<void> => ipcRenderer.invoke(CHANNEL.setLowStock, grams),
  saveFile: (name: string, content: Uint8Array): Promise<boolean> =>
    ipcRenderer.invoke(CHANNEL.saveFile, { name, content }),
  onCommand: (listener: (command: string) => void): (() => void) => listen(CHANNEL.command, listener),
  onJoinLink: (listener: (invite: string) => void): (() => void) => listen(CHANNEL.joinLink, listener)
})

/** What the page may ask of the desktop: named functions, never a channel. Shapes: src-renderer/desktop.ts. */
import { contextBridge, ipcRenderer } from 'electron'
import { CHANNEL } from './channels'

const version = process.argv.find((arg) => arg.startsWith('--raft3d-version='))?.split('=')[1] ?? ''

function listen(channel: string, listener: (text: string) => void): () => void {
  const heard = (_event: unknown, text: string): void => listener(text)
  ipcRenderer.on(channel, heard)
  return () => void ipcRenderer.off(channel, heard)
}

contextBridge.exposeInMainWorld('raft3d', {
  platform: process.platform,
  version,
  openExternal: (url: string): Promise<void> => ipcRenderer.invoke(CHANNEL.openExternal, url),
  getLoginItem: (): Promise<boolean> => ipcRenderer.invoke(CHANNEL.getLoginItem),
  setLoginItem: (on: boolean): Promise<void> => ipcRenderer.invoke(CHANNEL.setLoginItem, on),
  onCommand: (listener: (command: string) => void): (() => void) => listen(CHANNEL.command, listener),
  onJoinLink: (listener: (invite: string) => void): (() => void) => listen(CHANNEL.joinLink, listener)
})

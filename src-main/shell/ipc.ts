/** The page's calls. Each is answered only to the top frame of our own origin, and checks what it is given. */
import { BrowserWindow, ipcMain, shell, type IpcMainInvokeEvent } from 'electron'
import { UI_ORIGIN } from './app-protocol'
import { CHANNEL } from './channels'
import { getLoginItem, setLoginItem } from './login-item'
import { fileToSave, saveFile } from './save-file'

export interface IpcActions {
  setLanguage(language: string): void
  setLowStock(grams: number): void
}

export function registerIpc(actions: IpcActions): void {
  handle(CHANNEL.openExternal, async (url) => {
    if (typeof url !== 'string' || !isWebAddress(url)) throw new Error('Only https links are opened.')
    await shell.openExternal(url)
  })
  handle(CHANNEL.getLoginItem, getLoginItem)
  handle(CHANNEL.setLoginItem, async (on) => {
    if (typeof on !== 'boolean') throw new Error('Expected true or false.')
    await setLoginItem(on)
  })
  handle(CHANNEL.setLanguage, async (language) => {
    if (typeof language !== 'string' || !/^[a-z]{2}$/.test(language)) throw new Error('Expected a language, like de.')
    actions.setLanguage(language)
  })
  handle(CHANNEL.setLowStock, async (grams) => {
    if (typeof grams !== 'number' || !(grams >= 0 && grams < Infinity)) throw new Error('Expected a weight in grams.')
    actions.setLowStock(grams)
  })
  handle(CHANNEL.saveFile, (file, { sender }) => saveFile(fileToSave(file), BrowserWindow.fromWebContents(sender)))
}

export function isWebAddress(text: string): boolean {
  try {
    return new URL(text).protocol === 'https:'
  } catch {
    return false
  }
}

function handle(channel: string, answer: (argument: unknown, event: IpcMainInvokeEvent) => Promise<unknown>): void {
  ipcMain.handle(channel, (event, argument: unknown) => {
    if (!isOwnPage(event)) throw new Error('This is for the app’s own window.')
    return answer(argument, event)
  })
}

function isOwnPage({ senderFrame }: IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame.parent === null && senderFrame.origin === UI_ORIGIN
}

/** Saves what the page made where the person wants it: the system's own dialog, then a file that is whole or not there. */
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { app, dialog, type BrowserWindow } from 'electron'

const NAME_CHARS_MAX = 200
/** As much as a farm's backup may hold, and then some. */
const FILE_BYTES_MAX = 256 * 1024 * 1024

export interface FileToSave {
  /** Proposed; without a folder. */
  readonly name: string
  readonly content: Uint8Array
}

/** @throws where the page sent something else, or too much of it */
export function fileToSave(value: unknown): FileToSave {
  const { name, content } = (typeof value === 'object' && value !== null ? value : {}) as Partial<FileToSave>
  if (typeof name !== 'string' || !(content instanceof Uint8Array)) throw new Error('Expected a name and its content.')
  if (name.length > NAME_CHARS_MAX || !/^[\w][\w .-]*$/.test(name) || name !== basename(name))
    throw new Error('Expected a plain file name.')
  if (content.byteLength > FILE_BYTES_MAX) throw new Error('This is too large to be saved here.')
  return { name, content }
}

/** Resolves to false when the dialog was closed without a choice; rejects as the system does. */
export async function saveFile({ name, content }: FileToSave, window: BrowserWindow | null): Promise<boolean> {
  const options = { defaultPath: join(app.getPath('downloads'), name) }
  const { canceled, filePath } = await (window === null
    ? dialog.showSaveDialog(options)
    : dialog.showSaveDialog(window, options))
  if (canceled || filePath === '') return false
  const unfinished = `${filePath}.part`
  try {
    await writeFile(unfinished, content)
    await rename(unfinished, filePath)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  return true
}

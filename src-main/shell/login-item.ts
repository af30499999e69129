/** Start at login, with the window hidden. Electron knows how on Windows and macOS; elsewhere it is an XDG autostart entry. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { app } from 'electron'

const HIDDEN_FLAG = '--hidden'

/** Started at login: the node runs, the window waits. */
export function startsHidden(argv: readonly string[]): boolean {
  if (argv.includes(HIDDEN_FLAG)) return true
  return process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin
}

export async function getLoginItem(): Promise<boolean> {
  if (process.platform !== 'linux') return app.getLoginItemSettings({ args: [HIDDEN_FLAG] }).openAtLogin
  const entry = await readFile(autostartPath(), 'utf8').catch(() => '')
  return entry !== '' && !/^(Hidden=true|X-GNOME-Autostart-enabled=false)$/m.test(entry)
}

export async function setLoginItem(on: boolean): Promise<void> {
  if (process.platform !== 'linux') return app.setLoginItemSettings({ openAtLogin: on, args: [HIDDEN_FLAG] })
  const path = autostartPath()
  if (!on) return rm(path, { force: true })
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, autostartEntry(command()))
}

function command(): string[] {
  // An AppImage runs from a mount that is gone by the next login.
  const program = process.env.APPIMAGE ?? process.execPath
  return [program, ...(app.isPackaged ? [] : [app.getAppPath()]), HIDDEN_FLAG]
}

function autostartPath(): string {
  const base = process.env.XDG_CONFIG_HOME
  return join(base && isAbsolute(base) ? base : join(homedir(), '.config'), 'autostart', 'raft3d.desktop')
}

function autostartEntry(command: readonly string[]): string {
  return ['[Desktop Entry]', 'Type=Application', 'Name=Raft3D', `Exec=${command.map(quoted).join(' ')}`, ''].join('\n')
}

/** Desktop Entry Specification: quoted, and `\` doubled once more for the string that holds it. */
function quoted(argument: string): string {
  const inQuotes = argument.replaceAll(/["`$\\]/g, '\\$&').replaceAll('%', '%%')
  return `"${inQuotes.replaceAll('\\', '\\\\')}"`
}

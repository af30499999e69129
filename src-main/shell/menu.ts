/** The native menu; its entries and shortcuts are commands that the page carries out. Pure. */
import type { MenuItemConstructorOptions } from 'electron'
import type { Words } from './words'

export interface MenuActions {
  command(name: string): void
  quit(): void
  setAutoUpdate(on: boolean): void
}

export interface MenuOptions {
  readonly words: Words['menu']
  readonly platform: NodeJS.Platform
  readonly devTools: boolean
  /** null: this build cannot update itself. */
  readonly autoUpdate: boolean | null
}

type Entry = MenuItemConstructorOptions

export function menuTemplate({ words, platform, devTools, autoUpdate }: MenuOptions, actions: MenuActions): Entry[] {
  const isMac = platform === 'darwin'
  const separator: Entry = { type: 'separator' }
  const command = (label: string, name: string, accelerator?: string): Entry => ({
    label,
    accelerator,
    click: () => actions.command(name)
  })
  // Electron's roles bring English labels.
  const role = (name: NonNullable<Entry['role']>, label: string): Entry => ({ role: name, label })
  const quit: Entry = { label: words.quit, accelerator: 'CmdOrCtrl+Q', click: () => actions.quit() }

  const appMenu: Entry = {
    label: 'Raft3D',
    submenu: [
      command(words.about, 'about'),
      separator,
      command(words.settings, 'settings', 'Cmd+,'),
      separator,
      role('services', words.services),
      separator,
      role('hide', words.hide),
      role('hideOthers', words.hideOthers),
      role('unhide', words.showAll),
      separator,
      quit
    ]
  }
  const farm: Entry = {
    label: words.farm,
    submenu: [
      command(words.newJob, 'new-job', 'CmdOrCtrl+N'),
      command(words.newPrinter, 'new-printer'),
      command(words.newFilament, 'new-filament'),
      separator,
      command(words.invite, 'invite', 'CmdOrCtrl+I'),
      ...(isMac ? [] : [command(words.settings, 'settings', 'Ctrl+,'), separator, quit])
    ]
  }
  const edit: Entry = {
    label: words.edit,
    submenu: [
      role('undo', words.undo),
      role('redo', words.redo),
      separator,
      role('cut', words.cut),
      role('copy', words.copy),
      role('paste', words.paste),
      role('selectAll', words.selectAll)
    ]
  }
  const view: Entry = {
    label: words.view,
    submenu: [
      command(words.overview, 'overview', 'CmdOrCtrl+1'),
      command(words.jobs, 'jobs', 'CmdOrCtrl+2'),
      command(words.printers, 'printers', 'CmdOrCtrl+3'),
      command(words.filaments, 'filaments', 'CmdOrCtrl+4'),
      command(words.cluster, 'cluster', 'CmdOrCtrl+5'),
      separator,
      command(words.palette, 'palette', 'CmdOrCtrl+K'),
      separator,
      role('reload', words.reload),
      role('zoomIn', words.zoomIn),
      role('zoomOut', words.zoomOut),
      role('resetZoom', words.zoomReset),
      role('togglefullscreen', words.fullScreen),
      ...(devTools ? [role('toggleDevTools', words.devTools)] : [])
    ]
  }
  const window: Entry = {
    label: words.window,
    submenu: [role('minimize', words.minimize), role('close', words.closeWindow)]
  }
  const help: Entry = {
    role: 'help',
    label: words.help,
    submenu: [
      command(words.shortcuts, 'shortcuts'),
      ...(autoUpdate === null
        ? []
        : [
            {
              label: words.autoUpdate,
              type: 'checkbox',
              checked: autoUpdate,
              click: (item) => actions.setAutoUpdate(item.checked)
            } satisfies Entry
          ]),
      command(words.about, 'about')
    ]
  }
  return [...(isMac ? [appMenu] : []), farm, edit, view, window, help]
}

/** The native menu; its entries and shortcuts are commands that the page carries out. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron'

export function setMenu({ command }: { readonly command: (name: string) => void }): void {
  const item = (label: string, name: string, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    accelerator,
    click: () => command(name)
  })
  const isMac = process.platform === 'darwin'
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'Farm',
      submenu: [
        item('New print job', 'new-job', 'CmdOrCtrl+N'),
        item('New printer', 'new-printer'),
        item('New filament', 'new-filament'),
        { type: 'separator' },
        item('Invite a machine', 'invite', 'CmdOrCtrl+I'),
        item('Settings', 'settings', 'CmdOrCtrl+,'),
        { type: 'separator' },
        ...(isMac ? [] : [{ label: 'Quit', accelerator: 'Ctrl+Q', click: () => app.quit() }])
      ]
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        item('Overview', 'overview', 'CmdOrCtrl+1'),
        item('Print jobs', 'jobs', 'CmdOrCtrl+2'),
        item('Printers', 'printers', 'CmdOrCtrl+3'),
        item('Filament', 'filaments', 'CmdOrCtrl+4'),
        item('Cluster', 'cluster', 'CmdOrCtrl+5'),
        { type: 'separator' },
        item('Find or do anything', 'palette', 'CmdOrCtrl+K'),
        { type: 'separator' },
        { role: 'reload' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'resetZoom' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const])
      ]
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [item('Keyboard shortcuts', 'shortcuts'), item('About Raft3D', 'about')] }
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}

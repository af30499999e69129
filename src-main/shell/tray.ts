/** The place in the tray: the cluster's state as an icon and in words, and what is done most. */
import { Menu, nativeImage, Tray, type MenuItemConstructorOptions, type NativeImage } from 'electron'
import offline from '../../resources/tray/offline.png?asset'
import normal from '../../resources/tray/normal.png?asset'
import warning from '../../resources/tray/warning.png?asset'
import type { NodeSummary } from './messages'

export interface TrayActions {
  open(): void
  command(name: string): void
  quit(): void
}

const ICONS = { normal, warning, offline }
export type TrayState = keyof typeof ICONS

export class TrayIcon {
  private tray: Tray | null = null
  private summary: NodeSummary | null = null

  constructor(private readonly actions: TrayActions) {}

  show(): void {
    this.tray = new Tray(image('offline'))
    this.tray.on('click', () => this.actions.open())
    this.update(null)
  }

  /** null: the node is not running. */
  update(summary: NodeSummary | null): void {
    this.summary = summary
    this.tray?.setImage(image(stateOf(summary)))
    this.tray?.setToolTip(`Raft3D: ${wordsOf(summary)}`)
    this.tray?.setContextMenu(Menu.buildFromTemplate(this.template()))
  }

  template(): MenuItemConstructorOptions[] {
    const { actions } = this
    return [
      { label: wordsOf(this.summary), enabled: false },
      ...(this.summary ? [{ label: jobsOf(this.summary), enabled: false }] : []),
      { type: 'separator' },
      { label: 'Open Raft3D', click: () => actions.open() },
      { label: 'New print job', click: () => actions.command('new-job') },
      { label: 'Invite a machine', click: () => actions.command('invite') },
      { type: 'separator' },
      { label: 'Quit', click: () => actions.quit() }
    ]
  }

  destroy(): void {
    this.tray?.destroy()
    this.tray = null
  }
}

export function stateOf(summary: NodeSummary | null): TrayState {
  if (summary === null || !summary.ready) return 'offline'
  return summary.reachable < summary.members ? 'warning' : 'normal'
}

export function wordsOf(summary: NodeSummary | null): string {
  if (summary === null) return 'the node is starting'
  if (!summary.ready) return summary.reason
  if (summary.members === 1) return 'this machine is the whole farm'
  if (summary.reachable < summary.members) return `${summary.reachable} of ${summary.members} machines reachable`
  return `${summary.members} machines, all reachable`
}

const jobsOf = ({ jobs }: NodeSummary): string => `${jobs.running} running, ${jobs.queued} queued`

function image(state: TrayState): NativeImage {
  const icon = nativeImage.createFromPath(ICONS[state])
  icon.setTemplateImage(process.platform === 'darwin')
  return icon
}

/** The place in the tray. Where a desktop shows none, the window comes back by starting the app once more. */
import { join } from 'node:path'
import { Menu, nativeImage, Tray, type NativeImage } from 'electron'
import type { NodeSummary } from './messages'
import { resource } from './places'
import { stateOf, stateText, trayMenu, type TrayActions, type TrayState } from './tray-menu'
import type { Words } from './words'

export class TrayIcon {
  private tray: Tray | null = null
  private summary: NodeSummary | null = null

  constructor(
    private words: Words,
    private readonly actions: TrayActions
  ) {}

  show(): void {
    this.tray = new Tray(image('offline'))
    this.tray.on('click', () => this.actions.open())
    this.update(null)
  }

  /** null: the node is not running. */
  update(summary: NodeSummary | null): void {
    this.summary = summary
    const { tray, words } = this
    if (!tray) return
    tray.setImage(image(stateOf(summary)))
    tray.setToolTip(['Raft3D', summary?.name, stateText(summary, words)].filter(Boolean).join(' · '))
    // A menu that is changed in place is not shown anew on Linux.
    tray.setContextMenu(Menu.buildFromTemplate(trayMenu(summary, words, this.actions)))
  }

  speak(words: Words): void {
    this.words = words
    this.update(this.summary)
  }

  destroy(): void {
    this.tray?.destroy()
    this.tray = null
  }
}

function image(state: TrayState): NativeImage {
  // macOS paints a template image in the colour of its menu bar, so the states differ by shape.
  const isMac = process.platform === 'darwin'
  const icon = nativeImage.createFromPath(resource(join('tray', isMac ? `${state}Template.png` : `${state}.png`)))
  if (isMac) icon.setTemplateImage(true)
  return icon
}

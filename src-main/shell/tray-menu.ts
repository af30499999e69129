/** The cluster's state as the tray shows it: which icon, which words, which entries. Pure. */
import type { MenuItemConstructorOptions } from 'electron'
import type { NodeSummary } from './messages'
import type { Words } from './words'

export interface TrayActions {
  open(): void
  command(name: string): void
  quit(): void
}

export type TrayState = 'normal' | 'warning' | 'offline'

/** null: the node is not running. */
export function stateOf(summary: NodeSummary | null): TrayState {
  if (summary === null || !summary.ready) return 'offline'
  return summary.reachable < summary.members ? 'warning' : 'normal'
}

export function stateText(summary: NodeSummary | null, { tray }: Words): string {
  if (summary === null) return tray.starting
  if (!summary.ready) return tray.unavailable
  if (summary.members === 1) return tray.alone
  return summary.reachable < summary.members
    ? tray.someReachable(summary.reachable, summary.members)
    : tray.allReachable(summary.members)
}

export function trayMenu(
  summary: NodeSummary | null,
  words: Words,
  actions: TrayActions
): MenuItemConstructorOptions[] {
  const { menu, tray } = words
  const says = (label: string): MenuItemConstructorOptions => ({ label, enabled: false })
  return [
    says(stateText(summary, words)),
    ...(summary ? [says(tray.jobs(summary.jobs.running, summary.jobs.queued))] : []),
    { type: 'separator' },
    { label: tray.open, click: () => actions.open() },
    { label: menu.newJob, click: () => actions.command('new-job') },
    { label: menu.invite, click: () => actions.command('invite') },
    { type: 'separator' },
    { label: menu.quit, click: () => actions.quit() }
  ]
}

/** Notices for people, in the language of the system. */
import { app, Notification } from 'electron'
import type { Notice } from './messages'

interface Words {
  readonly title: string
  readonly body: string
}

const EN = {
  jobDone: (n: Extract<Notice, { kind: 'jobDone' }>): Words => ({
    title: 'Print job done',
    body: `${n.file} on ${n.printer}`
  }),
  filamentLow: (n: Extract<Notice, { kind: 'filamentLow' }>): Words => ({
    title: 'Filament runs low',
    body: `${n.filament}: ${Math.round(n.grams)} g left`
  }),
  quorumLost: (n: Extract<Notice, { kind: 'quorumLost' }>): Words => ({
    title: 'Changes cannot be saved at the moment',
    body: n.reason
  }),
  quorumBack: (): Words => ({ title: 'The farm is back', body: 'Changes can be saved again.' }),
  memberJoined: (n: Extract<Notice, { kind: 'memberJoined' }>): Words => ({
    title: 'A machine has joined',
    body: n.name
  }),
  memberLeft: (n: Extract<Notice, { kind: 'memberLeft' }>): Words => ({ title: 'A machine was removed', body: n.name })
}

const DE: typeof EN = {
  jobDone: (n) => ({ title: 'Druckauftrag fertig', body: `${n.file} auf ${n.printer}` }),
  filamentLow: (n) => ({ title: 'Filament geht zur Neige', body: `${n.filament}: noch ${Math.round(n.grams)} g` }),
  quorumLost: (n) => ({ title: 'Änderungen können gerade nicht gespeichert werden', body: n.reason }),
  quorumBack: () => ({ title: 'Die Farm ist wieder da', body: 'Änderungen können wieder gespeichert werden.' }),
  memberJoined: (n) => ({ title: 'Ein Rechner ist beigetreten', body: n.name }),
  memberLeft: (n) => ({ title: 'Ein Rechner wurde entfernt', body: n.name })
}

export function notify(title: string, body: string, onClick?: () => void): void {
  if (!Notification.isSupported()) return
  const notification = new Notification({ title, body })
  if (onClick) notification.on('click', onClick)
  notification.show()
}

export function notifyOf(notice: Notice, onClick: () => void): void {
  const words = (app.getLocale().startsWith('de') ? DE : EN)[notice.kind] as (notice: Notice) => Words
  const { title, body } = words(notice)
  notify(title, body, onClick)
}

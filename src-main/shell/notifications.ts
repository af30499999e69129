/** Notices as the system shows them. */
import { Notification } from 'electron'
import type { Notice } from './messages'
import type { Text, Words } from './words'

export function notify({ title, body }: Text, onClick?: () => void): void {
  if (!Notification.isSupported()) return
  const notification = new Notification({ title, body })
  if (onClick) notification.on('click', onClick)
  notification.show()
}

export function textOf(notice: Notice, { notice: words }: Words): Text {
  switch (notice.kind) {
    case 'jobDone':
      return words.jobDone(notice.file, notice.printer)
    case 'filamentLow':
      return words.filamentLow(notice.name, Math.round(notice.grams))
    case 'memberJoined':
    case 'memberLeft':
      return words[notice.kind](notice.name)
    case 'quorumLost':
    case 'quorumBack':
      return words[notice.kind]()
  }
}

/** The command that shows in the page what a notice speaks of. */
export function commandOf(notice: Notice): string {
  switch (notice.kind) {
    case 'jobDone':
      return `job:${notice.job}`
    case 'filamentLow':
      return `filament:${notice.id}`
    case 'memberJoined':
    case 'memberLeft':
    case 'quorumLost':
    case 'quorumBack':
      return 'cluster'
  }
}

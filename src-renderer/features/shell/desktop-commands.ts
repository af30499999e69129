/** Commands of the desktop's menu, tray and notifications, and its deep links; in a browser there are none. */
import { onBeforeUnmount } from 'vue'
import { useRouter } from 'vue-router'
import { desktop } from '@/desktop'
import { useDialogs } from '@/stores/dialogs'
import { PLACES } from './navigation'

export function useDesktop(): void {
  const dialogs = useDialogs()
  const router = useRouter()

  /** Some name a record after a colon. */
  const run: Readonly<Record<string, (id: string) => unknown>> = {
    'new-job': () => dialogs.show({ kind: 'job' }),
    'new-printer': () => dialogs.show({ kind: 'printer' }),
    'new-filament': () => dialogs.show({ kind: 'filament' }),
    invite: () => dialogs.show({ kind: 'invite' }),
    palette: () => dialogs.show({ kind: 'palette' }),
    shortcuts: () => dialogs.show({ kind: 'shortcuts' }),
    job: (id) => router.push({ name: 'job', params: { id } }),
    filament: (id) => router.push({ name: 'filament', params: { id } }),
    about: () => router.push({ name: 'settings', params: { section: 'about' } }),
    ...Object.fromEntries(PLACES.map(({ name }) => [name, () => router.push({ name })]))
  }
  const stop = [
    desktop?.onCommand?.((command) => {
      const [name = '', ...id] = command.split(':')
      void run[name]?.(id.join(':'))
    }),
    desktop?.onJoinLink?.((invite) => dialogs.show({ kind: 'join', invite }))
  ]
  onBeforeUnmount(() => stop.forEach((off) => off?.()))
}

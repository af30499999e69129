/** Menu, tray and deep-link commands of the desktop window; in a browser there are none. */
import { onBeforeUnmount } from 'vue'
import { useRouter } from 'vue-router'
import { desktop } from '@/desktop'
import { useDialogs } from '@/stores/dialogs'
import { PLACES } from './navigation'

export function useDesktop(): void {
  const dialogs = useDialogs()
  const router = useRouter()

  const run: Readonly<Record<string, () => unknown>> = {
    'new-job': () => dialogs.show({ kind: 'job' }),
    'new-printer': () => dialogs.show({ kind: 'printer' }),
    'new-filament': () => dialogs.show({ kind: 'filament' }),
    invite: () => dialogs.show({ kind: 'invite' }),
    palette: () => dialogs.show({ kind: 'palette' }),
    shortcuts: () => dialogs.show({ kind: 'shortcuts' }),
    about: () => router.push({ name: 'settings', params: { section: 'about' } }),
    ...Object.fromEntries(PLACES.map(({ name }) => [name, () => router.push({ name })]))
  }
  const stop = [
    desktop?.onCommand?.((command) => void run[command]?.()),
    desktop?.onJoinLink?.((invite) => dialogs.show({ kind: 'join', invite }))
  ]
  onBeforeUnmount(() => stop.forEach((off) => off?.()))
}

/** Keys that work everywhere outside of text fields; the help dialog lists the same table. */
import { onBeforeUnmount, onMounted } from 'vue'
import { useRouter } from 'vue-router'
import { useDialogs } from '@/stores/dialogs'
import { useSession } from '@/stores/session'
import { PLACES } from './navigation'

/** Time between `g` and its second key. */
const SEQUENCE_MS = 1_200

/** Key caps and the locale key of what they do, for the help. `mod` is ⌘ or Ctrl. */
export const SHORTCUTS: readonly { readonly keys: readonly string[]; readonly label: string }[] = [
  { keys: ['mod', 'K'], label: 'shortcuts.palette' },
  { keys: ['/'], label: 'shortcuts.search' },
  { keys: ['N'], label: 'shortcuts.newJob' },
  { keys: ['?'], label: 'shortcuts.help' },
  ...PLACES.map(({ key, label }) => ({ keys: ['G', key.toUpperCase()], label })),
  { keys: ['↑', '↓'], label: 'shortcuts.rows' },
  { keys: ['Enter'], label: 'shortcuts.open' },
  { keys: ['Space'], label: 'shortcuts.select' },
  { keys: ['Esc'], label: 'shortcuts.close' }
]

export function useShortcuts(): void {
  const router = useRouter()
  const dialogs = useDialogs()
  const session = useSession()
  let awaitingPlaceUntil = 0

  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || session.tokenWanted) return
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      return void dialogs.show({ kind: 'palette' })
    }
    if (
      event.metaKey ||
      event.ctrlKey ||
      event.altKey ||
      typing(event.target) ||
      dialogs.open ||
      document.querySelector('[role=dialog]')
    )
      return
    if (performance.now() < awaitingPlaceUntil) {
      awaitingPlaceUntil = 0
      const place = PLACES.find(({ key }) => key === event.key.toLowerCase())
      if (place) void router.push({ name: place.name })
      return
    }
    if (event.key === 'g') awaitingPlaceUntil = performance.now() + SEQUENCE_MS
    else if (event.key === '?') dialogs.show({ kind: 'shortcuts' })
    else if (event.key === 'n' && session.mayChange) dialogs.show({ kind: 'job' })
    else if (event.key === '/') document.querySelector<HTMLInputElement>('input[data-search]')?.focus()
    else return
    event.preventDefault()
  }

  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey))
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
  )
}

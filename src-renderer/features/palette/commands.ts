/** What the palette offers besides records: places and actions. */
import { BookOpen, Keyboard, Languages, Moon, Plus, Printer, Sun, UserPlus } from '@lucide/vue'
import { computed, type Component } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { desktop } from '@/desktop'
import { useDialogs } from '@/stores/dialogs'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'
import SpoolIcon from '@/ui/SpoolIcon.vue'
import { PLACES } from '../shell/navigation'

export interface Command {
  readonly id: string
  readonly icon: Component
  readonly label: string
  readonly note?: string
  readonly keys?: readonly string[]
  readonly run: () => unknown
}

export function useCommands() {
  const { t } = useI18n()
  const router = useRouter()
  const dialogs = useDialogs()
  const preferences = usePreferences()
  const session = useSession()

  const places = computed<readonly Command[]>(() =>
    PLACES.map(({ name, label, icon, key }) => ({
      id: `go-${name}`,
      icon,
      label: t('palette.goTo', { place: t(label) }),
      keys: ['G', key.toUpperCase()],
      run: () => router.push({ name })
    }))
  )

  const actions = computed<readonly Command[]>(() => [
    ...(session.mayChange
      ? [
          { id: 'job', icon: Plus, label: t('job.new'), keys: ['N'], run: () => dialogs.show({ kind: 'job' }) },
          { id: 'printer', icon: Printer, label: t('printer.new'), run: () => dialogs.show({ kind: 'printer' }) },
          { id: 'filament', icon: SpoolIcon, label: t('filament.new'), run: () => dialogs.show({ kind: 'filament' }) }
        ]
      : []),
    ...(session.mayAdmin
      ? [{ id: 'invite', icon: UserPlus, label: t('invite.title'), run: () => dialogs.show({ kind: 'invite' }) }]
      : []),
    {
      id: 'theme',
      icon: preferences.dark ? Sun : Moon,
      label: t(preferences.dark ? 'palette.light' : 'palette.dark'),
      run: () => (preferences.theme = preferences.dark ? 'light' : 'dark')
    },
    {
      id: 'language',
      icon: Languages,
      label: t('palette.otherLanguage'),
      run: () => (preferences.language = preferences.language === 'en' ? 'de' : 'en')
    },
    {
      id: 'keys',
      icon: Keyboard,
      label: t('shortcuts.title'),
      keys: ['?'],
      run: () => dialogs.show({ kind: 'shortcuts' })
    },
    ...(desktop
      ? []
      : [
          {
            id: 'docs',
            icon: BookOpen,
            label: t('palette.docs'),
            run: () => window.open('/api/v1/docs', '_blank', 'noopener')
          }
        ])
  ])

  return { places, actions }
}

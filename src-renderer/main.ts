import { createPinia } from 'pinia'
import { createApp, watch } from 'vue'
import App from './App.vue'
import { desktop } from './desktop'
import { i18n, speak } from './i18n'
import { router } from './router'
import { usePreferences, type Language } from './stores/preferences'
import './styles/main.css'

/** After an update of the node, files that an open page still names are gone; a fresh page knows the new ones. */
const RELOAD_PAUSE_MS = 10_000

function reloadWhenUpdated(): void {
  const loadedAt = performance.now()
  window.addEventListener('vite:preloadError', (event) => {
    if (performance.now() - loadedAt < RELOAD_PAUSE_MS) return
    event.preventDefault()
    location.reload()
  })
}

/** The window's menu and tray follow; an older shell keeps its own language. */
async function tell(language: Language): Promise<void> {
  void desktop?.setLanguage?.(language)
  await speak(language)
}

async function start(): Promise<void> {
  const app = createApp(App).use(createPinia()).use(i18n).use(router)
  const preferences = usePreferences()
  await tell(preferences.language)
  watch(() => preferences.language, tell)
  watch(
    () => preferences.lowStockGrams,
    (grams) => void desktop?.setLowStock?.(grams),
    { immediate: true }
  )
  reloadWhenUpdated()
  app.mount('#app')
}

void start()

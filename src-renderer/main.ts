import { createPinia } from 'pinia'
import { createApp, watch } from 'vue'
import App from './App.vue'
import { i18n, speak } from './i18n'
import { router } from './router'
import { usePreferences } from './stores/preferences'
import './styles/main.css'

async function start(): Promise<void> {
  const app = createApp(App).use(createPinia()).use(i18n).use(router)
  const preferences = usePreferences()
  await speak(preferences.language)
  watch(() => preferences.language, speak)
  app.mount('#app')
}

void start()

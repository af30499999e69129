/** Texts come from locales/*.json only; one language is loaded, the other when it is chosen. */
import { nextTick } from 'vue'
import { createI18n } from 'vue-i18n'
import type { Language } from '@/stores/preferences'

const LOADERS: Readonly<Record<Language, () => Promise<{ default: Record<string, unknown> }>>> = {
  en: () => import('./locales/en.json'),
  de: () => import('./locales/de.json')
}

export const i18n = createI18n({ legacy: false, locale: 'en', missingWarn: false, fallbackWarn: false, messages: {} })

export async function speak(language: Language): Promise<void> {
  const { global } = i18n
  if (!(global.availableLocales as string[]).includes(language)) {
    global.setLocaleMessage(language, (await LOADERS[language]()).default as never)
  }
  global.locale.value = language as never
  document.documentElement.lang = language
  await nextTick()
}

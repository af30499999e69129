/** Choices of this browser or window; they never leave it. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { useMediaQuery } from '@/ui/media'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]
export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

const KEY = 'raft3d.preferences'

interface Kept {
  theme: Theme
  language: Language
  lowStockGrams: number
  jobsView: 'board' | 'table'
  printersView: 'cards' | 'table'
  filamentsView: 'cards' | 'table'
}

const INITIAL: Kept = {
  theme: 'system',
  language: navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en',
  lowStockGrams: 150,
  jobsView: 'board',
  printersView: 'cards',
  filamentsView: 'cards'
}

function read(): Kept {
  try {
    return { ...INITIAL, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Kept>) }
  } catch {
    return { ...INITIAL }
  }
}

export const usePreferences = defineStore('preferences', () => {
  const kept = ref<Kept>(read())
  const systemDark = useMediaQuery('(prefers-color-scheme: dark)')
  const dark = computed(() => kept.value.theme === 'dark' || (kept.value.theme === 'system' && systemDark.value))

  watch(
    kept,
    (value) => {
      try {
        localStorage.setItem(KEY, JSON.stringify(value))
      } catch {
        // Private windows may refuse storage: the choice then lasts as long as the page.
      }
    },
    { deep: true }
  )
  watch(dark, (on) => document.documentElement.classList.toggle('dark', on), { immediate: true })

  const field = <K extends keyof Kept>(key: K) =>
    computed<Kept[K]>({ get: () => kept.value[key], set: (value) => (kept.value[key] = value) })

  return {
    dark,
    theme: field('theme'),
    language: field('language'),
    lowStockGrams: field('lowStockGrams'),
    jobsView: field('jobsView'),
    printersView: field('printersView'),
    filamentsView: field('filamentsView')
  }
})

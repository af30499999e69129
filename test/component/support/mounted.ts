/** Mounts a component as the app would: with stores, router and English texts. */
import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { TooltipProvider } from 'reka-ui'
import { h, type Component } from 'vue'
import { createI18n } from 'vue-i18n'
import { createMemoryHistory, createRouter } from 'vue-router'
import en from '@/locales/en.json'

const NAMES = ['overview', 'jobs', 'job', 'printers', 'printer', 'filaments', 'filament', 'cluster', 'settings']

export function preparePage(): { readonly global: object } {
  const pinia = createPinia()
  setActivePinia(pinia)
  const i18n = createI18n({ legacy: false, locale: 'en', messages: { en } })
  const empty = { render: () => null }
  const router = createRouter({
    history: createMemoryHistory(),
    routes: NAMES.map((name) => ({
      path: name === 'overview' ? '/' : `/${name}${['job', 'printer', 'filament'].includes(name) ? '/:id' : ''}`,
      name,
      component: empty
    }))
  })
  return { global: { plugins: [pinia, i18n, router] } }
}

export function mounted(component: Component, props: object, page = preparePage()): VueWrapper {
  return mount({ render: () => h(TooltipProvider, () => h(component, props)) }, { ...page, attachTo: document.body })
}

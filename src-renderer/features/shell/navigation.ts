import { LayoutDashboard, LayoutList, Network, Printer, Settings } from '@lucide/vue'
import type { Component } from 'vue'
import SpoolIcon from '@/ui/SpoolIcon.vue'

export interface Place {
  readonly name: string
  readonly label: string
  readonly icon: Component
  /** The second key after `g`. */
  readonly key: string
}

export const PLACES: readonly Place[] = [
  { name: 'overview', label: 'nav.overview', icon: LayoutDashboard, key: 'o' },
  { name: 'jobs', label: 'nav.jobs', icon: LayoutList, key: 'j' },
  { name: 'printers', label: 'nav.printers', icon: Printer, key: 'p' },
  { name: 'filaments', label: 'nav.filaments', icon: SpoolIcon, key: 'f' },
  { name: 'cluster', label: 'nav.cluster', icon: Network, key: 'c' },
  { name: 'settings', label: 'nav.settings', icon: Settings, key: 's' }
]

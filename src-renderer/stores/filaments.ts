import { defineStore } from 'pinia'
import { computed } from 'vue'
import { call } from '@/api/http'
import type { Filament } from '@contract/filaments'
import { createCollection } from './collection'
import { useJobs } from './jobs'
import { usePreferences } from './preferences'
import { createWrites } from './writes'

export interface FilamentDraft {
  readonly name: string
  readonly type: string
  readonly color: string
  readonly total_weight_in_grams: number
  readonly remaining_weight_in_grams: number
}

/** Grams of one roll. `free` is what a new job may still take. */
export interface Stock {
  readonly total: number
  readonly remaining: number
  readonly reserved: number
  readonly free: number
  readonly low: boolean
}

export const useFilaments = defineStore('filaments', () => {
  const records = createCollection<Filament>()
  const { write, erase } = createWrites(records, '/filaments')
  const jobs = useJobs()
  const preferences = usePreferences()

  /** Reservations are the open jobs: summed here, so that they are right at the very moment a job changes. */
  function stock(filament: Filament): Stock {
    const reserved = jobs.openLoaded ? jobs.reservedOn(filament.id) : filament.reserved_weight_in_grams
    const free = Math.max(0, filament.remaining_weight_in_grams - reserved)
    return {
      total: filament.total_weight_in_grams,
      remaining: filament.remaining_weight_in_grams,
      reserved,
      free,
      low: free < preferences.lowStockGrams
    }
  }

  /** All rolls with what they still have to give, the least first. */
  const byFree = computed(() =>
    records.all.value
      .map((filament) => ({ filament, stock: stock(filament) }))
      .sort((a, b) => a.stock.free - b.stock.free)
  )

  return {
    records,
    stock,
    byFree,
    create: (draft: FilamentDraft & { readonly id?: string }) =>
      write(call<Filament>('POST', '/filaments', { body: draft })),
    update: (id: string, draft: Partial<FilamentDraft>) =>
      write(call<Filament>('PATCH', `/filaments/${encodeURIComponent(id)}`, { body: draft })),
    remove: erase
  }
})

export function filamentLabel(filament: Pick<Filament, 'name' | 'type' | 'color'>): string {
  return filament.name?.trim() || `${filament.type} ${filament.color}`
}

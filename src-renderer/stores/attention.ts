/** What someone should look at now, most pressing first. */
import { defineStore } from 'pinia'
import { computed } from 'vue'
import type { Filament } from '@contract/filaments'
import type { Member } from '@contract/cluster'
import type { Printer } from '@contract/printers'
import { useCluster } from './cluster'
import { useFilaments, type Stock } from './filaments'
import { useJobs } from './jobs'
import { usePrinters } from './printers'

export type Concern =
  | { readonly kind: 'machine'; readonly key: string; readonly member: Member }
  | { readonly kind: 'low'; readonly key: string; readonly filament: Filament; readonly stock: Stock }
  | { readonly kind: 'waiting'; readonly key: string; readonly printers: readonly Printer[] }

export const useAttention = defineStore('attention', () => {
  const cluster = useCluster()
  const filaments = useFilaments()
  const printers = usePrinters()
  const jobs = useJobs()

  const machines = computed<readonly Concern[]>(() =>
    cluster.members
      .filter(({ reachable }) => !reachable)
      .map((member) => ({ kind: 'machine', key: `machine-${member.id}`, member }))
  )

  const low = computed<readonly Extract<Concern, { kind: 'low' }>[]>(() =>
    filaments.byFree
      .filter(({ stock }) => stock.low)
      .map(({ filament, stock }) => ({ kind: 'low', key: `low-${filament.id}`, filament, stock }))
  )

  /** Free printers with work waiting: it only takes someone to start it. */
  const ready = computed<readonly Printer[]>(() =>
    printers.records.all.filter(({ id }) => jobs.busy.get(id) === 'ready')
  )
  const waiting = computed<readonly Concern[]>(() =>
    ready.value.length > 0 ? [{ kind: 'waiting', key: 'waiting', printers: ready.value }] : []
  )

  const all = computed(() => [...machines.value, ...waiting.value, ...low.value])
  /** How many machines, printers and rolls that is: free printers with work are one concern, however many they are. */
  const count = computed(() => machines.value.length + ready.value.length + low.value.length)

  return { low, ready, all, count }
})

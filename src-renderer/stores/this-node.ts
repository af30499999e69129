/** What this one machine says of itself: settings, about, log lines; and the farm's backup, which any machine gives. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { LOG_LINES_MAX } from '@contract/limits'
import type { About, LogLine, Restored, Settings } from '@contract/this-node'
import { API, call, send } from '@/api/http'
import { useCluster } from './cluster'

/** A backup of a large farm takes its time. */
const BACKUP_TIMEOUT_MS = 120_000

export const useThisNode = defineStore('this-node', () => {
  const settings = shallowRef<Settings | null>(null)
  const about = shallowRef<About | null>(null)
  const logs = shallowRef<readonly LogLine[]>([])
  const cluster = useCluster()

  return {
    settings,
    about,
    logs,
    async load() {
      settings.value = (await call<Settings>('GET', '/settings')).data
    },
    async loadAbout() {
      about.value = (await call<About>('GET', '/about')).data
    },
    async loadLogs() {
      logs.value = (await call<LogLine[]>('GET', `/logs?limit=${LOG_LINES_MAX}`)).data
    },
    async rename(name: string) {
      settings.value = (await call<Settings>('PATCH', '/settings', { body: { name } })).data
      await cluster.refresh()
    },
    async backup(): Promise<Blob> {
      const response = await send('GET', `${API}/backup`, { timeoutMs: BACKUP_TIMEOUT_MS }, null)
      return response.blob()
    },
    restore: async (file: Blob) =>
      (
        await call<Restored>('POST', '/restore', {
          body: new Blob([file], { type: 'application/json' }),
          timeoutMs: BACKUP_TIMEOUT_MS
        })
      ).data
  }
})

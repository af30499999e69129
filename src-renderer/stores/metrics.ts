/** The recent past of the cluster as this node sees it, sampled while someone looks. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { ClusterMetrics } from '@contract/cluster'
import { call } from '@/api/http'

export const SAMPLE_MS = 2_000
/** Five minutes. */
export const SAMPLES_MAX = 150

export const useMetrics = defineStore('metrics', () => {
  const samples = shallowRef<readonly ClusterMetrics[]>([])

  async function sample(): Promise<void> {
    const { data } = await call<ClusterMetrics>('GET', '/cluster/metrics')
    samples.value = [...samples.value, data].slice(-SAMPLES_MAX)
  }

  return { samples, sample }
})

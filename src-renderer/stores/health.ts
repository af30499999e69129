/** The one answer to "can I trust what I see, and can I change it?", for the banner and every small light. */
import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref } from 'vue'
import { useCluster } from './cluster'
import { useSync } from './sync'

/** Shorter gaps are elections and reconnects that nobody needs to hear of. */
export const GRACE_MS = 3_000

export type Trouble = 'unreachable' | 'no_quorum' | 'catching_up'

export const useHealth = defineStore('health', () => {
  const sync = useSync()
  const cluster = useCluster()
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), 1_000)
  onScopeDispose(() => clearInterval(timer))

  const longerThanGrace = (since: number | null) => since !== null && now.value - since >= GRACE_MS

  const trouble = computed<Trouble | null>(() => {
    if (longerThanGrace(sync.staleSince)) return 'unreachable'
    if (cluster.status === null) return null
    if (longerThanGrace(cluster.leaderlessSince)) return 'no_quorum'
    if (cluster.status.leader_id !== null && !cluster.status.ready) return 'catching_up'
    return null
  })

  const tone = computed<'good' | 'care' | 'bad'>(() => {
    if (trouble.value === 'unreachable' || trouble.value === 'no_quorum') return 'bad'
    const { voters, reachable } = cluster.quorum
    return trouble.value !== null || reachable < voters ? 'care' : 'good'
  })

  return {
    trouble,
    tone,
    /** Since when what is shown may be old; null when it is not. */
    staleSince: computed(() => {
      if (trouble.value === 'unreachable') return sync.staleSince
      return trouble.value === 'no_quorum' ? cluster.leaderlessSince : null
    })
  }
})

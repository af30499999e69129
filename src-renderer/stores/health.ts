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

  /** Why nothing can be changed at the moment; null when it can. */
  const paused = computed(() =>
    trouble.value === 'unreachable' || trouble.value === 'no_quorum' ? trouble.value : null
  )

  const tone = computed<'good' | 'care' | 'bad'>(() => {
    if (paused.value !== null) return 'bad'
    const { voters, reachable, survives } = cluster.quorum
    // Two voters are a cluster that no failure leaves working, and no better than a single machine.
    const fragile = voters > 1 && (reachable < voters || survives === 0)
    return trouble.value !== null || fragile ? 'care' : 'good'
  })

  return {
    trouble,
    paused,
    tone,
    /** Since when what is shown may be old; null when it is not. */
    staleSince: computed(() => {
      if (trouble.value === 'unreachable') return sync.staleSince
      return trouble.value === 'no_quorum' ? cluster.leaderlessSince : null
    })
  }
})

/** The machines as this node sees them, and what that means for the people in front of it. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { Cluster, Discovered, InviteCreated, Member, Suffrage } from '@contract/cluster'
import { call } from '@/api/http'
import { quorumOf } from './quorum'

export const useCluster = defineStore('cluster', () => {
  const status = shallowRef<Cluster | null>(null)
  /** When `status` was true, on this page's clock. */
  const seenAt = ref<number | null>(null)
  const discovered = shallowRef<readonly Discovered[]>([])
  /** Since when no leader has been known; null while there is one. Elections of a moment are nobody's business. */
  const leaderlessSince = ref<number | null>(null)

  function show(next: Cluster): void {
    status.value = next
    seenAt.value = Date.now()
    if (next.leader_id !== null) leaderlessSince.value = null
    else leaderlessSince.value ??= Date.now()
  }

  async function refresh(): Promise<void> {
    const { data } = await call<Cluster>('GET', '/cluster?consistency=stale')
    show(data)
  }

  const byName = new Intl.Collator(undefined, { numeric: true })
  const members = computed<readonly Member[]>(() =>
    (status.value?.members ?? []).toSorted((a, b) => byName.compare(a.name, b.name))
  )
  const me = computed(() => members.value.find(({ id }) => id === status.value?.node_id) ?? null)
  const leader = computed(() => members.value.find(({ id }) => id === status.value?.leader_id) ?? null)
  const quorum = computed(() => quorumOf(members.value))

  return {
    status,
    seenAt,
    leaderlessSince,
    discovered,
    members,
    me,
    leader,
    quorum,
    show,
    refresh,
    async lookAround() {
      discovered.value = (await call<Discovered[]>('GET', '/cluster/discovered')).data
    },
    invite: async (ttlSeconds: number) =>
      (await call<InviteCreated>('POST', '/cluster/invites', { body: { ttl_seconds: ttlSeconds } })).data,
    async join(invite: string, discardLocalData: boolean) {
      await call('POST', '/cluster/join', {
        body: { invite, ...(discardLocalData ? { discard_local_data: true } : {}) },
        timeoutMs: 60_000
      })
      await refresh()
    },
    /** `force`: even where too few of those who would then vote answer. */
    async remove(id: string, force = false) {
      await call('DELETE', `/cluster/members/${encodeURIComponent(id)}${force ? '?force=true' : ''}`)
      await refresh()
    },
    /** `force` as for `remove`. */
    async setSuffrage(id: string, suffrage: Suffrage, force = false) {
      const body = { suffrage, ...(force ? { force } : {}) }
      await call('PATCH', `/cluster/members/${encodeURIComponent(id)}`, { body })
      await refresh()
    },
    async handOver(id: string | null) {
      await call('POST', '/cluster/transfer_leadership', { body: id === null ? {} : { member_id: id } })
      await refresh()
    },
    takeSnapshot: async () =>
      (await call<{ index: number; bytes: number }>('POST', '/cluster/snapshot', { timeoutMs: 60_000 })).data
  }
})

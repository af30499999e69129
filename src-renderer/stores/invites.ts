/** Invites that wait to be used. Their codes are shown once, when they are made, and kept nowhere. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Invite } from '@contract/cluster'
import { call } from '@/api/http'
import { createCollection } from './collection'
import { createWrites } from './writes'

export const useInvites = defineStore('invites', () => {
  const records = createCollection<Invite>()
  const { erase } = createWrites(records, '/cluster/invites')
  /** Somebody who may has looked at them: from then on they are kept right. */
  const wanted = ref(false)

  async function load(): Promise<void> {
    const into = records.beginLoad()
    const { data, appliedIndex } = await call<Invite[]>('GET', '/cluster/invites')
    into.add(data, appliedIndex ?? 0)
    into.finish()
    wanted.value = true
  }

  return { records, wanted, load, withdraw: erase }
})

import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Token, TokenCreate, TokenCreated } from '@contract/tokens'
import { call } from '@/api/http'
import { createCollection } from './collection'
import { createWrites } from './writes'

export const useTokens = defineStore('tokens', () => {
  const records = createCollection<Token>()
  const { erase } = createWrites(records, '/tokens')
  /** Somebody who may has looked at them: from then on they are kept right. */
  const wanted = ref(false)

  async function load(): Promise<void> {
    const into = records.beginLoad()
    const { data, appliedIndex } = await call<Token[]>('GET', '/tokens?consistency=stale')
    into.add(data, appliedIndex ?? 0)
    into.finish()
    wanted.value = true
  }

  /** The answer holds the secret, which is shown once and kept nowhere. */
  async function create(draft: TokenCreate): Promise<TokenCreated> {
    const ask = async () => (await call<TokenCreated>('POST', '/tokens', { body: draft })).data
    let created = await ask()
    // The answer that held the secret got lost on its way: nobody can use that token, and another takes its place.
    if (created.token === null) {
      await erase(created.id)
      created = await ask()
    }
    await load()
    return created
  }

  return { records, wanted, load, create, remove: erase }
})

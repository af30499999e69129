import { defineStore } from 'pinia'
import type { Token, TokenCreate, TokenCreated } from '@contract/tokens'
import { call } from '@/api/http'
import { createOnDemand } from './on-demand'

export const useTokens = defineStore('tokens', () => {
  const { erase, ...tokens } = createOnDemand<Token>('/tokens', '?consistency=stale')

  /** The answer holds the secret, which is shown once and kept nowhere. */
  async function create(draft: TokenCreate): Promise<TokenCreated> {
    const ask = async () => (await call<TokenCreated>('POST', '/tokens', { body: draft })).data
    let created = await ask()
    // The answer that held the secret got lost on its way: nobody can use that token, and another takes its place.
    if (created.token === null) {
      await erase(created.id)
      created = await ask()
    }
    await tokens.load()
    return created
  }

  return { ...tokens, create, remove: erase }
})

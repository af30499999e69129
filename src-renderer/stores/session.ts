/** Who this page is for the node, and what that role may do. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { mayActAs, type TokenRole } from '@contract/tokens'
import type { Whoami } from '@contract/this-node'
import { ApiError } from '@/api/errors'
import { call, whenUnauthorized } from '@/api/http'
import { currentToken, keepToken } from '@/api/token'

export const useSession = defineStore('session', () => {
  const who = shallowRef<Whoami | null>(null)
  const tokenWanted = ref(false)
  const hasToken = ref(currentToken() !== null)

  whenUnauthorized(() => (tokenWanted.value = true))

  async function load(): Promise<void> {
    who.value = (await call<Whoami>('GET', '/whoami')).data
    tokenWanted.value = false
  }

  /** Keeps the token only when the node accepts it. */
  async function signIn(token: string): Promise<void> {
    const before = currentToken()
    keepToken(token)
    try {
      await load()
      hasToken.value = true
    } catch (error) {
      keepToken(before)
      throw error instanceof ApiError ? error : new ApiError('bad_answer', 0, String(error))
    }
  }

  function signOut(): void {
    keepToken(null)
    hasToken.value = false
    location.reload()
  }

  /** Until the node has said who we are, nothing is hidden: it refuses what is not allowed anyway. */
  const may = (role: TokenRole) => who.value === null || mayActAs(who.value.role, role)

  return {
    who,
    tokenWanted,
    hasToken,
    mayChange: computed(() => may('operator')),
    mayAdmin: computed(() => may('admin')),
    load,
    signIn,
    signOut
  }
})

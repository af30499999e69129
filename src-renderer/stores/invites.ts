/** Invites that wait to be used. Their codes are shown once, when they are made, and kept nowhere. */
import { defineStore } from 'pinia'
import type { Invite } from '@contract/cluster'
import { createOnDemand } from './on-demand'

export const useInvites = defineStore('invites', () => {
  const { erase: withdraw, ...invites } = createOnDemand<Invite>('/cluster/invites')
  return { ...invites, withdraw }
})

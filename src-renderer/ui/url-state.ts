/** Filters that live in the address: they survive a reload, can be sent to someone, and the back button undoes them. */
import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

export function useUrlState() {
  const route = useRoute()
  const router = useRouter()
  // Several fields may be set within one tick; the last target must hold them all.
  let pending: Record<string, string | undefined> | null = null

  function set(key: string, value: string): void {
    const query: Record<string, string | undefined> = {
      ...(pending ?? (route.query as Record<string, string | undefined>))
    }
    if (value === '') delete query[key]
    else query[key] = value
    pending = query
    void router.replace({ query, hash: route.hash }).finally(() => {
      if (pending === query) pending = null
    })
  }

  /** One query parameter; the initial value keeps the address short. */
  function param<T extends string>(key: string, initial: T): WritableComputedRef<T> {
    return computed({
      get: () => (typeof route.query[key] === 'string' ? (route.query[key] as T) : initial),
      set: (value) => set(key, value === initial ? '' : value)
    })
  }

  return { param }
}

import { computed, onScopeDispose, readonly, ref, type ComputedRef, type Ref } from 'vue'

/** A screen like a 4K one, seen as a whole. */
export const VAST = '(min-width: 150rem) and (min-height: 100rem)'

/** Whether a media query matches, for as long as the scope lives. */
export function useMediaQuery(query: string): Readonly<Ref<boolean>> {
  const list = window.matchMedia(query)
  const matches = ref(list.matches)
  const update = () => (matches.value = list.matches)
  list.addEventListener('change', update)
  onScopeDispose(() => list.removeEventListener('change', update), true)
  return readonly(matches)
}

/** How many entries a short list shows: twice as many on a vast screen. */
export function useRoom(few: number): ComputedRef<number> {
  const vast = useMediaQuery(VAST)
  return computed(() => (vast.value ? 2 * few : few))
}

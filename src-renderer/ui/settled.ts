import { onScopeDispose, readonly, ref, watch, type Ref } from 'vue'

/** Follows a value, but while it keeps changing only every `everyMs()`; 0: at once. */
export function useSettled<T>(source: () => T, everyMs: () => number): Readonly<Ref<T>> {
  const settled = ref(source()) as Ref<T>
  let timer: ReturnType<typeof setTimeout> | undefined

  function take(): void {
    timer = undefined
    settled.value = source()
  }
  watch(source, () => {
    const pause = everyMs()
    if (pause === 0) take()
    else timer ??= setTimeout(take, pause)
  })
  onScopeDispose(() => clearTimeout(timer))
  return readonly(settled) as Readonly<Ref<T>>
}

import { onBeforeUnmount, onMounted } from 'vue'

/** Repeats while the component is there and the page is seen; a slow answer is waited for, a failed one tried again. */
export function usePolling(work: () => Promise<unknown>, everyMs: () => number): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  async function turn(): Promise<void> {
    // A failure shows as age and in the banner; the next turn may do better.
    if (!document.hidden) await work().catch(() => undefined)
    if (!stopped) timer = setTimeout(turn, everyMs())
  }

  onMounted(turn)
  onBeforeUnmount(() => {
    stopped = true
    clearTimeout(timer)
  })
}

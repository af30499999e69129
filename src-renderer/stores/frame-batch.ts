/**
 * Collects what arrives and hands it over at most once per animation frame, and not more often than `gapMs`: a burst of
 * events costs one update of the page. A hidden page gets no frames, so a timer takes their place.
 */
export const GAP_MS = 80
/** More waiting than this means that the page cannot keep up; `overflow` is told and the queue starts over. */
export const QUEUE_MAX = 50_000

export interface FrameBatch<T> {
  push(items: readonly T[]): void
  /** Hand over now what is waiting. */
  flush(): void
  clear(): void
}

export function createFrameBatch<T>(apply: (items: readonly T[]) => void, overflow: () => void): FrameBatch<T> {
  let waiting: T[] = []
  let scheduled = false
  let lastAt = -Infinity

  function flush(): void {
    scheduled = false
    lastAt = performance.now()
    const items = waiting
    waiting = []
    if (items.length > 0) apply(items)
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    const pause = Math.max(0, lastAt + GAP_MS - performance.now())
    if (document.hidden) setTimeout(flush, Math.max(pause, GAP_MS))
    else if (pause > 0) setTimeout(() => requestFrame(flush), pause)
    else requestFrame(flush)
  }

  return {
    push(items) {
      for (const item of items) waiting.push(item)
      if (waiting.length > QUEUE_MAX) {
        waiting = []
        overflow()
      } else schedule()
    },
    flush,
    clear: () => {
      waiting = []
    }
  }
}

/** The next frame, or soon when the page is hidden meanwhile and no frame comes. */
function requestFrame(run: () => void): void {
  let ran = false
  const once = () => {
    if (ran) return
    ran = true
    run()
  }
  requestAnimationFrame(once)
  setTimeout(once, 250)
}

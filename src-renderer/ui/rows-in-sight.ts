/** Which of many rows of equal height a scrolling element shows, with a few beside them for what comes next. */
import { computed, onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

const BESIDE = 6

export function useRowsInSight(scroller: Readonly<Ref<HTMLElement | null>>, count: () => number, rowPx: number) {
  const top = ref(0)
  const height = ref(0)
  const look = () => (top.value = scroller.value?.scrollTop ?? 0)
  const observer = new ResizeObserver(() => (height.value = scroller.value?.clientHeight ?? 0))
  onMounted(() => {
    if (!scroller.value) return
    height.value = scroller.value.clientHeight
    observer.observe(scroller.value)
    scroller.value.addEventListener('scroll', look, { passive: true })
  })
  onBeforeUnmount(() => observer.disconnect())

  /** As many rows as there are at a time: a row that leaves makes place for the one that comes. */
  const places = computed(() => Math.ceil(height.value / rowPx) + 1 + 2 * BESIDE)
  const first = computed(() => {
    const wanted = Math.floor(top.value / rowPx) - BESIDE
    return Math.max(0, Math.min(wanted, count() - places.value))
  })
  const last = computed(() => Math.min(count(), first.value + places.value))

  /** `coveredPx`: at the top, by a head that stays. */
  function bringIntoSight(index: number, coveredPx: number): void {
    const element = scroller.value
    if (!element) return
    const highest = index * rowPx
    const lowest = highest + rowPx + coveredPx - element.clientHeight
    element.scrollTop = Math.min(highest, Math.max(lowest, element.scrollTop))
    look()
  }

  return { first, last, places, bringIntoSight }
}

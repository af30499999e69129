/**
 * How far the heap may grow before it is collected. V8 by itself lets it grow to up to four times what is alive, and
 * what it has taken it keeps: on a machine where people do other things that is too much for a large farm. Here a small
 * farm has the room that V8 would give it, up to a fixed size of the heap; from there on memory follows the farm.
 */
import { constants, PerformanceObserver, type NodeGCPerformanceDetail, type PerformanceEntry } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

const MIB = 1024 * 1024
const HEAP_BYTES = 144 * MIB
/** At least so much beyond what is alive, or collecting would cost a large farm dear. */
const ROOM_BYTES_MIN = 48 * MIB
/** Room in percent of what is alive, as V8 wants it; never more than V8 takes by itself. */
const PERCENT_MIN = 20
const PERCENT_MAX = 300
/** While the heap is being swept, asking for its size takes milliseconds. */
const SWEEPING_MS = 250

/** For the rest of the process; V8 reads the setting whenever it has collected the whole heap. */
export function boundHeapGrowth(): void {
  new PerformanceObserver((list) => {
    if (list.getEntries().some(isOfWholeHeap)) setTimeout(adjust, SWEEPING_MS).unref()
  }).observe({ entryTypes: ['gc'] })
  adjust()
}

function adjust(): void {
  const { used_heap_size: alive } = getHeapStatistics()
  const percent = Math.round((100 * Math.max(ROOM_BYTES_MIN, HEAP_BYTES - alive)) / alive)
  setFlagsFromString(`--heap-growing-percent=${Math.min(PERCENT_MAX, Math.max(PERCENT_MIN, percent))}`)
}

/** Node's entries on collections have a member that its types lack. */
type CollectionEntry = PerformanceEntry & { readonly detail: NodeGCPerformanceDetail }

const isOfWholeHeap = (entry: PerformanceEntry): boolean =>
  (entry as CollectionEntry).detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR

/**
 * The browser's own performance trace: what the page's main thread was busy with, task by task, in its own CPU time,
 * which stays the same whatever else the machine is doing.
 */
import type { Browser, Page } from 'playwright-core'

export interface Busy {
  /** Milliseconds of the longest task. */
  readonly longestMs: number
  /** How many tasks took longer than a frame can wait (50 ms). */
  readonly long: number
  readonly totalMs: number
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly dur?: number
  /** CPU time of the thread. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

export const LONG_MS = 50

/** Runs the work while tracing; the busiest renderer's main thread is the page's. */
export async function busyDuring(browser: Browser, page: Page, work: () => Promise<void>): Promise<Busy> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] })
  await work()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  const mains = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const busy = mains.map(({ pid, tid }) => {
    const tasks = traceEvents
      .filter((event) => event.ph === 'X' && event.name.endsWith('RunTask') && event.pid === pid && event.tid === tid)
      .map(({ dur, tdur }) => (tdur ?? dur ?? 0) / 1000)
    return {
      longestMs: Math.max(0, ...tasks),
      long: tasks.filter((ms) => ms > LONG_MS).length,
      totalMs: tasks.reduce((sum, ms) => sum + ms, 0)
    }
  })
  return busy.toSorted((a, b) => b.totalMs - a.totalMs)[0] ?? { longestMs: 0, long: 0, totalMs: 0 }
}

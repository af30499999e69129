/**
 * What a page did while it was traced, from the browser's own trace: tasks of its main thread, frames that reached the
 * screen, keys and clicks with the time to their next paint, and the marks that the page set.
 */
import { writeFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'

interface TraceEvent {
  readonly name: string
  readonly cat?: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Microseconds. */
  readonly ts: number
  readonly dur?: number
  /** CPU time of the thread, microseconds. */
  readonly tdur?: number
  readonly args?: {
    readonly name?: string
    readonly data?: { readonly type?: string; readonly duration?: number; readonly isLoadingMainFrame?: boolean }
  }
}

export interface Task {
  readonly startMs: number
  /** By the clock, and of the processor: what other programs took is only in the first. */
  readonly wallMs: number
  readonly cpuMs: number
}

const CATEGORIES = [
  '__metadata',
  'toplevel',
  'blink.user_timing',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
  'devtools.timeline.frame'
]

/** Samples of the page's functions; they cost time of their own, so only traces that are kept to be read have them. */
const SAMPLES = ['disabled-by-default-v8.cpu_profiler', 'v8', 'disabled-by-default-v8.gc']

const OWN_MARK = 'the page that is traced'

export class BrowserTrace {
  private readonly main: { readonly pid: number; readonly tid: number }

  private constructor(private readonly events: readonly TraceEvent[]) {
    const own = events.find(({ name, cat }) => name === OWN_MARK && cat?.includes('user_timing'))
    if (!own) throw new Error('the trace holds nothing of the page')
    this.main = own
  }

  /** `keepAt`: a file for the whole trace, which the browser's DevTools open. */
  static async of(browser: Browser, page: Page, work: () => Promise<void>, keepAt?: string): Promise<BrowserTrace> {
    await browser.startTracing(page, { categories: keepAt === undefined ? CATEGORIES : [...CATEGORIES, ...SAMPLES] })
    await work()
    // Other renderers are traced too; this tells which is the page's.
    await page.evaluate((mark) => void performance.mark(mark), OWN_MARK)
    const trace = await browser.stopTracing()
    if (keepAt !== undefined) writeFileSync(keepAt, trace)
    const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
    return new BrowserTrace(traceEvents)
  }

  /** Of the page's main thread. */
  tasks(): readonly Task[] {
    return this.tasksOf(this.main.pid, this.main.tid)
  }

  /** When the page set a mark of this name, in order. */
  marks(name: string): readonly number[] {
    return this.events
      .filter((event) => event.pid === this.main.pid && event.name === name && event.cat?.includes('user_timing'))
      .map(({ ts }) => ts / 1000)
      .toSorted((a, b) => a - b)
  }

  /** When the page was asked for, the last time. */
  navigatedMs(): number {
    const starts = this.marks('navigationStart')
    if (starts.length === 0) throw new Error('the trace holds no navigation')
    return starts.at(-1)!
  }

  /** Between two drawn frames while the page scrolls; before and after that it has nothing to draw. */
  frameGaps(): readonly number[] {
    const own = this.events.filter(({ pid }) => pid === this.main.pid)
    const scrolls = own.filter(({ name }) => name === 'ScrollLayer').map(({ ts }) => ts)
    const [from, to] = [Math.min(...scrolls), Math.max(...scrolls)]
    const drawn = own
      .filter(({ name, ts }) => name === 'DrawFrame' && ts >= from && ts <= to)
      .map(({ ts }) => ts / 1000)
      .toSorted((a, b) => a - b)
    return drawn.slice(1).map((at, i) => at - drawn[i]!)
  }

  /**
   * From each key pressed or click to the next paint after it, as the browser counts it. Keys let go are left out: they
   * change nothing, so what is painted next, perhaps a second later, is no answer to them.
   */
  interactions(): readonly number[] {
    return this.events
      .filter(({ name, ph, pid }) => name === 'EventTiming' && ph === 'b' && pid === this.main.pid)
      .filter(({ args }) => /^(keydown|pointerdown|click|input)$/.test(args?.data?.type ?? ''))
      .map(({ args }) => args?.data?.duration ?? 0)
  }

  private tasksOf(pid: number, tid: number): Task[] {
    return this.events
      .filter((event) => event.ph === 'X' && event.name.endsWith('RunTask') && event.pid === pid && event.tid === tid)
      .map(({ ts, dur = 0, tdur }) => ({ startMs: ts / 1000, wallMs: dur / 1000, cpuMs: (tdur ?? dur) / 1000 }))
  }
}

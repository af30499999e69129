/**
 * `npm run bench:ui`: the page on a real headless node that holds 10,000 jobs and 500 printers, in Debian's Chromium,
 * from the browser's own trace. Prints a table; asserts nothing.
 * Flags: --only view|scroll|typing|burst, --jobs N (10000), --printers N (500), --reps N (5), --burst-seconds N (3),
 * --keep FOLDER: the traces, with samples of the page's functions, to be opened in the browser's DevTools
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchBrowser } from '../e2e/support/browser'
import { sampleFarm } from '../e2e/support/sample-farm'
import { ProcessCluster, until, type NodeProcess } from '../support/processes'
import { BrowserTrace } from './browser-trace'

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '10000' },
    printers: { type: 'string', default: '500' },
    reps: { type: 'string', default: '5' },
    'burst-seconds': { type: 'string', default: '3' },
    only: { type: 'string' },
    keep: { type: 'string' }
  }
})
const JOBS = Number(values.jobs)
const REPS = Number(values.reps)
const BURST_SECONDS = Number(values['burst-seconds'])
const EVENTS_PER_SECOND = 200
/** Writes of the burst go out in so many batches a second. */
const BATCHES_PER_SECOND = 20
const LONG_TASK_MS = 50
/** A page without a long task for so long after its first view is taken to be interactive. */
const QUIET_MS = 1_500
const SCROLL_PX = 60_000
const SCROLL_PX_PER_SECOND = 8_000
/** Nearly each key of it leaves fewer rows than the one before. */
const WORD = 'lena bay 12'
/** The burst works on a roll of its own, so that weights never stop it. */
const BURST_ROLL = 'burst-roll'

interface Row {
  readonly what: string
  readonly bar: string
  readonly best: number
  readonly median: number
  readonly worst: number
  readonly note: string
}
const table: Row[] = []
function report(what: string, bar: string, figures: readonly number[], note = ''): void {
  const sorted = figures.toSorted((a, b) => a - b)
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN
  table.push({ what, bar, best: sorted[0] ?? NaN, median, worst: sorted.at(-1) ?? NaN, note })
  console.error(
    `${what}: ${sorted
      .slice(-10)
      .map((ms) => ms.toFixed(1))
      .join(', ')}`
  )
}

const longest = (trace: BrowserTrace, kind: 'wallMs' | 'cpuMs'): number =>
  Math.max(0, ...trace.tasks().map((task) => task[kind]))

/** By the clock, and what of it the page itself used: on a busy machine only the second is the page's doing. */
function reportTasks(what: string, bar: string, traces: readonly BrowserTrace[], note = ''): void {
  const of = (kind: 'wallMs' | 'cpuMs') => traces.map((trace) => longest(trace, kind))
  report(`${what}: longest task (ms)`, bar, of('wallMs'), note)
  report(`${what}: longest task, processor (ms)`, bar, of('cpuMs'))
}

let kept = 0
function traced(browser: Browser, page: Page, name: string, work: () => Promise<void>): Promise<BrowserTrace> {
  const { keep } = values
  if (keep === undefined) return BrowserTrace.of(browser, page, work)
  mkdirSync(keep, { recursive: true })
  return BrowserTrace.of(browser, page, work, join(keep, `${name.replace(/\W+/g, '-')}-${++kept}.json`))
}

/** The farm comes in as a backup, which is the quickest way to put in 10,000 finished jobs. */
async function fill(node: NodeProcess): Promise<void> {
  const now = Date.now()
  const printers = Number(values.printers)
  const probe = sampleFarm(now, { printers, finished: 0 })
  const farm = sampleFarm(now, { printers, finished: Math.max(0, JOBS - probe.jobs.length) })
  const stamp = { created_at: now, updated_at: now }
  const roll = {
    id: BURST_ROLL,
    type: 'PLA',
    color: 'Black',
    total_weight_in_grams: 1e9,
    remaining_weight_in_grams: 1e9
  }
  await node.json('/restore', {
    method: 'POST',
    json: {
      format: 'raft3d-backup',
      version: 1,
      created_at: now,
      printers: farm.printers.map((one) => ({ ...one, ...stamp })),
      filaments: [...farm.filaments, roll].map((one) => ({ ...one, ...stamp })),
      print_jobs: farm.jobs,
      tokens: []
    }
  })
  console.error(`${farm.printers.length} printers, ${farm.filaments.length} rolls, ${farm.jobs.length} jobs`)
}

/** Set before any script of the page: marks the frame in which the first view shows its figures. */
function markFirstView(): void {
  const look = (): void => {
    const counter = document.querySelector('main a[href*="status=Running"], main a[href*="Running"]')
    if (!/\d/.test(counter?.textContent ?? '')) return void requestAnimationFrame(look)
    requestAnimationFrame(() => setTimeout(() => performance.mark('first-view')))
  }
  look()
}

/** Marks each key typed, and the first frame after the page has changed for it. */
function markAnswers(): void {
  let waiting = false
  addEventListener(
    'input',
    () => {
      waiting = true
      performance.mark('typed')
    },
    { capture: true }
  )
  new MutationObserver(() => {
    if (!waiting) return
    waiting = false
    requestAnimationFrame(() => setTimeout(() => performance.mark('answered')))
  }).observe(document.body, { subtree: true, childList: true, characterData: true })
}

const newPage = async (context: BrowserContext): Promise<Page> => {
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  return page
}
const allLoaded = (page: Page): Promise<unknown> =>
  page.waitForFunction((n) => {
    const shown = Number((document.querySelector('header p')?.textContent ?? '').replace(/\D/g, ''))
    return shown >= n
  }, JOBS)

async function firstView(browser: Browser, context: BrowserContext, node: NodeProcess): Promise<void> {
  const shown: number[] = []
  const interactive: number[] = []
  const traces: BrowserTrace[] = []
  for (let rep = 0; rep < REPS; rep++) {
    const page = await newPage(context)
    await page.addInitScript(markFirstView)
    const trace = await traced(browser, page, 'view', async () => {
      await page.goto(node.url)
      await page.waitForFunction(() => performance.getEntriesByName('first-view').length > 0)
      await page.waitForTimeout(QUIET_MS)
    })
    const startMs = trace.navigatedMs()
    const viewMs = trace.marks('first-view')[0]! - startMs
    const lastLongMs = trace
      .tasks()
      .filter(({ wallMs, startMs: at }) => wallMs > LONG_TASK_MS && at > startMs)
      .map((task) => task.startMs + task.wallMs - startMs)
    shown.push(viewMs)
    interactive.push(Math.max(viewMs, ...lastLongMs))
    traces.push(trace)
    await page.close()
  }
  report('first view shows its figures (ms)', '', shown, 'from the start of the navigation, warm node')
  report('first view interactive (ms)', '< 1500', interactive, `… and no task above ${LONG_TASK_MS} ms after it`)
  reportTasks('first view', '', traces)
}

async function scrolling(browser: Browser, page: Page): Promise<void> {
  const traces: BrowserTrace[] = []
  const client = await page.context().newCDPSession(page)
  for (let rep = 0; rep < REPS; rep++) {
    const trace = await traced(browser, page, 'scroll', async () => {
      await client.send('Input.synthesizeScrollGesture', {
        x: 640,
        y: 500,
        yDistance: rep % 2 === 0 ? -SCROLL_PX : SCROLL_PX,
        speed: SCROLL_PX_PER_SECOND,
        gestureSourceType: 'mouse'
      })
    })
    traces.push(trace)
  }
  await client.detach()
  const note = `${SCROLL_PX.toLocaleString('en')} px at ${SCROLL_PX_PER_SECOND.toLocaleString('en')} px/s`
  const frames = traces.map((trace) => Math.max(0, ...trace.frameGaps()))
  report('scrolling the table: longest frame (ms)', '≤ 50', frames, note)
  reportTasks('scrolling the table', '≤ 50', traces)
}

async function typing(browser: Browser, page: Page): Promise<void> {
  const answered: number[] = []
  const painted: number[] = []
  const traces: BrowserTrace[] = []
  const search = page.getByRole('searchbox', { name: 'Search jobs' })
  await page.evaluate(markAnswers)
  for (let rep = 0; rep < REPS; rep++) {
    await search.fill('')
    await allLoaded(page)
    const trace = await traced(browser, page, 'typing', async () => {
      await search.focus()
      await page.keyboard.type(WORD, { delay: 90 })
      await page.waitForFunction(() => document.querySelector('header p')?.textContent?.includes('jobs'))
    })
    const answers = trace.marks('answered')
    const keys = trace.marks('typed')
    for (const [i, typedMs] of keys.entries()) {
      const answerMs = answers.find((at) => at >= typedMs)
      // A key that changes no row is answered by nothing; what comes after the next key is that one's.
      if (answerMs !== undefined && answerMs < (keys[i + 1] ?? Infinity)) answered.push(answerMs - typedMs)
    }
    painted.push(...trace.interactions())
    traces.push(trace)
  }
  report('typing in the search: rows answer (ms)', '< 100', answered, `per key of “${WORD}”`)
  report('typing in the search: next paint (ms)', '< 100', painted, 'as the browser counts it')
  reportTasks('typing in the search', '< 100', traces)
  await search.fill('')
}

async function burst(browser: Browser, page: Page, node: NodeProcess, path: string): Promise<void> {
  await page.goto(node.url + path)
  if (path === '/') await page.waitForFunction(() => document.querySelector('main a[href*="Running"]'))
  else await allLoaded(page)
  const heard = await listen(node)
  const traces: BrowserTrace[] = []
  for (let rep = 0; rep < REPS; rep++) {
    const trace = await traced(browser, page, `burst${path}`, async () => {
      const writes = writeFor(node, BURST_SECONDS)
      for (let second = 0; second < BURST_SECONDS; second++) {
        // Somebody works on meanwhile, and looks at it: what opens and closes between two frames is never painted.
        await page.waitForTimeout(700)
        await page.keyboard.press('Control+k')
        await page.getByRole('dialog').waitFor()
        await page.waitForTimeout(200)
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
      await writes
    })
    traces.push(trace)
  }
  const seconds = BURST_SECONDS * REPS
  const busyMs = traces.flatMap((trace) => trace.tasks()).reduce((total, { cpuMs }) => total + cpuMs, 0)
  const note = `${Math.round(heard() / seconds)} events/s arrived, ${Math.round(busyMs / seconds / 10)}% of a core`
  reportTasks(`burst on ${path}`, '≤ 50', traces, note)
  const painted = traces.flatMap((trace) => trace.interactions())
  report(`burst on ${path}: key to paint (ms)`, '< 100', painted)
}

/** Counts the job events of a stream of its own; resolves once it is open. */
async function listen(node: NodeProcess): Promise<() => number> {
  const ending = new AbortController()
  const response = await node.fetch('/events', { signal: ending.signal })
  let count = 0
  void (async () => {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream()))
      count += text.match(/^event: print_job$/gm)?.length ?? 0
  })().catch(() => {})
  return () => (ending.abort(), count)
}

/** Real writes through the API: jobs are created and cancelled again, so the farm stays as large as it is. */
async function writeFor(node: NodeProcess, seconds: number): Promise<void> {
  const perBatch = EVENTS_PER_SECOND / BATCHES_PER_SECOND
  const open: string[] = []
  const pending: Promise<unknown>[] = []
  const startMs = performance.now()
  for (let batch = 0; batch < seconds * BATCHES_PER_SECOND; batch++) {
    const created = open.splice(0, perBatch / 2)
    for (let i = created.length; i < perBatch; i++) pending.push(create(node).then((id) => open.push(id)))
    for (const id of created)
      pending.push(node.json(`/print_jobs/${id}/status`, { method: 'POST', json: { status: 'Cancelled' } }))
    const dueMs = startMs + ((batch + 1) * 1000) / BATCHES_PER_SECOND
    await new Promise((wake) => setTimeout(wake, Math.max(0, dueMs - performance.now())))
  }
  await Promise.all(pending)
}

async function create(node: NodeProcess): Promise<string> {
  const { id } = await node.json<{ id: string }>('/print_jobs', {
    method: 'POST',
    json: {
      printer_id: 'printer-1',
      filament_id: BURST_ROLL,
      filepath: 'burst/planet_carrier.gcode',
      print_weight_in_grams: 1
    }
  })
  return id
}

async function main(): Promise<void> {
  const cluster = new ProcessCluster()
  const browser = await launchBrowser()
  try {
    const node = await cluster.add()
    await fill(node)
    await until('the node serves', async () => (await fetch(`${node.url}/readyz`)).ok)
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
    // A first visit warms the node and fills the browser's cache.
    const warm = await newPage(context)
    await warm.goto(`${node.url}/jobs?view=table`)
    await allLoaded(warm)
    await warm.close()

    const wanted = (phase: string): boolean => (values.only ?? phase) === phase
    if (wanted('view')) await firstView(browser, context, node)
    const page = await newPage(context)
    await page.goto(`${node.url}/jobs?view=table`)
    await allLoaded(page)
    if (wanted('scroll')) await scrolling(browser, page)
    if (wanted('typing')) await typing(browser, page)
    if (wanted('burst'))
      for (const path of ['/', '/jobs?view=board', '/jobs?view=table']) await burst(browser, page, node, path)
    print()
  } finally {
    await browser.close()
    await cluster.end()
  }
}

function print(): void {
  const figure = (ms: number): string => (Number.isNaN(ms) ? '–' : ms.toFixed(ms < 100 ? 1 : 0))
  console.log('| what | bar | best | median | worst | |\n|---|---|---:|---:|---:|---|')
  for (const { what, bar, best, median, worst, note } of table)
    console.log(`| ${what} | ${bar} | ${figure(best)} | ${figure(median)} | ${figure(worst)} | ${note} |`)
}

await main()

/**
 * A farm of 500 printers and 10,000 jobs is used as one of ten is. How quick it is stands in no assertion, for the
 * machines that run this are busy: npm run bench:ui measures it.
 */
import { resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from './support/browser'
import { startMockNode, type MockNode } from './support/mock-node'
import { sampleFarm } from './support/sample-farm'

/** Far more than fit on the screen, far fewer than there are. */
const ROWS_MAX = 60
const BURST_EVENTS = 1_000
const farm = sampleFarm(Date.now(), { printers: 500, finished: 9_500 })

let browser: Browser
let node: MockNode
let page: Page

beforeAll(async () => {
  browser = await launchBrowser()
  node = await startMockNode({ webRoot: resolve(process.env.RAFT3D_WEB_ROOT ?? 'out/renderer'), farm })
  page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
})
afterAll(async () => {
  await browser.close()
  await node.close()
})

const rows = () => page.locator('tbody tr[data-row]')
const loaded = () => page.waitForFunction((n) => document.querySelector('header p')?.textContent?.includes(n), '10,')

describe('with 500 printers and 10,000 jobs', () => {
  it('the first view shows its figures', async () => {
    expect(farm.jobs.length).toBeGreaterThan(9_900)
    await page.goto(node.url)
    await page
      .getByRole('link', { name: /Running/ })
      .filter({ hasText: /\d{2,}/ })
      .waitFor()
  })

  it('the table holds only the rows that are seen, from the first to the last', async () => {
    await page.goto(`${node.url}/jobs?view=table&sort=created`)
    await loaded()
    await rows().first().waitFor()
    expect(await rows().count()).toBeLessThan(ROWS_MAX)
    await rows().first().focus()
    await page.keyboard.press('End')
    await page.waitForFunction((n) => document.querySelector(`tbody tr[aria-rowindex="${n}"]`), farm.jobs.length + 1)
    expect(await rows().count()).toBeLessThan(ROWS_MAX)
  })

  it('the search leaves the jobs that fit', async () => {
    const fitting = farm.jobs.filter(({ filepath }) => filepath.includes('planet_carrier')).length
    await page.getByRole('searchbox', { name: 'Search jobs' }).fill('planet_carrier')
    await page.waitForFunction(
      (n) => document.querySelector('header p')?.textContent?.replace(/\D/g, '') === String(n),
      fitting
    )
  })

  it.each(['/', '/jobs?view=board', '/jobs?view=table'])('a burst of events on %s leaves it usable', async (path) => {
    await page.goto(node.url + path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    if (path !== '/') await loaded()
    const done = farm.jobs.filter(({ status }) => status === 'Done').slice(0, BURST_EVENTS)
    for (const job of done) node.put('print_job', { ...job, status: 'Cancelled', updated_at: Date.now() })
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const last = done.at(-1)!
    node.put('print_job', { ...last, filepath: `burst-of-${path.length}.gcode`, updated_at: Date.now() + 1 })
    await page.goto(`${node.url}/jobs/${last.id}`)
    await page.getByRole('heading', { name: `burst-of-${path.length}.gcode` }).waitFor()
  })
})

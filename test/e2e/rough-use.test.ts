/** What people do to a page that nobody planned for, and what they do without a mouse; against a real node. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProcessCluster, type NodeProcess } from '../support/processes'
import { launchBrowser } from './support/browser'

const cluster = new ProcessCluster()
let browser: Browser
let context: BrowserContext
let node: NodeProcess
let page: Page
const complaints: string[] = []

async function newPage(path: string): Promise<Page> {
  const opened = await context.newPage()
  opened.setDefaultTimeout(15_000)
  opened.on('pageerror', (error) => complaints.push(error.stack ?? String(error)))
  opened.on('console', (message) => {
    if (/Content Security Policy|\[Vue warn\]/.test(message.text())) complaints.push(message.text())
  })
  await opened.goto(node.url + path)
  return opened
}
const dialog = (on = page) => on.getByRole('dialog')
const post = (path: string, json: object) => node.json(path, { method: 'POST', json })
/** By Tab alone, as often as it takes. */
async function tabTo(target: Locator, steps = 60): Promise<void> {
  for (let step = 0; step < steps; step++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`not reached by ${steps} × Tab: ${String(target)}`)
}
const focused = (role: 'button' | 'menuitem' | 'textbox', name: string | RegExp) =>
  page
    .getByRole(role, { name })
    .first()
    .evaluate((element) => element === document.activeElement)

beforeAll(async () => {
  browser = await launchBrowser()
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' })
  node = await cluster.add()
  page = await newPage('/')
})
afterAll(async () => {
  await browser.close()
  await cluster.end()
})

describe('a farm without printers', () => {
  it('says in the form of a job what is missing', async () => {
    await page.getByRole('heading', { name: 'Welcome to your farm' }).waitFor()
    await page.keyboard.press('n')
    await dialog().getByText('There is no printer yet. Add one first.').waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  })
})

describe('addresses', () => {
  it.each(['/printers/gone', '/filaments/gone', '/jobs/gone.gcode?view=table'])(
    '%s of a record that is not there says so, and leads back to the list',
    async (path) => {
      const opened = await newPage(path)
      await dialog(opened).getByText('It was deleted, on this machine or another.').waitFor()
      await opened.keyboard.press('Escape')
      await dialog(opened).waitFor({ state: 'detached' })
      expect(new URL(opened.url()).pathname).toBe(path.split('/gone')[0])
      await opened.close()
    }
  )

  it('of nothing at all lead home', async () => {
    const opened = await newPage('/no/such/place')
    await opened.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await opened.getByRole('link', { name: 'To the overview', exact: true }).click()
    await opened.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await opened.close()
  })
})

describe('two tabs', () => {
  it('show the same, and a form for what the other has deleted says so in plain words', async () => {
    await post('/printers', { id: 'ada', company: 'Prusa', model: 'MK4', name: 'Ada' })
    const other = await newPage('/printers/ada')
    await dialog(other).getByRole('button', { name: 'Edit' }).click()
    await other.getByLabel('Name').fill('Ada the second')
    await node.json('/printers/ada', { method: 'DELETE' })
    await other.getByRole('button', { name: 'Save' }).click()
    await other.getByText('It is not there any more').first().waitFor()
    await other.close()
  })
})

describe('the node restarts', () => {
  it('while a form is open: what was typed is kept, and saved once it is back', async () => {
    await page.goto(`${node.url}/printers`)
    await page.getByRole('button', { name: 'New printer' }).first().click()
    await dialog().getByLabel('Maker').fill('Voron')
    await dialog().getByLabel('Model').fill('2.4')
    await dialog().getByLabel('Name').fill('Phoenix')
    await node.stop()
    await dialog().getByRole('button', { name: 'Add printer' }).click()
    await node.start()
    await page.getByText('Phoenix added').waitFor({ timeout: 30_000 })
    const printers = await node.json<{ name?: string }[]>('/printers')
    expect(printers.filter(({ name }) => name === 'Phoenix')).toHaveLength(1)
    await page.getByText('This page has lost its machine').waitFor({ state: 'detached', timeout: 20_000 })
  })
})

describe('a browser without a network', () => {
  it('says that it shows what was, and goes on by itself', async () => {
    await page.goto(`${node.url}/printers`)
    await page.getByText('Phoenix').first().waitFor()
    await context.setOffline(true)
    // What is under way breaks off, as on a cable that is pulled.
    await node.stop()
    await page.getByText('This page has lost its machine').waitFor({ timeout: 20_000 })
    await page.getByText('Phoenix').first().waitFor()
    await node.start()
    await context.setOffline(false)
    await page.getByText('This page has lost its machine').waitFor({ state: 'detached', timeout: 20_000 })
    await post('/printers', { id: 'late', company: 'Elegoo', model: 'Neptune', name: 'Latecomer' })
    await page.getByText('Latecomer').first().waitFor()
  })
})

describe('long names', () => {
  it.each([400, 1280])('widen no page at %i px', async (width) => {
    const long = `Printer${'_of_the_engineering_building'.repeat(7)}`.slice(0, 200)
    await post('/printers', { id: `long-${width}`, company: long, model: long, name: long })
    await post('/filaments', { id: `long-${width}`, type: 'PLA', color: long, total_weight_in_grams: 1000, name: long })
    await post('/print_jobs', {
      id: `long-${width}`,
      printer_id: `long-${width}`,
      filament_id: `long-${width}`,
      filepath: `${long}/${long}.gcode`,
      print_weight_in_grams: 1
    })
    await post(`/print_jobs/long-${width}/status`, { status: 'Running' })
    await page.setViewportSize({ width, height: 900 })
    for (const path of [
      '/',
      '/printers',
      `/printers/long-${width}`,
      '/filaments',
      `/filaments/long-${width}`,
      '/jobs?view=board',
      '/jobs?view=table',
      `/jobs/long-${width}?view=table`,
      '/cluster',
      '/settings/node'
    ]) {
      await page.goto(node.url + path)
      // An open record hides the page behind it from readers, not from the eye.
      await page.locator('h1').first().waitFor()
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect([path, wide]).toEqual([path, 0])
    }
    await page.setViewportSize({ width: 1280, height: 900 })
  })
})

describe('without a mouse', () => {
  beforeAll(async () => {
    await post('/printers', { id: 'kay', company: 'Prusa', model: 'XL', name: 'Kay' })
    await post('/filaments', { id: 'roll', type: 'PLA', color: 'black', total_weight_in_grams: 1000 })
    for (const id of ['first', 'second'])
      await post('/print_jobs', {
        id,
        printer_id: 'kay',
        filament_id: 'roll',
        filepath: `parts/${id}.gcode`,
        print_weight_in_grams: 10
      })
  })

  it('a job is moved across the board, by its buttons instead of dragging', async () => {
    await page.goto(`${node.url}/jobs?view=board&printer=kay`)
    const card = page.getByRole('article').filter({ hasText: 'first.gcode' })
    await tabTo(card.getByRole('button', { name: 'Start' }))
    await page.keyboard.press('Enter')
    await page.getByText('first.gcode is running').waitFor()
    await page.getByRole('main').focus()
    await tabTo(card.getByRole('button', { name: 'Mark done' }))
    await page.keyboard.press(' ')
    await page.getByText('first.gcode is done; its filament is booked off').waitFor()
    expect((await node.json<{ status: string }>('/print_jobs/first')).status).toBe('Done')
  })

  it('rows of the table are walked, chosen and opened', async () => {
    await page.goto(`${node.url}/jobs?view=table&printer=kay&sort=file`)
    await page.getByText('second.gcode').first().waitFor()
    const rows = page.locator('tbody tr[data-row]')
    await tabTo(rows.first())
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press(' ')
    await page.getByText('1 selected').waitFor()
    await page.keyboard.press('Enter')
    await dialog().getByRole('heading', { name: 'second.gcode' }).waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  })

  it('on a phone, jobs are sorted by what no column of it shows', async () => {
    await page.setViewportSize({ width: 400, height: 800 })
    await page.goto(`${node.url}/jobs?view=table&printer=kay`)
    const files = () => page.locator('tbody tr[data-row]').getByText('.gcode').allTextContents()
    await expect.poll(files).toEqual(['second.gcode', 'first.gcode'])
    await tabTo(page.getByRole('button', { name: 'Descending' }))
    await page.keyboard.press('Enter')
    await expect.poll(files).toEqual(['first.gcode', 'second.gcode'])
    expect(page.url()).toContain('sort=created')
    await page.setViewportSize({ width: 1280, height: 900 })
  })

  it('a dialog keeps the focus within, and gives it back', async () => {
    await page.goto(`${node.url}/filaments`)
    await tabTo(page.getByRole('button', { name: 'New filament' }).first())
    await page.keyboard.press('Enter')
    await dialog().waitFor()
    for (let step = 0; step < 25; step++) {
      await page.keyboard.press('Tab')
      expect(await dialog().evaluate((element) => element.contains(document.activeElement))).toBe(true)
    }
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
    await expect.poll(() => focused('button', 'New filament')).toBe(true)
  })

  it('the menu of a machine is opened, walked and left', async () => {
    await page.goto(`${node.url}/cluster`)
    await tabTo(page.getByRole('button', { name: 'Actions for node-1' }))
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    await expect.poll(() => focused('button', 'Actions for node-1')).toBe(true)
  })

  it('the palette finds a record and an action by arrows and Enter', async () => {
    await page.keyboard.press('Control+k')
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Search and commands')
    await page.keyboard.type('kay')
    await page.getByRole('option', { name: /Kay/ }).first().waitFor()
    await page.keyboard.press('Enter')
    await dialog().getByRole('heading', { name: 'Kay' }).waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
    await page.keyboard.press('Control+k')
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Search and commands')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  })
})

describe('with a mouse', () => {
  const statusOf = async (id: string) => (await node.json<{ status: string }>(`/print_jobs/${id}`)).status
  const column = (name: string) => page.getByRole('region', { name, exact: true })
  const card = (file: string) => page.getByRole('article').filter({ hasText: file })
  const at = 'printer=lou'

  beforeAll(async () => {
    await post('/printers', { id: 'lou', company: 'Prusa', model: 'Mini', name: 'Lou' })
    for (const id of ['lid', 'base', 'knob'])
      await post('/print_jobs', {
        id,
        printer_id: 'lou',
        filament_id: 'roll',
        filepath: `${id}.gcode`,
        print_weight_in_grams: 10
      })
  })

  it('a job is dragged to where it may go, and nowhere else', async () => {
    await page.goto(`${node.url}/jobs?view=board&${at}`)
    await card('lid.gcode').dragTo(column('Done'))
    expect(await statusOf('lid')).toBe('Queued')
    await card('lid.gcode').dragTo(column('Running'))
    await column('Running').getByText('lid.gcode').waitFor()
    expect(await statusOf('lid')).toBe('Running')
    // One job at a time.
    await card('base.gcode').dragTo(column('Running'))
    expect(await statusOf('base')).toBe('Queued')
  })

  it('chosen jobs are cancelled together after one question', async () => {
    await page.goto(`${node.url}/jobs?view=table&${at}&status=Queued`)
    await page.getByRole('checkbox', { name: 'Select all' }).click()
    await page.getByRole('toolbar').getByRole('button', { name: 'Cancel job' }).click()
    await dialog().getByText('Cancel 2 jobs?').waitFor()
    await dialog().getByRole('button', { name: 'Cancel job' }).click()
    await page.getByText('2 of 2 jobs changed').waitFor()
    expect([await statusOf('base'), await statusOf('knob'), await statusOf('lid')]).toEqual([
      'Cancelled',
      'Cancelled',
      'Running'
    ])
  })

  it('the filters of a link are the filters of whoever opens it', async () => {
    const other = await newPage(`/jobs?view=table&${at}&status=Cancelled`)
    await other.getByText('knob.gcode').first().waitFor()
    expect(await other.getByText('lid.gcode').count()).toBe(0)
    await other.close()
  })
})

it('and the pages threw nothing, and broke no rule of their own content security policy', () => {
  expect(complaints).toEqual([])
})

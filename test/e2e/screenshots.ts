/**
 * Pictures of every view, light and dark, wide and narrow, into shots/. They are taken from a stand-in node with a
 * sample farm, so that they show the same on every run; `--url URL` takes them from a running node instead, and
 * `--only TEXT` takes those whose name contains it.
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from './support/browser'
import { mockCluster } from './support/mock-cluster'
import { startMockNode, type MockNode, type MockOptions } from './support/mock-node'

interface Shot {
  readonly name: string
  readonly path: string
  /** What is done on the page before the picture. */
  readonly act?: (page: Page) => Promise<void>
  readonly node?: MockOptions
  readonly language?: string
}

const ROOT = resolve(process.cwd())
const EMPTY = { printers: [], filaments: [], jobs: [] }
const SIZES = [
  { name: 'wide', width: 1280, height: 800 },
  { name: 'narrow', width: 420, height: 900 }
] as const

const click = (name: string | RegExp) => async (page: Page) => {
  await page.getByRole('button', { name }).first().click()
  await page.getByRole('dialog').waitFor()
}
const fillJob = async (page: Page) => {
  await page.keyboard.press('n')
  await page.getByLabel('File', { exact: true }).fill('gearbox/planet_carrier_x4.gcode')
  await page.getByRole('button', { name: /^Printer/ }).click()
  await page.getByRole('option', { name: /Bay 2/ }).click()
  await page.getByRole('button', { name: /^Filament/ }).click()
  await page.getByRole('option', { name: /Lipstick/ }).click()
  await page.getByLabel('Weight', { exact: true }).fill('64')
}

const SHOTS: readonly Shot[] = [
  { name: 'overview', path: '/' },
  { name: 'overview-german', path: '/', language: 'de' },
  { name: 'first-steps', path: '/', node: { farm: EMPTY, cluster: mockCluster.alone() } },
  { name: 'printers', path: '/printers' },
  {
    name: 'printers-table',
    path: '/printers',
    act: async (page) => page.getByRole('button', { name: 'Table', exact: true }).click()
  },
  { name: 'printer', path: '/printers/printer-5' },
  { name: 'printer-new', path: '/printers', act: click('New printer') },
  { name: 'filaments', path: '/filaments' },
  {
    name: 'filaments-table',
    path: '/filaments',
    act: async (page) => page.getByRole('button', { name: 'Table', exact: true }).click()
  },
  { name: 'filament', path: '/filaments/roll-2' },
  { name: 'filament-new', path: '/filaments', act: click('New filament') },
  { name: 'filaments-empty', path: '/filaments', node: { farm: EMPTY } },
  { name: 'jobs-board', path: '/jobs?view=board' },
  { name: 'jobs-table', path: '/jobs?view=table' },
  {
    name: 'jobs-selected',
    path: '/jobs?view=table',
    act: async (page) => {
      for (const row of [1, 2, 4]) await page.getByRole('checkbox').nth(row).click()
    }
  },
  { name: 'job', path: '/jobs/job-1047?view=table' },
  { name: 'job-done', path: '/jobs/job-1040?view=table' },
  { name: 'job-new', path: '/', act: fillJob },
  { name: 'cluster', path: '/cluster', act: (page) => page.waitForTimeout(9_000) },
  { name: 'cluster-alone', path: '/cluster', node: { cluster: mockCluster.alone() } },
  {
    name: 'no-quorum',
    path: '/',
    node: { cluster: mockCluster.noQuorum() },
    act: (page) => page.waitForTimeout(4_500)
  },
  {
    name: 'cluster-no-quorum',
    path: '/cluster',
    node: { cluster: mockCluster.noQuorum() },
    act: (page) => page.waitForTimeout(4_500)
  },
  { name: 'invite', path: '/cluster', act: click('Invite machine') },
  { name: 'settings-node', path: '/settings/node' },
  { name: 'settings-appearance', path: '/settings/appearance' },
  { name: 'settings-access', path: '/settings/access' },
  { name: 'settings-backup', path: '/settings/backup' },
  { name: 'settings-logs', path: '/settings/logs' },
  { name: 'settings-about', path: '/settings/about' },
  { name: 'palette', path: '/', act: async (page) => page.keyboard.press('Control+k') },
  { name: 'shortcuts', path: '/', act: async (page) => page.keyboard.press('?') },
  {
    name: 'delete',
    path: '/printers/printer-12',
    act: async (page) => page.getByRole('button', { name: 'Delete' }).click()
  },
  { name: 'sign-in', path: '/', node: { token: 'r3d_secret' } },
  { name: 'lost', path: '/nowhere' }
]

async function take(browser: Browser, shot: Shot, url: string, theme: 'light' | 'dark', out: string): Promise<void> {
  for (const size of SIZES) {
    const context = await browser.newContext({
      viewport: { width: size.width, height: size.height },
      colorScheme: theme,
      locale: shot.language ?? 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce'
    })
    const page = await context.newPage()
    page.setDefaultTimeout(5_000)
    page.on('console', (message) => {
      const expected = shot.node?.token !== undefined && message.text().includes('401')
      if (message.type() === 'error' && !expected) console.error(`${shot.name}: ${message.text()}`)
    })
    page.on('pageerror', (error) => console.error(`${shot.name}: ${String(error)}`))
    try {
      await page.goto(url + shot.path, { waitUntil: 'load' })
      await page.locator('h1').first().waitFor()
      await page.waitForTimeout(400)
      await shot.act?.(page)
      await page.waitForTimeout(350)
    } catch (error) {
      console.error(`${shot.name} ${size.name}: ${String(error).split('\n')[0]}`)
    }
    await page.screenshot({ path: join(out, `${shot.name}-${size.name}-${theme}.png`) })
    await context.close()
  }
}

async function main(): Promise<void> {
  const option = (name: string) => process.argv[process.argv.indexOf(name) + 1]
  const given = process.argv.includes('--url') ? option('--url') : undefined
  const only = process.argv.includes('--only') ? (option('--only') ?? '').split(',') : ['']
  const themes = process.argv.includes('--theme')
    ? [option('--theme') as 'light' | 'dark']
    : (['light', 'dark'] as const)
  const out = join(ROOT, 'shots')
  await mkdir(out, { recursive: true })
  const browser = await launchBrowser()
  for (const shot of SHOTS.filter(({ name }) => only.some((part) => name.includes(part)))) {
    if (given !== undefined && shot.node) continue
    let node: MockNode | undefined
    if (given === undefined) node = await startMockNode({ webRoot: join(ROOT, 'out/renderer'), ...shot.node })
    for (const theme of themes) await take(browser, shot, given ?? node?.url ?? '', theme, out)
    await node?.close()
  }
  await browser.close()
}

await main()

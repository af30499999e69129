/** Every view of the page in the states that people meet it in: for pictures, and for the accessibility check. */
import type { Page } from 'playwright-core'
import { mockCluster } from './mock-cluster'
import type { MockOptions } from './mock-node'

/** One state of the page worth looking at. */
export interface View {
  readonly name: string
  readonly path: string
  /** What is done on the page before the picture. */
  readonly act?: (page: Page) => Promise<void>
  readonly node?: MockOptions
  readonly language?: string
}

const EMPTY = { printers: [], filaments: [], jobs: [] }

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

export const VIEWS: readonly View[] = [
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
  {
    name: 'job-new-short',
    path: '/',
    act: async (page) => {
      await fillJob(page)
      await page.getByLabel('Weight', { exact: true }).fill('140')
      await page.getByRole('button', { name: /^Filament/ }).click()
    }
  },
  {
    name: 'jobs-menu',
    path: '/jobs?view=table',
    act: async (page) =>
      page
        .getByRole('button', { name: /^Actions for/ })
        .nth(1)
        .click()
  },
  {
    name: 'jobs-drag',
    path: '/jobs?view=board',
    act: async (page) => {
      await page.locator('article[draggable=true]').nth(1).hover()
      await page.mouse.down()
      await page.mouse.move(620, 400, { steps: 8 })
    }
  },
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
  {
    name: 'cluster-seven',
    path: '/cluster',
    node: { cluster: mockCluster.seven() },
    act: (page) => page.waitForTimeout(5_000)
  },
  { name: 'settings-node', path: '/settings/node' },
  { name: 'settings-appearance', path: '/settings/appearance' },
  { name: 'settings-access', path: '/settings/access' },
  { name: 'token-new', path: '/settings/access', act: click('New token') },
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

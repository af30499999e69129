/** Every view of the page in the states that people meet it in: for pictures, and for the accessibility check. */
import type { Page } from 'playwright-core'
import { mockCluster } from './mock-cluster'
import type { MockOptions } from './mock-node'
import { longNames, sampleFarm } from './sample-farm'

/** One state of the page worth looking at. */
export interface View {
  readonly name: string
  readonly path: string
  /** What is prepared before the page is opened. */
  readonly before?: (page: Page) => Promise<unknown>
  /** What is done on the page before the picture. */
  readonly act?: (page: Page) => Promise<void>
  readonly node?: MockOptions
  readonly language?: string
  /** Where not the usual two: a small laptop, a 4K screen. */
  readonly sizes?: readonly (keyof typeof SIZES)[]
}

export const SIZES = {
  wide: { width: 1280, height: 800 },
  narrow: { width: 420, height: 900 },
  medium: { width: 1024, height: 720 },
  huge: { width: 3840, height: 2160 }
} as const

/** The page asks every two seconds for figures; here they come at once, so that its charts are full. */
const hurry = (page: Page) =>
  page.addInitScript(() => {
    const later = window.setTimeout.bind(window)
    window.setTimeout = ((work: () => void, ms?: number) => later(work, ms === 2_000 ? 30 : ms)) as typeof setTimeout
  })
const charts = { before: hurry, act: (page: Page) => page.waitForTimeout(6_000) }

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
    name: 'job-new-too-little',
    path: '/',
    act: async (page) => {
      await fillJob(page)
      await page.getByLabel('Weight', { exact: true }).fill('140')
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
  { name: 'cluster', path: '/cluster', node: { swiftMetrics: true }, ...charts },
  { name: 'cluster-german', path: '/cluster', language: 'de', node: { swiftMetrics: true }, ...charts },
  { name: 'cluster-alone', path: '/cluster', node: { cluster: mockCluster.alone() } },
  { name: 'cluster-pair', path: '/cluster', node: { cluster: mockCluster.pair() } },
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
    node: { cluster: mockCluster.seven(), swiftMetrics: true },
    ...charts
  },
  {
    name: 'join',
    path: '/cluster',
    node: { cluster: mockCluster.alone() },
    act: click('Join a farm')
  },
  { name: 'cluster-sizes', path: '/cluster', node: { swiftMetrics: true }, ...charts, sizes: ['medium', 'huge'] },
  { name: 'overview-sizes', path: '/', sizes: ['medium', 'huge'] },
  { name: 'jobs-board-sizes', path: '/jobs?view=board', sizes: ['medium', 'huge'] },
  { name: 'jobs-table-sizes', path: '/jobs?view=table', sizes: ['medium', 'huge'] },
  { name: 'jobs-board-german', path: '/jobs?view=board', language: 'de' },
  { name: 'printers-german', path: '/printers', language: 'de' },
  { name: 'settings-german', path: '/settings/node', language: 'de' },
  { name: 'overview-many', path: '/', node: { farm: sampleFarm(Date.now(), { printers: 60 }) } },
  { name: 'printers-many', path: '/printers', node: { farm: sampleFarm(Date.now(), { printers: 60 }) } },
  { name: 'overview-long', path: '/', node: { farm: longNames(Date.now()), cluster: mockCluster.longNames() } },
  { name: 'jobs-board-long', path: '/jobs?view=board', node: { farm: longNames(Date.now()) } },
  { name: 'cluster-long', path: '/cluster', node: { cluster: mockCluster.longNames() } },
  { name: 'overview-loading', path: '/', node: { silent: true } },
  { name: 'jobs-loading', path: '/jobs?view=table', node: { silent: true } },
  { name: 'jobs-empty', path: '/jobs?view=board', node: { farm: { ...sampleFarm(Date.now()), jobs: [] } } },
  {
    name: 'jobs-nothing-found',
    path: '/jobs?view=table',
    act: async (page) => page.getByLabel('Search jobs').fill('xyz')
  },
  {
    name: 'toast',
    path: '/',
    act: async (page) => page.getByRole('button', { name: 'Mark done' }).first().click()
  },
  {
    name: 'toast-error',
    path: '/',
    node: { refuse: 'no_quorum' },
    act: async (page) => {
      await page.getByRole('button', { name: 'Mark done' }).first().click()
      // The page tries again for a while before it says so.
      await page.getByText('No majority of machines answers').waitFor()
    }
  },
  {
    name: 'job-new-refused',
    path: '/',
    node: { refuse: 'no_quorum' },
    act: async (page) => {
      await fillJob(page)
      await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    }
  },
  { name: 'settings-node', path: '/settings/node' },
  { name: 'settings-appearance', path: '/settings/appearance' },
  { name: 'settings-access', path: '/settings/access' },
  { name: 'token-new', path: '/settings/access', act: click('New token') },
  {
    name: 'token-created',
    path: '/settings/access',
    act: async (page) => {
      await click('New token')(page)
      await page.getByRole('dialog').getByLabel('Name').fill('Slicer in room 12')
      await page.getByRole('button', { name: 'Create token' }).click()
      await page.getByText(/^It works until/).waitFor()
    }
  },
  { name: 'invite-withdraw', path: '/cluster', act: click(/^Withdraw the invite/) },
  {
    name: 'settings-logs-paused',
    path: '/settings/logs',
    act: async (page) => page.getByRole('button', { name: 'Pause' }).click()
  },
  { name: 'settings-backup', path: '/settings/backup' },
  { name: 'settings-logs', path: '/settings/logs' },
  { name: 'settings-about', path: '/settings/about' },
  { name: 'palette', path: '/', act: async (page) => page.keyboard.press('Control+k') },
  { name: 'shortcuts', path: '/', act: async (page) => page.keyboard.press('?') },
  {
    name: 'delete',
    path: '/printers/printer-6',
    act: async (page) => page.getByRole('button', { name: 'Delete' }).click()
  },
  {
    name: 'delete-refused',
    path: '/printers/printer-12',
    act: async (page) => page.getByRole('button', { name: 'Delete' }).click()
  },
  { name: 'sign-in', path: '/', node: { token: 'r3d_secret' } },
  { name: 'lost', path: '/nowhere' }
]

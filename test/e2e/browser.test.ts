/** The page in a real browser against real nodes: what a person does, and what the page says when machines fail. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NodeProcess, ProcessCluster, until, type ClusterView } from '../support/processes'
import { launchBrowser } from './support/browser'

const cluster = new ProcessCluster()
let browser: Browser
let a: NodeProcess
let b: NodeProcess
let c: NodeProcess
/** The page of each machine. */
let pageA: Page
let pageB: Page
const complaints: string[] = []

async function pageOf(node: NodeProcess): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
  page.setDefaultTimeout(15_000)
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|\[Vue warn\]/.test(message.text())) complaints.push(message.text())
  })
  await page.goto(node.url)
  return page
}
const dialog = (page: Page) => page.getByRole('dialog')
const pick = async (page: Page, field: RegExp, option: RegExp) => {
  await page.getByRole('button', { name: field }).click()
  await page.getByRole('option', { name: option }).click()
}
/** Through the palette, by keys alone. */
async function command(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Search and commands')
  await page.keyboard.type(text)
  await page.getByRole('option', { name: new RegExp(text, 'i') }).waitFor()
  await page.keyboard.press('Enter')
}

beforeAll(async () => {
  browser = await launchBrowser()
  a = await cluster.add()
  b = await cluster.add()
  pageA = await pageOf(a)
})
afterAll(async () => {
  await browser.close()
  await cluster.end()
})

describe('a first user', () => {
  it('is led from nothing to the first print job', async () => {
    await pageA.getByRole('heading', { name: 'Welcome to your farm' }).waitFor()
    await pageA.getByRole('button', { name: 'Add printer' }).click()
    await dialog(pageA).getByLabel('Maker').fill('Prusa')
    await dialog(pageA).getByLabel('Model').fill('MK4S')
    await dialog(pageA).getByLabel('Name').fill('Ada')
    await dialog(pageA).getByRole('button', { name: 'Add printer' }).click()

    await pageA.getByRole('button', { name: 'Add filament' }).click()
    await dialog(pageA).getByLabel('Material').fill('PLA')
    await dialog(pageA).getByLabel('Colour').fill('Galaxy Black')
    await dialog(pageA).getByLabel('Full weight').fill('1000')
    await dialog(pageA).getByRole('button', { name: 'Add filament' }).click()

    await pageA.getByRole('button', { name: 'Create job' }).click()
    await dialog(pageA).getByLabel('File', { exact: true }).fill('parts/bracket.gcode')
    await dialog(pageA).getByLabel('Weight', { exact: true }).fill('120')
    await dialog(pageA).getByText('880 g stay free').waitFor()
    await dialog(pageA).getByRole('button', { name: 'Create job' }).click()
    await pageA.getByRole('link', { name: /^Queued 1/ }).waitFor()
  })

  it('is told at once when the roll is not enough', async () => {
    await pageA.keyboard.press('n')
    await dialog(pageA).getByLabel('Weight', { exact: true }).fill('900')
    await dialog(pageA).getByText('Not enough: 20 g are missing.').waitFor()
    await pageA.keyboard.press('Escape')
    await dialog(pageA).waitFor({ state: 'detached' })
  })
})

describe('a second and third machine', () => {
  it('join with the code that the first one shows', async () => {
    await pageA.getByRole('link', { name: 'Cluster' }).first().click()
    await pageA.getByRole('button', { name: 'Invite machine' }).click()
    await dialog(pageA).getByRole('img', { name: 'The invite as a QR code' }).waitFor()
    const invite = (await dialog(pageA).getByRole('textbox', { name: 'Invite code' }).textContent())?.trim() ?? ''
    await pageA.keyboard.press('Escape')

    pageB = await pageOf(b)
    await pageB.getByRole('button', { name: 'Join it with an invite' }).click()
    await dialog(pageB).getByLabel('Invite code').fill(invite)
    await dialog(pageB).getByRole('button', { name: 'Join', exact: true }).click()
    await pageB.getByRole('link', { name: /^Queued 1/ }).waitFor({ timeout: 30_000 })

    c = await cluster.add()
    await cluster.join(c, a)
    await cluster.settled(3, 3)
    await pageA.getByRole('heading', { name: 'Survives 1 more failure' }).waitFor()
  })

  it('show a change made on another machine within a second', async () => {
    await pageA.goto(`${a.url}/filaments`)
    await pageA.getByText('880 g').waitFor()
    await pageB.getByRole('button', { name: 'Start' }).first().click()
    await pageB.getByText('bracket.gcode is running').waitFor()
    await pageB.getByRole('button', { name: 'Mark done' }).first().click()
    await pageB.getByText('is done; its filament is booked off').waitFor()
    const before = performance.now()
    await pageA.getByText('of 1,000 g').waitFor({ timeout: 1_000 })
    expect(performance.now() - before).toBeLessThan(1_000)
    const [roll] = await c.json<{ remaining_weight_in_grams: number }[]>('/filaments')
    expect(roll?.remaining_weight_in_grams).toBe(880)
  })
})

describe('by keyboard alone', () => {
  it('a printer is added, found and deleted, and comes back by undo', async () => {
    await pageA.goto(a.url)
    await pageA.getByRole('heading', { name: 'Overview' }).waitFor()
    await command(pageA, 'new printer')
    await dialog(pageA).getByLabel('Name').waitFor()
    await pageA.keyboard.type('Bertha')
    await pageA.keyboard.press('Tab')
    await pageA.keyboard.type('Voron')
    await pageA.keyboard.press('Tab')
    await pageA.keyboard.type('2.4')
    await pageA.keyboard.press('Enter')
    await pageA.getByText('Bertha added').waitFor()

    await command(pageA, 'bertha')
    await dialog(pageA).getByRole('heading', { name: 'Bertha' }).waitFor()
    await dialog(pageA).getByRole('button', { name: 'Delete' }).focus()
    await pageA.keyboard.press('Enter')
    await pageA.getByRole('heading', { name: 'Delete Bertha?' }).waitFor()
    await pageA.getByRole('button', { name: 'Delete', exact: true }).last().focus()
    await pageA.keyboard.press('Enter')
    await pageA.getByText('Bertha deleted').waitFor()
    await pageA.getByRole('button', { name: 'Undo' }).focus()
    await pageA.keyboard.press('Enter')
    await pageA.getByText('Bertha is back').waitFor()
  })

  it('the places are reached by two keys', async () => {
    await pageA.keyboard.press('g')
    await pageA.keyboard.press('p')
    await pageA.getByRole('heading', { level: 1, name: 'Printers' }).waitFor()
    await pageA.keyboard.press('/')
    await pageA.keyboard.type('zzz')
    await pageA.getByText('Nothing found').waitFor()
    expect(pageA.url()).toContain('q=zzz')
  })
})

describe('when machines fail', () => {
  it('a form that was open when the leader died is saved all the same', async () => {
    const leader = await cluster.leader()
    const other = cluster.running().find((node) => node !== leader) as NodeProcess
    const page = await pageOf(other)
    await page.getByRole('button', { name: 'New print job', exact: true }).click()
    await dialog(page).getByLabel('File', { exact: true }).fill('parts/after-the-crash.gcode')
    await pick(page, /^Printer/, /Ada/)
    await dialog(page).getByLabel('Weight', { exact: true }).fill('10')
    await leader.kill()
    await dialog(page).getByRole('button', { name: 'Create job' }).click()
    await page.getByText('after-the-crash.gcode is in line').waitFor({ timeout: 15_000 })
    const jobs = await other.json<{ filepath: string }[]>('/print_jobs')
    expect(jobs.filter(({ filepath }) => filepath.includes('after-the-crash'))).toHaveLength(1)
    await page.close()
    await leader.start()
    await cluster.settled(3, 3)
  })

  it('the page says that there is no majority, what still works, and when it is over', async () => {
    const [alone, ...others] = cluster.nodes as [NodeProcess, ...NodeProcess[]]
    const page = await pageOf(alone)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    for (const node of others) await node.kill()
    await page.getByText('1 of 3 machines answer: changes are paused').waitFor({ timeout: 30_000 })
    await page.getByText('Changes work again as soon as one more machine is back.').waitFor()
    // Looking around still works.
    await page.getByRole('link', { name: 'Printers' }).first().click()
    await page.getByText('Bertha').waitFor()
    await others[0]?.start()
    await page.getByText('changes are paused').waitFor({ state: 'detached', timeout: 30_000 })
    await others[1]?.start()
    await cluster.settled(3, 3)
    await page.close()
  })

  it('the page says that its own machine is gone, and picks up when it is back', async () => {
    const node = cluster.nodes[2] as NodeProcess
    const page = await pageOf(node)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await node.kill()
    await page.getByText('This page has lost its machine').waitFor({ timeout: 20_000 })
    await cluster.nodes[0]?.json('/printers', {
      method: 'POST',
      json: { company: 'Elegoo', model: 'Neptune', name: 'Newcomer' }
    })
    await node.start()
    await page.getByText('This page has lost its machine').waitFor({ state: 'detached', timeout: 20_000 })
    await page.getByText('Newcomer').first().waitFor()
    await until('in step again', async () => {
      const views = await Promise.all(cluster.nodes.map((one) => one.json<ClusterView>('/cluster')))
      return views.every(({ leader_id }) => leader_id !== null)
    })
    await page.close()
  })
})

describe('where a token is wanted', () => {
  it('the page asks for it, says when it is wrong, and shows a viewer no way to change anything', async () => {
    const { token } = await a.json<{ token: string }>('/tokens', {
      method: 'POST',
      json: { name: 'Wall screen', role: 'viewer' }
    })
    const before = cluster.nodes[2] as NodeProcess
    await before.stop()
    const flags = ['--api', '127.0.0.1:0', '--rpc', before.rpc, '--no-discovery', '--require-token']
    const guarded = new NodeProcess(before.name, before.dataDir, flags)
    cluster.nodes[2] = guarded
    await guarded.start()
    const page = await pageOf(guarded)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.keyboard.press('n')
    expect(await dialog(page).count()).toBe(0)
    await page.getByLabel('Token', { exact: true }).fill('r3d_wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This token is not known, or has expired.').waitFor()
    await page.getByLabel('Token', { exact: true }).fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.getByText('Bertha').first().waitFor()
    await expect.poll(() => page.getByRole('button', { name: 'New print job', exact: true }).count()).toBe(0)
    await page.reload()
    await page.getByText('Bertha').first().waitFor()
    await page.close()
  })
})

it('and the pages broke no rule of their own content security policy, nor threw', () => {
  expect(complaints).toEqual([])
})

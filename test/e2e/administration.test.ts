/** What an administrator does with a farm, in a real browser against a real cluster of three. */
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProcessCluster, until, type ClusterView, type NodeProcess } from '../support/processes'
import { launchBrowser } from './support/browser'

const cluster = new ProcessCluster()
let browser: Browser
let a: NodeProcess
let b: NodeProcess
let c: NodeProcess
let page: Page
const complaints: string[] = []

const dialog = () => page.getByRole('dialog')
const nameOf = async (id: string | null): Promise<string | undefined> =>
  (await a.json<ClusterView>('/cluster')).members.find((member) => member.id === id)?.name

/** Through the menu of a machine, up to the question. */
async function choose(machine: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${machine}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
  await dialog().waitFor()
}
async function confirm(action: string): Promise<void> {
  await dialog().getByRole('button', { name: action, exact: true }).click()
}
async function copiedInvite(): Promise<string> {
  await page.getByRole('button', { name: 'Invite machine' }).first().click()
  const code = (await dialog().getByRole('textbox', { name: 'Invite code' }).textContent()) ?? ''
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
  return code.trim()
}

beforeAll(async () => {
  browser = await launchBrowser()
  await cluster.form(3)
  ;[a, b, c] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess]
  page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', acceptDownloads: true })
  page.setDefaultTimeout(15_000)
  page.on('pageerror', (error) => complaints.push(error.stack ?? String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|\[Vue warn\]/.test(message.text())) complaints.push(message.text())
  })
})
afterAll(async () => {
  await browser.close()
  await cluster.end()
})

describe('tokens', () => {
  let token = ''
  const asToken = () => b.fetch('/printers', { headers: { authorization: `Bearer ${token}` } })

  it('are made for a chosen time, which is shown, and work on every machine', async () => {
    await page.goto(`${a.url}/settings/access`)
    await page.getByRole('button', { name: 'New token' }).click()
    await dialog().getByLabel('Name').fill('Slicer in room 12')
    await dialog()
      .getByRole('radio', { name: /^Operator/ })
      .check()
    await dialog().getByLabel('Expires').selectOption({ label: 'After 30 days' })
    await dialog().getByRole('button', { name: 'Create token' }).click()
    await dialog()
      .getByText(/^It works until /)
      .waitFor()
    token = ((await dialog().getByRole('textbox', { name: 'Token' }).textContent()) ?? '').trim()
    await dialog().getByRole('button', { name: 'Done' }).click()
    await page.getByText(/since .* · until /).waitFor()
    await until('the token is known on another machine', async () => (await asToken()).ok)
    const [kept] = await b.json<{ role: string; expires_at: number }[]>('/tokens')
    expect(kept?.role).toBe('operator')
    expect((kept!.expires_at - Date.now()) / 86_400_000).toBeCloseTo(30, 0)
  })

  it('are revoked after a question, and refused everywhere', async () => {
    await page.getByRole('button', { name: 'Revoke Slicer in room 12' }).click()
    await confirm('Revoke')
    await page.getByText('There are no tokens yet.').waitFor()
    await until('the token is refused on another machine', async () => (await asToken()).status === 401)
  })
})

describe('invites', () => {
  it('are listed while they are open, and let nobody in once they are withdrawn', async () => {
    await page.goto(`${a.url}/cluster`)
    const invite = await copiedInvite()
    await page.getByRole('heading', { name: 'Open invites' }).waitFor()
    await page.getByText(/^Works until /).waitFor()
    await page.getByRole('button', { name: /^Withdraw the invite/ }).click()
    await confirm('Withdraw')
    await page.getByRole('heading', { name: 'Open invites' }).waitFor({ state: 'detached' })
    const stranger = await cluster.add()
    const refused = await stranger.fetch('/cluster/join', { method: 'POST', json: { invite } })
    expect(((await refused.json()) as { code: string }).code).toBe('invalid_invite')
  })

  it('that were used are no longer open', async () => {
    const invite = await copiedInvite()
    await page.getByText(/^Works until /).waitFor()
    const fourth = cluster.nodes[3] as NodeProcess
    await fourth.json('/cluster/join', { method: 'POST', json: { invite } })
    await page.getByRole('heading', { name: 'Open invites' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Actions for node-4' }).waitFor()
  })
})

describe('machines', () => {
  it('one is removed after its name was typed, and says so itself', async () => {
    const fourth = cluster.nodes[3] as NodeProcess
    await cluster.settled(4, 3)
    await choose('node-4', 'Remove from the farm')
    const go = dialog().getByRole('button', { name: 'Remove from the farm' })
    expect(await go.isDisabled()).toBe(true)
    await dialog().getByRole('textbox').fill('node-4')
    await go.click()
    await page.getByText('node-4 was removed').waitFor()
    await page.getByRole('button', { name: 'Actions for node-4' }).waitFor({ state: 'detached' })
    await until('it knows', async () => {
      const { code } = (await (await fourth.fetch('/printers')).json()) as { code?: string }
      return code === 'removed'
    })
    await fourth.kill()
    await cluster.settled(3, 3)
  })

  it('leadership is handed over to the chosen one', async () => {
    const leader = await cluster.leader()
    const heir = leader === b ? c : b
    await page.getByText(`${leader.name} is up`).or(page.getByText('Survives 1 more failure')).first().waitFor()
    await choose(heir.name, 'Make leader')
    await confirm('Make leader')
    await page.getByText(`${heir.name} leads now`).waitFor()
    expect(await nameOf((await a.json<ClusterView>('/cluster')).leader_id)).toBe(heir.name)
  })

  it('one is made a learner, and a voter again', async () => {
    const leader = await cluster.leader()
    const other = [a, b, c].find((node) => node !== leader) as NodeProcess
    await choose(other.name, 'Make learner')
    await confirm('Make learner')
    await page.getByText(`${other.name} is a learner now`).waitFor()
    await choose(other.name, 'Make voter')
    await confirm('Make voter')
    await page.getByText(`${other.name} is a voter now`).waitFor()
    await cluster.settled(3, 3)
  })
})

describe('backup', () => {
  it('a snapshot is taken at once', async () => {
    await a.json('/printers', { method: 'POST', json: { id: 'ada', company: 'Prusa', model: 'MK4', name: 'Ada' } })
    const { applied_index } = await a.json<ClusterView>('/cluster')
    await page.goto(`${a.url}/settings/backup`)
    await page.getByRole('button', { name: 'Take a snapshot' }).click()
    await page.getByText('Snapshot taken').waitFor()
    const { snapshot_index } = await a.json<{ snapshot_index: number }>('/cluster/metrics')
    expect(snapshot_index).toBeGreaterThanOrEqual(applied_index)
  })

  it('what was saved replaces the whole farm, on the page of another machine too', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save backup' }).click()
    ])
    const backup = readFileSync(await download.path(), 'utf8')
    expect(download.suggestedFilename()).toMatch(/^raft3d-[\d-]+\.json$/)

    await a.json('/printers/ada', { method: 'DELETE' })
    await a.json('/printers', { method: 'POST', json: { id: 'eve', company: 'Voron', model: '2.4', name: 'Eve' } })
    const other = await browser.newPage({ locale: 'en-GB' })
    await other.goto(`${b.url}/printers`)
    await other.getByText('Eve').first().waitFor()

    const file = { name: 'farm.json', mimeType: 'application/json', buffer: Buffer.from(backup) }
    await page.getByLabel('Choose a backup…').last().setInputFiles(file)
    await dialog().getByRole('textbox').fill('replace')
    await confirm('Replace everything')
    await page.getByText('The backup was restored').waitFor()
    await other.getByText('Ada').first().waitFor()
    await other.getByText('Eve').first().waitFor({ state: 'detached' })
    expect(await c.json<{ id: string }[]>('/printers')).toMatchObject([{ id: 'ada' }])
    await other.close()
  })

  it('a file that is no backup changes nothing, and the page says so', async () => {
    const file = { name: 'photo.json', mimeType: 'application/json', buffer: Buffer.from('{"not": "a backup"}') }
    await page.getByLabel('Choose a backup…').last().setInputFiles(file)
    await dialog().getByRole('textbox').fill('replace')
    await confirm('Replace everything')
    await page.getByText('This file is not a backup').waitFor()
    expect(await c.json<{ id: string }[]>('/printers')).toMatchObject([{ id: 'ada' }])
  })
})

it('and the page broke no rule of its own content security policy, nor threw', () => {
  expect(complaints).toEqual([])
})

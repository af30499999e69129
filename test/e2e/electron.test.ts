/** The desktop app as a person has it: a real Electron, its window, its tray, its node in a thread. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/processes'

const root = resolve(import.meta.dirname, '../..')
const electron = createRequire(import.meta.url)('electron') as unknown as string
const flags = ['--api', '127.0.0.1:0', '--rpc', '127.0.0.1:0', '--no-discovery', '--name', 'lab']
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []

async function launch(dataDir: string, ...more: string[]): Promise<ElectronApplication> {
  return _electron.launch({
    executablePath: electron,
    args: [...asRoot, root, '--data-dir', dataDir, ...flags, ...more],
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' } as Record<string, string>
  })
}

const ports = (dataDir: string) =>
  (JSON.parse(readFileSync(join(dataDir, 'node.json'), 'utf8')) as { ports: { api: number } }).ports
const serves = async (dataDir: string): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${ports(dataDir).api}/readyz`)).ok
const windowVisible = (app: ElectronApplication): Promise<boolean> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((window) => window.isVisible()))

describe('the desktop app', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raft3d-'))
  const dataDir = join(folder, 'data')
  let app: ElectronApplication
  let page: Page
  const complaints: string[] = []
  beforeAll(async () => {
    app = await launch(dataDir)
    page = await app.firstWindow()
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.getByRole('heading', { level: 1 }).first().waitFor()
  })
  afterAll(async () => {
    await app.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('shows its own node under app://ui on the first start', async () => {
    expect(page.url()).toBe('app://ui/')
    await until('the node serves', () => serves(dataDir))
    const cluster = await page.evaluate(
      async () => (await fetch('/api/v1/cluster')).json() as Promise<{ role: string; name: string }>
    )
    expect(cluster).toMatchObject({ role: 'leader', name: 'lab' })
  })

  it('passes changes on to the node and hears of them by the event stream', async () => {
    const heard = await page.evaluate(async () => {
      const events = new EventSource('/api/v1/events')
      await new Promise((open) => events.addEventListener('hello', open))
      const printer = new Promise<string>((resolve) =>
        events.addEventListener('printer', (event) => resolve(String((event as MessageEvent).data)))
      )
      const answer = await fetch('/api/v1/printers', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'mk4', company: 'Prusa', model: 'MK4' })
      })
      const data = await printer
      events.close()
      return { status: answer.status, data }
    })
    expect(heard.status).toBe(201)
    expect(JSON.parse(heard.data)).toMatchObject({ id: 'mk4' })
    const direct = await fetch(`http://127.0.0.1:${ports(dataDir).api}/api/v1/printers/mk4`)
    expect(direct.status).toBe(200)
  })

  it('keeps the node running when the window is closed, and shows it again', async () => {
    await until('the window is shown', () => windowVisible(app))
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
    await until('the window is hidden', async () => !(await windowVisible(app)))
    expect(await serves(dataDir)).toBe(true)
    await app.evaluate(({ app }) => void app.emit('activate'))
    await until('the window is back', () => windowVisible(app))
  })

  it('lets a second start bring the window forward, with an invite from a link', async () => {
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.hide())
    await page.evaluate(() => void window.raft3d!.onJoinLink!((invite) => (document.title = invite)))
    const second = spawnSync(electron, [...asRoot, root, '--data-dir', dataDir, ...flags, 'raft3d://join/raft3d-abc'], {
      encoding: 'utf8',
      timeout: 30_000
    })
    expect(second.status).toBe(0)
    await until('the window is back', () => windowVisible(app))
    await until('the invite has arrived', async () => (await page.title()) === 'raft3d://join/raft3d-abc')
  })

  it('tells the node when the machine sleeps and wakes', async () => {
    await app.evaluate(({ powerMonitor }) => void powerMonitor.emit('suspend'))
    await app.evaluate(({ powerMonitor }) => void powerMonitor.emit('resume'))
    await until('the node serves', () => serves(dataDir))
  })

  it('logs nothing wrong on its page', () => {
    expect(complaints).toEqual([])
  })
})

describe('the end of the desktop app', () => {
  it('hands over, flushes and leaves the folder free', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'raft3d-'))
    const dataDir = join(folder, 'data')
    const app = await launch(dataDir)
    await app.firstWindow()
    await until('the node serves', () => serves(dataDir))
    const pid = app.process().pid!
    await app.evaluate(({ app }) => app.quit()).catch(() => {})
    await until('the process has ended', () => spawnSync('kill', ['-0', String(pid)]).status !== 0)
    expect((JSON.parse(readFileSync(join(dataDir, 'node.json'), 'utf8')) as { pid: number | null }).pid).toBeNull()
    rmSync(folder, { recursive: true, force: true })
  })
})

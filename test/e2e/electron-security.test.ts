/** Electron's security checklist, point by point, on the running app. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {} from '../../src-renderer/desktop'

const root = resolve(import.meta.dirname, '../..')

describe('the window is locked down', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raft3d-'))
  let app: ElectronApplication
  let page: Page
  /** A server that nobody of the app has any business with. */
  const requests: string[] = []
  const elsewhere = createServer((request, response) => {
    requests.push(request.url ?? '')
    response.end('hello')
  })
  let foreign = ''
  beforeAll(async () => {
    await new Promise<void>((listening) => elsewhere.listen(0, '127.0.0.1', listening))
    foreign = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
    app = await _electron.launch({
      executablePath: createRequire(import.meta.url)('electron') as unknown as string,
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        root,
        ...['--data-dir', join(folder, 'data'), '--api', '127.0.0.1:0', '--rpc', '127.0.0.1:0', '--no-discovery']
      ],
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production' } as Record<string, string>
    })
    page = await app.firstWindow()
    await page.getByRole('heading', { level: 1 }).first().waitFor()
  })
  afterAll(async () => {
    await app.close()
    elsewhere.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('has context isolation, a sandbox, web security, and no Node in the page', async () => {
    const preferences = await app.evaluate(({ BrowserWindow }) => {
      const { webContents } = BrowserWindow.getAllWindows()[0]!
      return (webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences()
    })
    expect(preferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false
    })
    expect(preferences.allowRunningInsecureContent ?? false).toBe(false)
    expect(preferences.experimentalFeatures ?? false).toBe(false)
    expect(preferences.enableBlinkFeatures ?? '').toBe('')
    expect(preferences.nodeIntegrationInWorker ?? false).toBe(false)
    expect(preferences.nodeIntegrationInSubFrames ?? false).toBe(false)
    expect(
      await page.evaluate(() => ['require', 'process', 'module', 'Buffer'].filter((name) => name in globalThis))
    ).toEqual([])
  })

  it('loads only what it ships, under a policy without inline scripts or eval', async () => {
    const policy = await page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'))
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toMatch(/script-src[^;]*(unsafe-inline|unsafe-eval|https?:)/)
    const remote = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('app://ui/'))
    )
    expect(remote).toEqual([])
    const ran = await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.injected = true'
      document.head.append(script)
      return 'injected' in window
    })
    expect(ran).toBe(false)
  })

  it('opens no windows', async () => {
    expect(await page.evaluate(() => window.open('app://ui/') === null)).toBe(true)
    expect(app.windows()).toHaveLength(1)
  })

  it('does not leave its origin, by link, script, redirect or frame', async () => {
    const before = page.url()
    await page.evaluate((foreign) => {
      const link = document.createElement('a')
      link.href = foreign
      document.body.append(link)
      link.click()
      location.assign(foreign)
      const frame = document.createElement('iframe')
      const settled = new Promise((done) => frame.addEventListener('load', done))
      frame.src = foreign
      document.body.append(frame)
      // Also a frame that was refused loads: an empty document of no origin.
      return settled
    }, foreign)
    expect(page.url()).toBe(before)
    expect(await page.evaluate(() => document.querySelector('h1') !== null)).toBe(true)
    const origins = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]!.webContents.mainFrame.framesInSubtree.map(({ origin }) => origin)
    )
    expect(origins).not.toContain(foreign)
    expect(requests).toEqual([])
  })

  it('lets no request reach the network, whatever the policy of a page', async () => {
    const outcomes = await app.evaluate(
      async ({ session }, foreign) =>
        Promise.all(
          [foreign, 'file:///etc/hostname'].map((url) =>
            session.defaultSession.fetch(url).then(
              () => 'answered',
              () => 'refused'
            )
          )
        ),
      foreign
    )
    expect(outcomes).toEqual(['refused', 'refused'])
    expect(requests).toEqual([])
  })

  it('has one session, and every contents in it restricted', async () => {
    const opened = await app.evaluate(async ({ BrowserWindow }, foreign) => {
      const window = new BrowserWindow({ show: false })
      const outcome = await window.loadURL(foreign).then(
        () => 'loaded',
        () => 'refused'
      )
      window.destroy()
      return outcome
    }, foreign)
    expect(opened).toBe('refused')
    expect(requests).toEqual([])
  })

  it('grants no rights but writing to the clipboard', async () => {
    const states = await page.evaluate(async () => {
      const names = [
        'geolocation',
        'notifications',
        'camera',
        'microphone',
        'clipboard-read',
        'midi'
      ] as PermissionName[]
      return Promise.all(names.map(async (name) => (await navigator.permissions.query({ name })).state))
    })
    expect(states.every((state) => state === 'denied')).toBe(true)
  })

  it('shows the page named functions only, never a channel', async () => {
    const exposed = await page.evaluate(() => Object.keys(window.raft3d!).sort())
    expect(exposed).toEqual([
      'getLoginItem',
      'onCommand',
      'onJoinLink',
      'openExternal',
      'platform',
      'saveFile',
      'setLanguage',
      'setLoginItem',
      'setLowStock',
      'version'
    ])
  })

  it('answers IPC only to its own top frame', async () => {
    const refused = await app.evaluate(async ({ ipcMain, BrowserWindow }) => {
      const handlers = (
        ipcMain as unknown as { _invokeHandlers: Map<string, (event: unknown, argument: unknown) => unknown> }
      )._invokeHandlers
      const { mainFrame } = BrowserWindow.getAllWindows()[0]!.webContents
      const outcome = async (senderFrame: unknown) => {
        const answers = [...handlers].filter(([channel]) => channel.startsWith('raft3d:'))
        const answered: string[] = []
        for (const [channel, handler] of answers) {
          try {
            await handler({ senderFrame }, undefined)
            answered.push(channel)
          } catch (error) {
            // Whoever is let in is told what is wrong with an empty request.
            if (!(error as Error).message.includes('own window')) answered.push(channel)
          }
        }
        return answered.length === answers.length ? 'answered' : answered.length === 0 ? 'refused' : answered
      }
      return {
        own: await outcome({ parent: null, origin: mainFrame.origin }),
        framed: await outcome({ parent: {}, origin: mainFrame.origin }),
        foreign: await outcome({ parent: null, origin: 'https://example.org' }),
        gone: await outcome(null)
      }
    })
    expect(refused).toEqual({ own: 'answered', framed: 'refused', foreign: 'refused', gone: 'refused' })
  })

  it('hands only https links to the system', async () => {
    for (const url of ['file:///etc/passwd', 'http://example.org', 'javascript:alert(1)', 'smb://host/share'])
      expect(
        await page.evaluate(
          (link) =>
            window.raft3d!.openExternal!(link).then(
              () => 'opened',
              () => 'refused'
            ),
          url
        )
      ).toBe('refused')
  })

  it('serves no file outside the built pages', async () => {
    const statuses = await page.evaluate(() =>
      Promise.all(
        ['/../../package.json', '/..%2f..%2fpackage.json', '/%2e%2e/%2e%2e/package.json'].map(
          async (path) => (await fetch(`app://ui${path}`)).status
        )
      )
    )
    expect(statuses.every((status) => status === 404)).toBe(true)
  })
})

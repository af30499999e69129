/** The desktop app as a person has it: a real Electron, its window, its tray, its node in a thread. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/processes'
import { asRoot, DataFolder, DesktopApp, electron, exitOf, root } from './support/desktop-app'
import type {} from '../../src-renderer/desktop'

declare global {
  /** Set in Electron's main process by these tests. */
  var heard: string[]
  var lastNotice: Electron.Notification | undefined
  var menu: Electron.Menu | undefined
  var streams: EventSource[]
}

describe('the desktop app', () => {
  let desktop: DesktopApp
  const complaints: string[] = []
  beforeAll(async () => {
    desktop = await DesktopApp.start()
    desktop.page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    desktop.page.on('pageerror', (error) => complaints.push(String(error)))
  })
  afterAll(() => desktop.end())

  const openStreams = async (): Promise<number> => {
    const metrics = await (await fetch(`${desktop.folder.url}/metrics`)).text()
    return Number(/^raft3d_event_streams (\d+)$/m.exec(metrics)![1])
  }

  const kept = (): { readonly lowStockGrams?: number } =>
    JSON.parse(readFileSync(join(desktop.folder.path, 'window/window.json'), 'utf8')) as object

  it('shows its own node under app://ui on the first start', async () => {
    expect(desktop.page.url()).toBe('app://ui/')
    const cluster = await desktop.page.evaluate(
      async () => (await fetch('/api/v1/cluster')).json() as Promise<{ role: string; name: string }>
    )
    expect(cluster).toMatchObject({ role: 'leader', name: 'lab' })
  })

  it('passes changes on to the node and hears of them by the event stream', async () => {
    const heard = await desktop.page.evaluate(async () => {
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
    expect((await fetch(`${desktop.folder.url}/api/v1/printers/mk4`)).status).toBe(200)
  })

  it('ends a stream in the node when the page closes it, and when the page is loaded anew', async () => {
    let before = -1
    await until('the page’s own stream alone is open', async () => (before = await openStreams()) === 1)
    await desktop.page.evaluate(async () => {
      globalThis.streams = [1, 2, 3].map(() => new EventSource('/api/v1/events'))
      await Promise.all(
        globalThis.streams.map((events) => new Promise((open) => events.addEventListener('hello', open)))
      )
    })
    expect(await openStreams()).toBe(before + 3)
    await desktop.page.evaluate(() => globalThis.streams.pop()!.close())
    await until('the closed stream has ended', async () => (await openStreams()) === before + 2)
    await desktop.page.reload()
    await desktop.page.getByRole('heading', { level: 1 }).first().waitFor()
    await until('the reloaded page has its one stream', async () => (await openStreams()) === before)
  })

  it('tells once that the node keeps running when the window is closed, and shows the window again', async () => {
    await desktop.app.evaluate(({ dialog }) => {
      globalThis.heard = []
      dialog.showMessageBox = (async (options: Electron.MessageBoxOptions) => {
        globalThis.heard.push(options.message)
        return { response: 0, checkboxChecked: false }
      }) as typeof dialog.showMessageBox
    })
    for (let times = 1; times <= 2; times++) {
      await until('the window is shown', () => desktop.visible())
      await desktop.closeWindow()
      await until('the window is hidden', async () => !(await desktop.visible()))
      expect(await desktop.folder.serves()).toBe(true)
      await desktop.app.evaluate(({ app }) => void app.emit('activate'))
    }
    expect(await desktop.app.evaluate(() => globalThis.heard)).toEqual(['Raft3D keeps running'])
  })

  it('lets a second start bring the window forward, tray or not, with an invite from a link', async () => {
    await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.hide())
    await desktop.page.evaluate(() => void window.raft3d!.onJoinLink!((invite) => (document.title = invite)))
    const second = spawnSync(electron, [...asRoot, root, ...desktop.folder.flags, 'raft3d://join/raft3d-abc'], {
      encoding: 'utf8',
      timeout: 30_000,
      env: desktop.folder.env
    })
    expect(second.status).toBe(0)
    await until('the window is back', () => desktop.visible())
    await until('the invite has arrived', async () => (await desktop.page.title()) === 'raft3d://join/raft3d-abc')
  })

  it('shows the state of the farm and what is done most in the tray', async () => {
    await desktop.app.evaluate(({ Tray }) => {
      const set = Tray.prototype.setContextMenu
      Tray.prototype.setContextMenu = function (menu) {
        globalThis.menu = menu ?? undefined
        set.call(this, menu)
      }
    })
    await addFilament(desktop, { total: 1000, job: { weight: 950 } })
    const labels = (): Promise<string[]> =>
      desktop.app.evaluate(() => globalThis.menu?.items.map(({ label }) => label).filter(Boolean) ?? [])
    await until('the tray counts the job', async () => (await labels())[1] === '0 printing, 1 waiting')
    expect(await labels()).toEqual([
      'This machine is the whole farm',
      '0 printing, 1 waiting',
      'Open Raft3D',
      'New print job',
      'Invite a machine',
      'Quit Raft3D'
    ])
    await desktop.app.evaluate(() => globalThis.menu!.items.find(({ label }) => label === 'Invite a machine')!.click())
    await desktop.page.getByRole('dialog').waitFor()
    await desktop.page.keyboard.press('Escape')
  })

  it('tells when a job is done, and when its filament runs low by the weight that is chosen in the page', async () => {
    await desktop.page.evaluate(() => history.pushState({}, '', '/settings/appearance'))
    await desktop.page.reload()
    await desktop.page.getByLabel('Filament is low below').fill('30')
    await until('the shell keeps it', async () => (kept().lowStockGrams ?? 0) === 30)
    await desktop.app.evaluate(({ Notification }) => {
      globalThis.heard = []
      Notification.isSupported = () => true
      Notification.prototype.show = function () {
        globalThis.heard.push(`${this.title}: ${this.body}`)
        globalThis.lastNotice = this
      }
    })
    const api = `${desktop.folder.url}/api/v1`
    const weigh = (grams: number) =>
      fetch(`${api}/filaments/pla`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ remaining_weight_in_grams: grams })
      })
    // 950 g are promised to the job: 35 g to give, then 20.
    for (const grams of [985, 970]) expect((await weigh(grams)).status).toBe(200)
    for (const status of ['Running', 'Done'])
      expect((await fetch(`${api}/print_jobs/benchy/status?status=${status}`, { method: 'POST' })).status).toBe(200)
    await until('both are told', async () => (await desktop.app.evaluate(() => globalThis.heard.length)) === 2)
    expect(await desktop.app.evaluate(() => globalThis.heard)).toEqual([
      'Filament runs low: PLA teal: 20 g left',
      'Print job done: benchy.gcode on MK4'
    ])
    await desktop.app.evaluate(() => void globalThis.lastNotice!.emit('click'))
    await desktop.page.getByRole('dialog').getByText('benchy.gcode').first().waitFor()
    expect(desktop.page.url()).toBe('app://ui/jobs/benchy')
    await desktop.page.keyboard.press('Escape')
  })

  it('speaks the language that is chosen in the page in its menu and tray, too', async () => {
    const titles = (): Promise<string[]> =>
      desktop.app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.items.map(({ label }) => label))
    const tray = (): Promise<string[]> =>
      desktop.app.evaluate(() => globalThis.menu?.items.map(({ label }) => label).filter(Boolean) ?? [])
    expect(await titles()).toContain('View')
    await desktop.page.evaluate(() => history.pushState({}, '', '/settings/appearance'))
    await desktop.page.reload()
    await desktop.page.getByRole('button', { name: 'Deutsch' }).click()
    await until('the menu is German', async () => (await titles()).includes('Ansicht'))
    await until('the tray is German', async () => (await tray()).includes('Raft3D öffnen'))
    await desktop.page.getByRole('button', { name: 'English' }).click()
    await until('the menu is English', async () => (await titles()).includes('View'))
    expect(await tray()).toContain('Open Raft3D')
    expect(kept()).toMatchObject({ language: 'en' })
  })

  it('saves a backup where the system’s dialog says, and nothing when it is closed', async () => {
    const file = join(desktop.folder.parent, 'farm.json')
    const dialogSays = (filePath: string): Promise<void> =>
      desktop.app.evaluate(({ dialog }, filePath) => {
        globalThis.heard = []
        dialog.showSaveDialog = (async (_window: Electron.BaseWindow, options: Electron.SaveDialogOptions) => {
          globalThis.heard.push(options.defaultPath ?? '')
          return { canceled: filePath === '', filePath }
        }) as typeof dialog.showSaveDialog
      }, filePath)
    await desktop.page.evaluate(() => history.pushState({}, '', '/settings/backup'))
    await desktop.page.reload()
    const save = desktop.page.getByRole('button', { name: 'Save backup' })

    await dialogSays('')
    await save.click()
    await until('the dialog was shown', async () => (await desktop.app.evaluate(() => globalThis.heard.length)) === 1)
    expect((await desktop.app.evaluate(() => globalThis.heard))[0]).toMatch(/raft3d-[\d-]+\.json$/)
    expect(existsSync(file)).toBe(false)

    await dialogSays(file)
    await save.click()
    await desktop.page.getByText('The backup was saved', { exact: true }).waitFor()
    expect((JSON.parse(readFileSync(file, 'utf8')) as { printers: object[] }).printers).toHaveLength(1)

    await dialogSays(join(desktop.folder.parent, 'no/such/folder/farm.json'))
    await save.click()
    await desktop.page.getByText('The backup was not saved').waitFor()
  })

  it('takes a plain file name from the page, and no path', async () => {
    for (const name of ['../farm.json', '/etc/farm.json', 'a/b.json', '.profile', ''])
      expect(
        await desktop.page.evaluate(
          (name) =>
            window.raft3d!.saveFile!(name, new Uint8Array([1])).then(
              () => 'saved',
              () => 'refused'
            ),
          name
        )
      ).toBe('refused')
  })

  it('opens a record whose id has a dot in it, by its address', async () => {
    await fetch(`${desktop.folder.url}/api/v1/printers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'bay-2.4.json', company: 'Voron', model: '2.4', name: 'Dotty' })
    })
    await desktop.page.evaluate(() => history.pushState({}, '', '/printers/bay-2.4.json'))
    await desktop.page.reload()
    await desktop.page.getByRole('dialog').getByRole('heading', { name: 'Dotty' }).waitFor()
    await desktop.page.evaluate(() => history.pushState({}, '', '/'))
    await desktop.page.reload()
    await desktop.page.getByRole('heading', { level: 1 }).first().waitFor()
  })

  it('starts at login where the user wants it, with the window hidden', async () => {
    const entry = join(desktop.folder.parent, 'config/autostart/raft3d.desktop')
    expect(await desktop.page.evaluate(() => window.raft3d!.getLoginItem!())).toBe(false)
    await desktop.page.evaluate(() => window.raft3d!.setLoginItem!(true))
    expect(await desktop.page.evaluate(() => window.raft3d!.getLoginItem!())).toBe(true)
    expect(readFileSync(entry, 'utf8')).toMatch(/^Exec=".*" "--hidden"$/m)
    await desktop.page.evaluate(() => window.raft3d!.setLoginItem!(false))
    expect(existsSync(entry)).toBe(false)
  })

  it('has the node hand over before the machine sleeps, and woken up afterwards', async () => {
    await desktop.app.evaluate(({ powerMonitor }) => void powerMonitor.emit('suspend'))
    await until('the node has heard', () => desktop.logged('suspend'))
    await desktop.app.evaluate(({ powerMonitor }) => void powerMonitor.emit('resume'))
    await until('the node has woken up', () => desktop.logged('resume'))
    await until('the node serves', () => desktop.folder.serves())
  })

  it('logs nothing wrong on its page', () => {
    expect(complaints).toEqual([])
  })

  it('starts the node again when its thread crashes, and the page goes on', async () => {
    await desktop.app.evaluate(({ powerMonitor }) => {
      const { Worker } = process.getBuiltinModule('node:worker_threads')
      const post = Worker.prototype.postMessage
      Worker.prototype.postMessage = function () {
        Worker.prototype.postMessage = post
        void this.terminate()
      }
      powerMonitor.emit('resume')
    })
    await until('the crash is reported', () => desktop.logged('node_crashed'))
    // Lines of before the window was there may be missing, so those after the crash count.
    await until('the node has started again', () => {
      const events = desktop.logs.map(({ event }) => event)
      return events.lastIndexOf('ready') > events.indexOf('node_crashed')
    })
    await until('the page reaches it', () =>
      desktop.page.evaluate(async () => (await fetch('/api/v1/printers/mk4')).status === 200)
    )
    await until('the page’s stream is back', async () => (await openStreams()) === 1)
  })

  it('brings back a page that crashes', async () => {
    await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer()
    )
    await until('the crash is reported', () => desktop.logged('page_crashed'))
    // A question to a page that is on its way out is never answered: each has a deadline of its own.
    await until('the page is back', () =>
      desktop.app.evaluate(({ BrowserWindow }) =>
        Promise.race([
          BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(
            'document.querySelector("h1") !== null'
          ) as Promise<boolean>,
          new Promise<boolean>((answer) => setTimeout(answer, 500, false))
        ])
      )
    )
  })
})

describe('the window', () => {
  it('waits hidden when started at login, and is where it was at the next start', async () => {
    const folder = new DataFolder()
    const bounds = { x: 40, y: 30, width: 900, height: 640 }
    const first = await DesktopApp.start(folder, '--hidden')
    expect(await first.visible()).toBe(false)
    await first.app.evaluate(({ app }) => void app.emit('activate'))
    await until('the window is shown', () => first.visible())
    await first.app.evaluate(({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]!.setBounds(to), bounds)
    await first.app.close()
    const second = await DesktopApp.start(folder)
    try {
      expect(
        await second.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.getNormalBounds())
      ).toEqual(bounds)
    } finally {
      await second.end()
    }
  })
})

describe('the end of the desktop app', () => {
  it.each([
    ['the menu', (desktop: DesktopApp) => desktop.app.evaluate(({ app }) => app.quit()).catch(() => {})],
    ['SIGTERM', (desktop: DesktopApp) => void desktop.app.process().kill('SIGTERM')]
  ])('by %s hands over, flushes and leaves the folder free within 5 s', async (_how, quit) => {
    const desktop = await DesktopApp.start()
    const child = desktop.app.process()
    const ended = exitOf(child, 5_000)
    await quit(desktop)
    expect(await ended).toBe(0)
    expect(desktop.folder.file().pid).toBeNull()
    desktop.folder.remove()
  })

  it('comes with a clear word and exit code 3 where another process holds the folder', async () => {
    const folder = new DataFolder()
    const holder = spawn(process.execPath, [join(root, 'out/main/index.js'), '--no-gui', ...folder.flags], {
      stdio: 'ignore',
      env: folder.env
    })
    try {
      await until('the node serves', () => folder.serves())
      const { status, stderr } = spawnSync(electron, [...asRoot, root, '--no-gui', ...folder.flags], {
        encoding: 'utf8',
        timeout: 30_000,
        env: folder.env
      })
      expect(status).toBe(3)
      expect(stderr).toContain(`pid ${holder.pid}`)
    } finally {
      holder.kill('SIGTERM')
      await exitOf(holder)
      folder.remove()
    }
  })
})

async function addFilament(
  { folder }: DesktopApp,
  { total, job }: { total: number; job: { weight: number } }
): Promise<void> {
  const post = async (path: string, body: object): Promise<void> => {
    const answer = await fetch(`${folder.url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    expect(answer.status).toBe(201)
  }
  await post('/filaments', { id: 'pla', type: 'PLA', color: 'teal', total_weight_in_grams: total })
  await post('/print_jobs', {
    id: 'benchy',
    printer_id: 'mk4',
    filament_id: 'pla',
    filepath: 'benchy.gcode',
    print_weight_in_grams: job.weight
  })
}

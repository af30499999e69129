/** The app as it is installed: packed into its archive, with its fuses blown, started without a work tree around it. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/processes'
import { asRoot, DataFolder, exitOf, root, runHeadless } from './support/desktop-app'

/** A 7-Zip of the system; electron-builder downloads its own where there is a network. */
const SEVEN_ZIPS = ['/usr/bin/7za', '/usr/bin/7zz', '/usr/bin/7z']
/** Before the state of the fuses in the executable; https://www.electronjs.org/docs/latest/tutorial/fuses */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const FUSES = [
  ['runAsNode', '0'],
  ['cookieEncryption', '1'],
  ['nodeOptions', '0'],
  ['nodeCliInspect', '0'],
  ['asarIntegrity', '1'],
  ['onlyLoadAppFromAsar', '1'],
  ['browserSnapshot', '0'],
  ['fileProtocolExtraPrivileges', '0']
] as const

// What people download, where this machine can make it; else the folder that goes into it. The name says which it was.
const archiver = SEVEN_ZIPS.find((path) => existsSync(path))
const origin =
  archiver === undefined ? 'as a folder, for no 7-Zip is here that could make its tar.gz' : 'from its tar.gz'

describe.runIf(process.platform === 'linux')(`the packaged app, ${origin}`, () => {
  const output = mkdtempSync(join(tmpdir(), 'raft3d-dist-'))
  const installed = join(output, archiver === undefined ? 'linux-unpacked' : 'installed')
  const program = join(installed, 'raft3d')
  beforeAll(() => {
    const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/electron-builder/cli.js'),
        ...['--config', '.config/electron-builder.yml', '--linux', archiver === undefined ? 'dir' : 'tar.gz'],
        ...['--publish', 'never', '-c.compression=store'],
        `-c.directories.output=${output}`,
        ...(dist === undefined
          ? []
          : [`-c.electronDist=${dist}`, `-c.electronVersion=${readFileSync(join(dist, 'version'), 'utf8').trim()}`])
      ],
      { cwd: root, encoding: 'utf8', env: { ELECTRON_BUILDER_7ZIP_PATH: archiver, ...process.env } }
    )
    if (status !== 0) throw new Error(`electron-builder: ${stdout}${stderr}`)
    if (archiver === undefined) return
    const archive = readdirSync(output).find((name) => name.endsWith('.tar.gz'))!
    mkdirSync(installed)
    const unpacked = spawnSync('tar', ['-xzf', join(output, archive), '-C', installed, '--strip-components=1'])
    if (unpacked.status !== 0) throw new Error(`tar: ${String(unpacked.stderr)}`)
  })
  afterAll(() => rmSync(output, { recursive: true, force: true }))

  it('has its fuses blown', () => {
    const binary = readFileSync(program)
    const wire = binary.indexOf(FUSE_SENTINEL) + FUSE_SENTINEL.length
    const [version, length] = [binary[wire], binary[wire + 1]!]
    expect(version).toBe(1)
    expect(length).toBeGreaterThanOrEqual(FUSES.length)
    const states = binary.subarray(wire + 2, wire + 2 + FUSES.length).toString('latin1')
    expect(FUSES.map(([name], at) => [name, states[at]])).toEqual(FUSES)
  })

  it('cannot be made a plain Node', () => {
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' }
    const { stdout } = spawnSync(program, [...asRoot, '--version'], { env, encoding: 'utf8', timeout: 20_000 })
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(stdout.trim()).toBe(version)
  })

  it('ships what runs and nothing else', () => {
    const listed = spawnSync(
      process.execPath,
      [join(root, 'node_modules/@electron/asar/bin/asar.js'), 'list', join(installed, 'resources/app.asar')],
      { encoding: 'utf8' }
    ).stdout
    for (const path of ['/out/main/worker.js', '/out/renderer/index.html', '/resources/tray/normal@2x.png'])
      expect(listed).toContain(path)
    for (const path of [
      '/src-',
      '/test/',
      '/node_modules/vue/',
      '/node_modules/electron/',
      '/node_modules/node-',
      '.map\n'
    ])
      expect(listed).not.toContain(path)
  })

  it('shows its window on its own node, and ends in order', async () => {
    const folder = new DataFolder()
    const child = spawn(program, [...asRoot, '--remote-debugging-port=0', ...folder.flags], {
      cwd: folder.parent,
      env: folder.env,
      stdio: ['ignore', 'ignore', 'pipe']
    })
    try {
      const endpoint = await new Promise<string>((found, fail) => {
        child.once('exit', () => fail(new Error('it ended')))
        createInterface({ input: child.stderr }).on('line', (line) => {
          const [, url] = /^DevTools listening on (ws:\S+)/.exec(line) ?? []
          if (url) found(url)
        })
      })
      const browser = await chromium.connectOverCDP(endpoint)
      await until('the window is there', () => browser.contexts()[0]?.pages().length === 1)
      const page = browser.contexts()[0]!.pages()[0]!
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      expect(page.url()).toBe('app://ui/')
      expect(await page.evaluate(async () => (await fetch('/api/v1/cluster')).status)).toBe(200)
      await browser.close()
    } finally {
      const ended = exitOf(child, 5_000)
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
      expect(existsSync(join(folder.path, 'window/window.json'))).toBe(true)
      folder.remove()
    }
  })

  it('runs headless, without a display too', async () => {
    const folder = new DataFolder()
    const env: NodeJS.ProcessEnv = { ...folder.env }
    delete env.DISPLAY
    delete env.WAYLAND_DISPLAY
    try {
      expect(await runHeadless([program, ...asRoot], folder, env)).toBe(0)
    } finally {
      folder.remove()
    }
  })

  it('refuses bad flags in a line', () => {
    const { status, stderr } = spawnSync(program, [...asRoot, '--nonsense'], { encoding: 'utf8', timeout: 20_000 })
    expect(status).toBe(2)
    expect(stderr).toContain('unknown flag --nonsense')
  })
})

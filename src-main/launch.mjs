/**
 * `npm start`: builds when the sources are newer than the build, then opens the desktop app, or runs headless
 * where there is no display or no Electron to be had. Plain JavaScript, for it runs before anything is built.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const entry = join(root, 'out/main/index.js')
const require = createRequire(import.meta.url)
const ELECTRON_DOWNLOAD_MS = 300_000
const SHELL_LOOK_MS = 500

/** Newest change below `path`, ms since 1970. */
function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}

function buildWhenNeeded() {
  const sources = ['src-main', 'src-renderer', 'resources', 'electron.vite.config.ts', 'package.json']
  const built = existsSync(entry) && existsSync(join(root, 'out/renderer/index.html'))
  if (built && Math.max(...sources.map((name) => newest(join(root, name)))) <= statSync(entry).mtimeMs) return
  const bin = join(dirname(require.resolve('electron-vite/package.json')), 'bin/electron-vite.js')
  const { status } = spawnSync(process.execPath, [bin, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit']
  })
  if (status !== 0) process.exit(status ?? 1)
}

/** Electron's executable, downloading it on the first start; or why there is none. */
function findElectron() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return { missing: 'There is no display' }
  const folder = dirname(require.resolve('electron/package.json'))
  const installed = () => {
    const name = existsSync(join(folder, 'path.txt')) ? readFileSync(join(folder, 'path.txt'), 'utf8') : 'electron'
    const path = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'), name)
    return existsSync(path) && statSync(path).isFile() ? path : null
  }
  if (!installed()) {
    process.stderr.write('Downloading Electron, once …\n')
    spawnSync(process.execPath, [join(folder, 'install.js')], { stdio: 'ignore', timeout: ELECTRON_DOWNLOAD_MS })
  }
  const path = installed()
  return path ? { path } : { missing: 'Electron could not be downloaded' }
}

async function runHeadless(args) {
  process.argv.splice(1, Infinity, entry, ...(args.includes('--no-gui') ? args : ['--no-gui', ...args]))
  await import(pathToFileURL(entry).href)
}

function runElectron(path, args) {
  // Chromium refuses its sandbox to root.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const child = spawn(path, [root, ...asRoot, ...args], { stdio: 'inherit', windowsHide: false })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`Electron did not start: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code) => process.exit(code ?? 1))
}

/** npm passes SIGTERM on to the shell that runs this, and the shell to nobody: both end, and this would go on alone. */
function endWithShell() {
  if (process.env.npm_lifecycle_event === undefined) return
  const shell = process.ppid
  const look = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(look)
    process.kill(process.pid, 'SIGTERM')
  }, SHELL_LOOK_MS).unref()
}

const args = process.argv.slice(2)
const onlyAsks = args.some((arg) => ['--help', '--version', '--inspect-data', '--recover-cluster'].includes(arg))
buildWhenNeeded()
endWithShell()
if (onlyAsks || args.includes('--no-gui') || /^(1|true|yes|on)$/i.test(process.env.RAFT3D_NO_GUI ?? ''))
  await runHeadless(args)
else {
  const electron = findElectron()
  if (electron.path) runElectron(electron.path, args)
  else {
    process.stderr.write(`${electron.missing}: running without a window; the address of the web page follows.\n`)
    await runHeadless(args)
  }
}

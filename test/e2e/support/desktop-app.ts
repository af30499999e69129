/** A real Electron with the app: its process, its window, the lines it logs. Keeps everything in a folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { until, type LogEvent } from '../../support/processes'

export const root = resolve(import.meta.dirname, '../../..')
export const electron = createRequire(import.meta.url)('electron') as unknown as string
/** Chromium refuses its sandbox to root. */
export const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
const flags = ['--api', '127.0.0.1:0', '--rpc', '127.0.0.1:0', '--no-discovery', '--name', 'lab']

/** A data folder, and what can be known of the node in it from outside. */
export class DataFolder {
  readonly parent = mkdtempSync(join(tmpdir(), 'raft3d-'))
  readonly path = join(this.parent, 'data')
  readonly flags = ['--data-dir', this.path, ...flags]
  readonly env = {
    ...process.env,
    NODE_ENV: 'production',
    LANGUAGE: 'en_US',
    XDG_CONFIG_HOME: join(this.parent, 'config')
  } as Record<string, string>

  file(): { readonly ports: { readonly api: number }; readonly pid: number | null } {
    return JSON.parse(readFileSync(join(this.path, 'node.json'), 'utf8'))
  }

  get url(): string {
    return `http://127.0.0.1:${this.file().ports.api}`
  }

  async serves(): Promise<boolean> {
    return (await fetch(`${this.url}/readyz`)).ok
  }

  remove(): void {
    rmSync(this.parent, { recursive: true, force: true })
  }
}

export class DesktopApp {
  readonly logs: LogEvent[] = []

  private constructor(
    readonly folder: DataFolder,
    readonly app: ElectronApplication,
    readonly page: Page
  ) {
    createInterface({ input: app.process().stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.logs.push(JSON.parse(line) as LogEvent)
    })
  }

  static async start(folder = new DataFolder(), ...more: string[]): Promise<DesktopApp> {
    const app = await _electron.launch({
      executablePath: electron,
      args: [...asRoot, root, ...folder.flags, ...more],
      cwd: root,
      env: folder.env
    })
    const desktop = new DesktopApp(folder, app, await app.firstWindow())
    await desktop.page.getByRole('heading', { level: 1 }).first().waitFor()
    await until('the node serves', () => folder.serves())
    return desktop
  }

  visible(): Promise<boolean> {
    return this.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((window) => window.isVisible()))
  }

  closeWindow(): Promise<void> {
    return this.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
  }

  logged(event: string): boolean {
    return this.logs.some((line) => line.event === event)
  }

  async end(): Promise<void> {
    await this.app.close()
    this.folder.remove()
  }
}

/** Resolves with the exit code; after the deadline the process is killed and the code is null. */
export async function exitOf(child: ChildProcess, deadlineMs = 10_000): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  return new Promise((exit) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
    child.once('exit', (code) => (clearTimeout(timer), exit(code)))
  })
}

/** Starts `command --no-gui` on the folder, waits until it serves, ends it with SIGTERM: its exit code. */
export async function runHeadless(
  command: readonly string[],
  folder: DataFolder,
  env: NodeJS.ProcessEnv
): Promise<number | null> {
  const [path, ...args] = command
  const child = spawn(path!, [...args, '--no-gui', ...folder.flags], { env, stdio: 'ignore' })
  try {
    await until('the node serves', () => folder.serves())
  } finally {
    child.kill('SIGTERM')
    await exitOf(child)
  }
  return child.exitCode
}

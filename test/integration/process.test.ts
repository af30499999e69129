import { spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NodeProcess, until, type ClusterView } from '../support/processes'

const entry = resolve('out/main/index.js')
const flags = ['--api', '127.0.0.1:0', '--rpc', '127.0.0.1:0', '--no-discovery']

describe('a headless node', () => {
  let folder: string
  let node: NodeProcess
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'raft3d-'))
    node = new NodeProcess('lab', join(folder, 'data'), flags)
  })
  afterEach(async () => {
    await node.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it('bootstraps a cluster of one and says where it is, in the log and in node.json', async () => {
    await node.start()
    const file = JSON.parse(readFileSync(join(node.dataDir, 'node.json'), 'utf8')) as {
      ports: { api: number }
      pid: number
    }
    expect(new URL(node.url).port).toBe(String(file.ports.api))
    expect(file.pid).toBe(node.pid)
    const modeOf = (name: string) => statSync(join(node.dataDir, name)).mode & 0o777
    for (const name of ['node.key', 'node.crt', 'raft/log-0000000001.db']) expect(modeOf(name)).toBe(0o600)
    for (const name of ['raft', 'snapshots']) expect(modeOf(name)).toBe(0o700)
    expect(await node.json('/cluster')).toMatchObject({ role: 'leader', name: 'lab', members: [{ suffrage: 'voter' }] })
    expect((await fetch(`${node.url}/readyz`)).status).toBe(200)
  })

  it.runIf(process.platform === 'linux')('logs for people where it has a terminal', async () => {
    const command = [process.execPath, entry, '--no-gui', '--data-dir', node.dataDir, ...flags].join(' ')
    const terminal = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'])
    let shown = ''
    terminal.stdout.on('data', (text: Buffer) => (shown += text.toString()))
    const exited = new Promise((done) => terminal.once('exit', done))
    try {
      const lines = ['Raft3D is running: http://', 'Founded a cluster of one.']
      await until('it says where it is', () => lines.every((line) => shown.includes(line)))
      expect(shown).not.toContain('{"level"')
    } finally {
      const file = join(node.dataDir, 'node.json')
      if (existsSync(file)) process.kill((JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid, 'SIGTERM')
      await exited
    }
  })

  it('keeps what it acknowledged over an orderly stop, which ends with code 0', async () => {
    await node.start()
    await node.json('/printers', { method: 'POST', json: { id: 'p', company: 'Prusa', model: 'MK4' } })
    expect(await node.stop()).toBe(0)
    await node.start()
    expect(await node.json('/printers')).toMatchObject([{ id: 'p', company: 'Prusa', model: 'MK4' }])
  })

  it('has told its cluster where it is before it says that it is ready', async () => {
    await node.start()
    const { members } = await node.json<ClusterView>('/cluster?consistency=stale')
    expect(members).toMatchObject([{ api_address: new URL(node.url).host, rpc_address: node.rpc }])
  })

  it('takes the ports of its last start where any port will do and they are free', async () => {
    const again = new NodeProcess('lab', node.dataDir, flags)
    await node.start()
    await node.kill()
    const taken = createServer()
    try {
      await again.start()
      expect([again.url, again.rpc]).toEqual([node.url, node.rpc])
      await again.stop()
      await new Promise<void>((listening) => taken.listen(Number(new URL(node.url).port), '127.0.0.1', listening))
      const elsewhere = new NodeProcess('lab', node.dataDir, flags)
      await elsewhere.start()
      expect(elsewhere.url).not.toBe(node.url)
      expect(elsewhere.rpc).toBe(node.rpc)
      await elsewhere.kill()
    } finally {
      taken.close()
      await again.kill()
    }
  })

  it('ends with npm, which passes SIGTERM on to a shell, and the shell to nobody', async () => {
    const launch = [process.execPath, 'src-main/launch.mjs', '--no-gui', '--data-dir', node.dataDir, ...flags]
    const shell = spawn('sh', ['-c', `${launch.map((part) => `'${part}'`).join(' ')}; true`], {
      stdio: 'ignore',
      env: { ...process.env, npm_lifecycle_event: 'start' }
    })
    const file = () =>
      JSON.parse(readFileSync(join(node.dataDir, 'node.json'), 'utf8')) as { pid: number; ports: object }
    try {
      await until('it runs', () => file().ports !== undefined, 60_000)
      const { pid } = file()
      shell.kill('SIGTERM')
      await until('it has ended in order', () => file().pid === null)
      await until('the process is gone', () => !existsSync(`/proc/${pid}`))
    } finally {
      shell.kill('SIGKILL')
      const { pid } = file()
      if (pid !== null) process.kill(pid, 'SIGKILL')
    }
  })

  it('ends in order while it is still starting', async () => {
    node.spawn()
    await node.logged(({ event }) => event === 'founded', 60_000)
    expect(await node.stop()).toBe(0)
    await node.start()
  })

  it('ends in order while it waits to be let into a cluster, however often it is told to', async () => {
    await node.start()
    const { invite } = await node.json<{ invite: string }>('/cluster/invites', { method: 'POST', json: {} })
    // It accepts connections, and says nothing more.
    node.signal('SIGSTOP')
    const newcomer = new NodeProcess('newcomer', join(folder, 'newcomer'), [...flags, '--join', invite])
    try {
      newcomer.spawn()
      await newcomer.logged(({ event }) => event === 'joining', 60_000)
      newcomer.signal('SIGINT')
      await newcomer.logged(({ event }) => event === 'stopping')
      newcomer.signal('SIGINT')
      newcomer.signal('SIGTERM')
      expect(await newcomer.exit(5_000)).toBe(0)
      expect(newcomer.stderr).toBe('')
    } finally {
      node.signal('SIGCONT')
      await newcomer.kill()
    }
  })

  it('refuses a folder that another process holds, with code 3 and its pid', async () => {
    await node.start()
    const second = spawnSync(process.execPath, [entry, '--no-gui', '--data-dir', node.dataDir, ...flags], {
      encoding: 'utf8'
    })
    expect(second.status).toBe(3)
    expect(second.stderr).toContain(String(node.pid))
    expect((await fetch(`${node.url}/readyz`)).status).toBe(200)
  })

  it('takes over the folder of a process that was killed', async () => {
    await node.start()
    await node.kill()
    await node.start()
    await until('the node serves', async () => (await fetch(`${node.url}/readyz`)).ok)
  })

  it('says what is wrong with its flags in one line, with code 2', () => {
    const run = spawnSync(process.execPath, [entry, '--no-gui', '--api', 'nowhere'], { encoding: 'utf8' })
    expect(run.status).toBe(2)
    expect(run.stderr.trim().split('\n')).toHaveLength(1)
    expect(run.stderr).toContain('--api wants HOST:PORT')
    expect(run.stdout).toBe('')
  })

  it('takes an invite that cannot be one for a bad flag, and leaves the folder new', async () => {
    const join = ['--join', 'raft3d-cut']
    const run = spawnSync(process.execPath, [entry, '--no-gui', '--data-dir', node.dataDir, ...flags, ...join], {
      encoding: 'utf8'
    })
    expect([run.status, run.stdout]).toEqual([2, ''])
    expect(run.stderr.trim()).toMatch(/^raft3d: --join: The invite is incomplete .*$/)
    expect(readdirSync(node.dataDir)).toEqual([])
    await node.start()
    await node.stop()
  })

  it('refuses to start on a lost log instead of starting over', async () => {
    await node.start()
    await node.stop()
    rmSync(join(node.dataDir, 'raft'), { recursive: true })
    const again = spawnSync(process.execPath, [entry, '--no-gui', '--data-dir', node.dataDir, ...flags], {
      encoding: 'utf8'
    })
    expect(again.status).toBe(4)
    expect(again.stderr).toMatch(/log of this node is missing/)
  })

  it('--inspect-data tells a whole folder from a damaged one by its exit code', async () => {
    await node.start()
    await node.stop()
    const inspect = () =>
      spawnSync(process.execPath, [entry, '--inspect-data', '--data-dir', node.dataDir], { encoding: 'utf8' })
    expect(inspect().status).toBe(0)
    const path = join(node.dataDir, 'raft', 'log-0000000001.db')
    const bytes = readFileSync(path)
    bytes[200]! ^= 1
    writeFileSync(path, bytes)
    const damaged = inspect()
    expect([damaged.status, damaged.stdout]).toEqual([4, expect.stringContaining(path)])
  })

  it('goes on when its log cannot be written, as on a full disk', async () => {
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [entry, '--no-gui', '--data-dir', node.dataDir, ...flags], {
      stdio: ['ignore', full, 'ignore']
    })
    try {
      const file = () =>
        JSON.parse(readFileSync(join(node.dataDir, 'node.json'), 'utf8')) as { ports?: { api: number } }
      const ready = async () => (await fetch(`http://127.0.0.1:${file().ports?.api}/readyz`)).ok
      await until('it serves', ready)
      expect(child.exitCode).toBeNull()
    } finally {
      child.kill('SIGKILL')
      closeSync(full)
    }
  })

  it('never loads Electron', async () => {
    await node.start()
    const maps = () => readFileSync(`/proc/${node.pid}/maps`, 'utf8')
    await until('the process is mapped', () => maps().length > 0)
    expect(maps()).not.toMatch(/electron/i)
    const sources = readFileSync(entry, 'utf8')
    expect(sources).not.toMatch(/from\s*['"]electron['"]/)
  })
})

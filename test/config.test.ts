import { describe, expect, it } from 'vitest'
import { BadUsage, defaultDataDir, parseConfig, parseHostPort, usage } from '../src-main/config'

const parse = (args: string[], env: NodeJS.ProcessEnv = {}, electron = false) => parseConfig(args, env, { electron })

describe('configuration', () => {
  it('has the defaults of the contract', () => {
    const config = parse([])
    expect(config).toMatchObject({
      task: 'run',
      gui: true,
      api: { host: '127.0.0.1', port: 8080 },
      rpc: null,
      advertise: null,
      join: null,
      discovery: true,
      requireToken: false,
      logLevel: 'info'
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('knows its tasks among the switches of Electron', () => {
    const config = parse(['--inspect=9229', '--no-sandbox', '--inspect-data', '--lang=de'], {}, true)
    expect(config.task).toBe('inspect')
    expect(parse(['--recover-cluster', '--inspect-brk', '--disable-gpu'], {}, true).task).toBe('recover')
  })

  it('reads every flag, with = or as the next argument', () => {
    expect(
      parse([
        '--no-gui',
        '--data-dir=/d',
        '--name',
        'Lab 3',
        '--api',
        '[::1]:0',
        '--rpc=10.0.0.1:7',
        '--advertise',
        'lab3.local:7081',
        '--no-discovery'
      ])
    ).toMatchObject({
      gui: false,
      dataDir: '/d',
      name: 'Lab 3',
      api: { host: '::1', port: 0 },
      rpc: { host: '10.0.0.1', port: 7 },
      advertise: { host: 'lab3.local', port: 7081 },
      discovery: false
    })
  })

  it('takes the environment where no flag is given', () => {
    expect(
      parse(['--api', '127.0.0.1:1'], { RAFT3D_API: '127.0.0.1:2', RAFT3D_NO_GUI: '1', RAFT3D_LOG_LEVEL: 'warn' })
    ).toMatchObject({
      api: { port: 1 },
      gui: false,
      logLevel: 'warn'
    })
  })

  it.each([
    [['--nonsense'], /unknown flag --nonsense/],
    [['-x'], /unknown flag -x/],
    [['stray'], /unexpected argument "stray"/],
    [['--api'], /--api wants a value/],
    [['--api', '--no-gui'], /--api wants a value/],
    [['--data-dir='], /--data-dir wants a value/],
    [['--data-dir', ''], /--data-dir wants a value/],
    [['--api', '127.0.0.1'], /--api wants HOST:PORT/],
    [['--api', '127.0.0.1:99999'], /--api wants HOST:PORT/],
    [['--no-gui=yes'], /takes no value/],
    [['--log-level', 'loud'], /--log-level is one of/],
    [['--advertise', '0.0.0.0:7080'], /--advertise wants an address/],
    [['--name', ' '], /--name wants/]
  ])('refuses %j', (args, message) => {
    expect(() => parse(args)).toThrow(message)
    expect(() => parse(args)).toThrow(BadUsage)
  })

  it('lets Chromium switches and deep links pass in Electron only', () => {
    expect(parse(['--no-sandbox', '.', '--no-gui', 'raft3d://join/abc'], {}, true).gui).toBe(false)
    expect(() => parse(['--no-sandbox'])).toThrow(BadUsage)
  })

  it('refuses a boolean variable that is neither yes nor no', () => {
    expect(() => parse([], { RAFT3D_NO_GUI: 'perhaps' })).toThrow(/RAFT3D_NO_GUI/)
  })

  it('names each flag in the usage text', () => {
    for (const flag of ['--no-gui', '--data-dir DIR', '--join INVITE', '--recover-cluster'])
      expect(usage()).toContain(flag)
  })

  it('keeps data where the platform keeps it', () => {
    expect(defaultDataDir({ XDG_CONFIG_HOME: '/x' }, 'linux')).toBe('/x/Raft3D')
    expect(defaultDataDir({}, 'darwin')).toMatch(/Application Support.Raft3D$/)
    expect(parseHostPort(':9', '--api')).toEqual({ host: '127.0.0.1', port: 9 })
  })
})

/**
 * Flags and environment → one frozen Config. Flags win over `RAFT3D_…` variables, those over defaults.
 * Everything wrong with them is a {@link BadUsage}: one clear line, exit code 2.
 */
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isWildcard, type Address } from './transport/address'

/** As an address to listen on, port 0 means any free port. */
export type HostPort = Address

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What the process is asked to do; only `run` starts a node. */
export type Task = 'run' | 'help' | 'version' | 'inspect' | 'recover'

export interface Config {
  readonly task: Task
  readonly gui: boolean
  readonly dataDir: string
  /** null: the name kept from an earlier start, else the host name. */
  readonly name: string | null
  readonly api: HostPort
  /** null: 0.0.0.0:7080 in a cluster of several, the same port on loopback before that. */
  readonly rpc: HostPort | null
  /** null: the RPC address, or the LAN address where that is a wildcard. */
  readonly advertise: HostPort | null
  readonly join: string | null
  readonly discovery: boolean
  readonly requireToken: boolean
  readonly logLevel: LogLevel
  /** Milliseconds a voter may stay away before a learner takes its place. */
  readonly voterAbsentMs: number
  /** With --recover-cluster: the warning was read. */
  readonly yes: boolean
}

export class BadUsage extends Error {}

const DEFAULT_API: HostPort = { host: '127.0.0.1', port: 8080 }
export const DEFAULT_RPC_PORT = 7080
export const NAME_CHARS_MAX = 100

const OPTIONS = {
  'no-gui': { type: 'boolean', help: 'run without a window' },
  'data-dir': { type: 'string', value: 'DIR', help: 'everything this node keeps' },
  name: { type: 'string', value: 'NAME', help: 'human name of this node (default: host name)' },
  api: { type: 'string', value: 'HOST:PORT', help: 'REST API and web UI (default 127.0.0.1:8080)' },
  rpc: {
    type: 'string',
    value: 'HOST:PORT',
    help: 'Raft TCP RPC (default 0.0.0.0:7080 once in a cluster of several, loopback before)'
  },
  advertise: { type: 'string', value: 'HOST:PORT', help: 'address that peers dial (default: the RPC or LAN address)' },
  join: { type: 'string', value: 'INVITE', help: 'join the cluster that made the invite (first start only)' },
  'no-discovery': { type: 'boolean', help: 'no mDNS' },
  'require-token': { type: 'boolean', help: 'the API wants a token on loopback too (make one before)' },
  'log-level': { type: 'string', value: 'LEVEL', help: `${LOG_LEVELS.join(', ')} (default info)` },
  'voter-absent-seconds': {
    type: 'string',
    value: 'N',
    help: 'replace a voter that stays away this long (default 600)'
  },
  'inspect-data': { type: 'boolean', help: 'print what the data folder holds, and exit' },
  'recover-cluster': {
    type: 'boolean',
    help: 'make this node the only voter after a quorum was lost for good, and exit; needs --yes'
  },
  yes: { type: 'boolean', help: 'with --recover-cluster: go ahead' },
  help: { type: 'boolean', help: 'print this, and exit' },
  version: { type: 'boolean', help: 'print the version, and exit' }
} as const satisfies Record<string, { type: 'boolean' | 'string'; value?: string; help: string }>

type OptionName = keyof typeof OPTIONS

/** Switches that Chromium or Node take for themselves; they stand among ours on Electron's command line. */
const ELECTRON_SWITCH =
  /^--(no-sandbox|disable-|enable-|force-|remote-debugging-|ozone-platform|user-data-dir|inspect(-brk|-port|-publish-uid|-wait)?(=|$)|lang|use-|in-process-gpu|password-store|js-flags|headless|original-process-start-time|squirrel-|hidden$)/

export function usage(): string {
  const rows = Object.entries(OPTIONS).map(([name, option]) => {
    const left = `  --${name}${'value' in option ? ` ${option.value}` : ''}`
    return `${left.padEnd(30)} ${option.help}`
  })
  return `Raft3D: a print-farm manager without a server.\n\n${rows.join('\n')}\n\nEach flag can be given as an environment variable too: --data-dir as RAFT3D_DATA_DIR.\n`
}

/** HOST:PORT, with an IPv6 host in brackets; `:PORT` means loopback. */
export function parseHostPort(text: string, what: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]*)):(\d{1,5})$/.exec(text.trim())
  const port = Number(match?.[3])
  if (!match || port > 65535) throw new BadUsage(`${what} wants HOST:PORT, not "${text}"`)
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port }
}

/** Where desktop programs keep their data on this platform. */
export function defaultDataDir(env: NodeJS.ProcessEnv, platform = process.platform): string {
  if (platform === 'win32') return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Raft3D')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Raft3D')
  const base = env.XDG_CONFIG_HOME
  return join(base && isAbsolute(base) ? base : join(homedir(), '.config'), 'Raft3D')
}

/**
 * @param argv the arguments after the program and script
 * @throws BadUsage
 */
export function parseConfig(argv: readonly string[], env: NodeJS.ProcessEnv, options: { electron: boolean }): Config {
  const given = readFlags(options.electron ? argv.filter((arg) => !ELECTRON_SWITCH.test(arg)) : argv, options.electron)
  const text = (name: OptionName): string | undefined => {
    const flag = given.get(name)
    return typeof flag === 'string' ? flag : env[environmentName(name)] || undefined
  }
  const flag = (name: OptionName): boolean =>
    given.has(name) || parseBoolean(env[environmentName(name)], environmentName(name))
  const address = (name: 'api' | 'rpc' | 'advertise') => {
    const value = text(name)
    return value === undefined ? null : parseHostPort(value, `--${name}`)
  }

  const logLevel = text('log-level') ?? 'info'
  if (!LOG_LEVELS.includes(logLevel as LogLevel))
    throw new BadUsage(`--log-level is one of ${LOG_LEVELS.join(', ')}, not "${logLevel}"`)
  const absent = text('voter-absent-seconds') ?? '600'
  if (!/^\d{1,7}$/.test(absent) || Number(absent) === 0)
    throw new BadUsage(`--voter-absent-seconds wants a whole number of seconds, not "${absent}"`)
  const name = text('name')?.trim() ?? null
  if (name !== null && (name === '' || name.length > NAME_CHARS_MAX))
    throw new BadUsage('--name wants 1 to 100 characters')
  // An empty path would be the folder in which the program happens to be started.
  if (given.get('data-dir') === '') throw new BadUsage('--data-dir wants a value')
  const advertise = address('advertise')
  if (advertise && (advertise.port === 0 || isWildcard(advertise.host)))
    throw new BadUsage('--advertise wants an address that peers can dial, not a wildcard or port 0')

  return Object.freeze({
    task: taskOf(given),
    gui: !flag('no-gui'),
    dataDir: resolve(text('data-dir') ?? defaultDataDir(env)),
    name,
    api: address('api') ?? DEFAULT_API,
    rpc: address('rpc'),
    advertise,
    join: text('join') ?? null,
    discovery: !flag('no-discovery'),
    requireToken: flag('require-token'),
    logLevel: logLevel as LogLevel,
    voterAbsentMs: Number(absent) * 1000,
    yes: given.has('yes')
  })
}

function readFlags(argv: readonly string[], electron: boolean): Map<OptionName, string | true> {
  const { tokens } = parseArgs({ args: [...argv], options: {}, strict: false, allowPositionals: true, tokens: true })
  const given = new Map<OptionName, string | true>()
  let take: OptionName | null = null
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (take) given.set(take, token.value)
      // Electron hands over deep links, and its own app folder, as plain arguments.
      else if (!electron) throw new BadUsage(`unexpected argument "${token.value}"; see --help`)
      take = null
      continue
    }
    if (take) throw new BadUsage(`--${take} wants a value`)
    if (token.kind === 'option-terminator') continue
    const option =
      Object.hasOwn(OPTIONS, token.name) && token.rawName.startsWith('--') ? OPTIONS[token.name as OptionName] : null
    if (!option) throw new BadUsage(`unknown flag ${token.rawName}; see --help`)
    const name = token.name as OptionName
    if (option.type === 'boolean') {
      if (token.value !== undefined) throw new BadUsage(`--${name} takes no value`)
      given.set(name, true)
    } else if (token.value !== undefined) given.set(name, token.value)
    else take = name
  }
  if (take) throw new BadUsage(`--${take} wants a value`)
  return given
}

function taskOf(given: ReadonlyMap<OptionName, unknown>): Task {
  if (given.has('help')) return 'help'
  if (given.has('version')) return 'version'
  if (given.has('inspect-data')) return 'inspect'
  return given.has('recover-cluster') ? 'recover' : 'run'
}

function environmentName(name: OptionName): string {
  return `RAFT3D_${name.toUpperCase().replaceAll('-', '_')}`
}

function parseBoolean(value: string | undefined, name: string): boolean {
  if (value === undefined || /^(|0|false|no|off)$/i.test(value)) return false
  if (/^(1|true|yes|on)$/i.test(value)) return true
  throw new BadUsage(`${name} wants 1 or 0, not "${value}"`)
}

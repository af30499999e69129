/**
 * `npm run bench`: Raft3D against the Go yardstick and etcd, same load generator, same machine, one run. Each is given
 * the same time under load before anything counts, so that what is compiled while it runs has been compiled. Then each
 * load is put on them by turns, so that a machine that is slower for a minute is slower for all.
 * Flags: --reps N (3), --seconds N (3), --only raft3d,peer,etcd, --loads writes,reads,failover, --kills N (10),
 * --floor (besides, what the libraries alone would do; writes to the leader only),
 * --connections 1,16,64,256, --default (the yardstick as it comes, not tuned),
 * --growth: instead, --nodes 3,5,7, and with the first of them a farm of 1k to 200k jobs
 * --farm: instead, memory, pauses, throughput and restart of a large farm; --jobs N (200000), --minutes N (10) of
 * --rate N (1000) writes per second
 * --idle: instead, what three nodes use while nobody asks anything, over --minutes N (1)
 */
import { parseArgs } from 'node:util'
import { largeFarm } from './farm'
import { floor } from './floor'
import { growth } from './growth'
import { idle } from './idle'
import { measure, measureOnce, median, type Measured } from './load'
import { etcd, hasYardstick, loadGenerator, peerDefault, peerTuned, raft3d, type Running, type System } from './systems'

const { values } = parseArgs({
  options: {
    reps: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'peer,etcd,raft3d' },
    loads: { type: 'string', default: 'writes,reads,failover' },
    connections: { type: 'string', default: '1,16,64,256' },
    kills: { type: 'string', default: '10' },
    default: { type: 'boolean', default: false },
    floor: { type: 'boolean', default: false },
    growth: { type: 'boolean', default: false },
    nodes: { type: 'string', default: '3,5,7' },
    farm: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '200000' },
    minutes: { type: 'string' },
    rate: { type: 'string', default: '1000' },
    idle: { type: 'boolean', default: false }
  }
})
if (values.idle) {
  await idle(Number(values.minutes ?? 1) * 60)
  process.exit(0)
}
const generator = loadGenerator()
if (!generator) {
  console.error(
    'The load generator is not here (its folder is shared/peer beside the project); see npm run bench:micro.'
  )
  process.exit(1)
}
if (values.growth) {
  await growth(generator, Number(values.seconds), values.nodes.split(',').map(Number))
  process.exit(0)
}
if (values.farm) {
  const [jobs, minutes, rate, seconds] = [values.jobs, values.minutes ?? 10, values.rate, values.seconds].map(Number)
  await largeFarm(generator, { jobs: jobs!, minutes: minutes!, rate: rate!, seconds: seconds! })
  process.exit(0)
}
/**
 * Of each system, before the first measurement: many at once, then one by one, as both ends are measured. V8's
 * compilers are at work for the first 20 s or so.
 */
const WARM_UP_CONNECTIONS = [64, 1]
const WARM_UP = '15s'

const wanted = (list: string, item: string) => list.split(',').includes(item)
const connections = values.connections.split(',').map(Number)
const systems = [
  ...(hasYardstick() && wanted(values.only, 'peer') ? [values.default ? peerDefault : peerTuned] : []),
  ...(hasYardstick() && wanted(values.only, 'etcd') ? [etcd] : []),
  ...(values.floor ? [floor] : []),
  ...(wanted(values.only, 'raft3d') ? [raft3d()] : [])
]

/** load → connections → system → measurements */
const results = new Map<string, Map<string, Measured[]>>()
function record(load: string, system: System, measured: Measured): void {
  const row = results.get(load) ?? new Map<string, Measured[]>()
  results.set(load, row)
  row.set(system.name, [...(row.get(system.name) ?? []), measured])
  const gap = measured.longest_gap_ms === undefined ? '' : `, longest gap ${measured.longest_gap_ms} ms`
  console.error(
    `${system.name}: ${load}: ${Math.round(measured.throughput ?? 0)}/s, p99 ${measured.p99_ms ?? '-'} ms, errors ${measured.errors ?? 0}${gap}${measured.last_error ? ` (${measured.last_error})` : ''}`
  )
}

interface Load {
  readonly name: string
  readonly mode: { readonly rest: string; readonly etcd: string | null }
  readonly connections: number
  readonly leaderOnly?: boolean
  /** Flags for the REST dialect. */
  readonly rest?: readonly string[]
}
const WRITE = { rest: 'write', etcd: 'etcd' }
const READ = { rest: 'read', etcd: 'etcd-read' }
const LOADS: readonly Load[] = [
  ...(!wanted(values.loads, 'writes')
    ? []
    : [
        ...connections.map((count) => ({
          name: `writes to the leader, ${count}`,
          mode: WRITE,
          connections: count,
          leaderOnly: true
        })),
        { name: 'writes to all, 64', mode: WRITE, connections: 64 }
      ]),
  ...(!wanted(values.loads, 'reads')
    ? []
    : [
        {
          name: 'linearizable reads from all, 64',
          mode: READ,
          connections: 64,
          rest: ['--consistency', 'linearizable']
        },
        { name: 'stale reads from all, 64', mode: READ, connections: 64, rest: ['--consistency', 'stale'] },
        {
          name: '90% stale reads, 10% writes, 64',
          mode: { rest: 'mixed', etcd: null },
          connections: 64,
          rest: ['--consistency', 'stale']
        }
      ])
]

/** The load generator's flags; null where the system cannot be asked this. */
async function flagsOf(load: Load, { name, dialect }: System, running: Running): Promise<string[] | null> {
  if (name === floor.name && !load.leaderOnly) return null
  const mode = load.mode[dialect]
  if (mode === null) return null
  const targets = load.leaderOnly ? await running.leader() : running.urls.join(',')
  const more = dialect === 'rest' ? (load.rest ?? []) : []
  return ['--mode', mode, '--connections', String(load.connections), '--targets', targets, ...more]
}

async function warmUp(system: System, running: Running): Promise<void> {
  for (const connections of WARM_UP_CONNECTIONS) {
    const flags = await flagsOf({ name: '', mode: WRITE, connections, leaderOnly: true }, system, running)
    await measureOnce(generator!, [...flags!, '--duration', WARM_UP, '--warmup', '0s'])
  }
}

async function byTurns(load: Load, started: readonly Started[]): Promise<void> {
  for (let rep = 0; rep < Number(values.reps); rep++)
    for (const { system, running } of started) {
      const flags = await flagsOf(load, system, running)
      if (flags === null) continue
      const times = ['--duration', `${values.seconds}s`, '--warmup', '1s', '--pids', running.pids().join(',')]
      record(load.name, system, await measure(generator!, [...flags, ...times]))
    }
}

async function failover(system: System, running: Running): Promise<void> {
  for (let kill = 0; kill < Number(values.kills); kill++) {
    const rest = system.dialect === 'rest'
    const load = measureOnce(generator!, [
      '--mode',
      rest ? 'failover' : 'etcd-failover',
      '--targets',
      running.urls.join(','),
      '--duration',
      '8s',
      ...(rest ? ['--verify'] : [])
    ])
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const restart = await running.killLeader()
    record('leader killed: longest write gap', system, await load)
    await restart()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
  }
}

interface Started {
  readonly system: System
  readonly running: Running
}
const started: Started[] = []
try {
  for (const system of systems) started.push({ system, running: await system.start() })
  if (LOADS.length > 0) for (const { system, running } of started) await warmUp(system, running)
  for (const load of LOADS) await byTurns(load, started)
  if (wanted(values.loads, 'failover'))
    for (const { system, running } of started) if (system !== floor) await failover(system, running)
} finally {
  for (const { running } of started) await running.stop()
}

const names = systems.map((system) => system.name)
const others = names.filter((name) => name !== 'raft3d')
console.log(
  `\n| load | ${names.join(' | ')} | ${others.map((name) => `ratio to ${name}`).join(' | ')} | p99 ms ${names.join(' / ')} | per second of server CPU |`
)
console.log(`|${'---|'.repeat(names.length + others.length + 3)}`)
for (const [load, row] of results) {
  const isGap = load.includes('gap')
  const value = (name: string) => {
    const runs = row.get(name)
    return runs ? median(runs.map((measured) => (isGap ? measured.longest_gap_ms! : measured.throughput))) : NaN
  }
  const p99 = names.map((name) =>
    row.has(name) && !isGap ? median(row.get(name)!.map((measured) => measured.p99_ms)).toFixed(1) : '–'
  )
  const perCpu = names.map((name) =>
    row.has(name) && !isGap ? Math.round(median(row.get(name)!.map((run) => run.ops_per_server_cpu_s))) : '–'
  )
  const figures = names.map((name) =>
    Number.isNaN(value(name)) ? '–' : `${Math.round(value(name))}${isGap ? ' ms' : '/s'}`
  )
  const ratios = others.map((name) => {
    const [ours, theirs] = [row.get('raft3d'), row.get(name)]
    if (!ours || !theirs) return '–'
    if (isGap) return (value('raft3d') / value(name)).toFixed(2)
    return median(ours.map(({ throughput }, turn) => throughput / theirs[turn]!.throughput)).toFixed(2)
  })
  console.log(
    `| ${load} | ${figures.join(' | ')} | ${ratios.join(' | ')} | ${p99.join(' / ')} | ${perCpu.join(' / ')} |`
  )
}

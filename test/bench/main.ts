/**
 * `npm run bench`: Raft3D against the Go yardstick and etcd, same load generator, same machine, one run. Each is given
 * the same time under load before anything counts, so that what is compiled while it runs has been compiled.
 * Flags: --reps N (3), --seconds N (3), --only raft3d,peer,etcd, --loads writes,reads,failover, --kills N (10),
 * --connections 1,16,64,256, --default (the yardstick as it comes, besides the tuned one),
 * --growth: instead, --nodes 3,5,7, and with the first of them a farm of 1k to 200k jobs
 * --farm: instead, memory, pauses, throughput and restart of a large farm; --jobs N (200000), --minutes N (10) of
 * --rate N (1000) writes per second
 */
import { parseArgs } from 'node:util'
import { largeFarm } from './farm'
import { growth } from './growth'
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
    growth: { type: 'boolean', default: false },
    nodes: { type: 'string', default: '3,5,7' },
    farm: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '200000' },
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '1000' }
  }
})
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
  const [jobs, minutes, rate, seconds] = [values.jobs, values.minutes, values.rate, values.seconds].map(Number)
  await largeFarm(generator, { jobs: jobs!, minutes: minutes!, rate: rate!, seconds: seconds! })
  process.exit(0)
}
/** Of each system, before the first measurement: many at once, then one by one, as both ends are measured. */
const WARM_UP_CONNECTIONS = ['64', '1']
const WARM_UP = '4s'

const wanted = (list: string, item: string) => list.split(',').includes(item)
const connections = values.connections.split(',').map(Number)
const systems = [
  ...(hasYardstick() && values.default ? [peerDefault] : []),
  ...(hasYardstick() && wanted(values.only, 'peer') ? [peerTuned] : []),
  ...(hasYardstick() && wanted(values.only, 'etcd') ? [etcd] : []),
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

async function loads(system: System, running: Running): Promise<void> {
  const common = ['--duration', `${values.seconds}s`, '--warmup', '1s', '--pids', running.pids().join(',')]
  const all = running.urls.join(',')
  const rest = system.dialect === 'rest'
  const leader = await running.leader()
  for (const count of WARM_UP_CONNECTIONS) {
    const mode = rest ? 'write' : 'etcd'
    const warmUp = [
      '--mode',
      mode,
      '--connections',
      count,
      '--targets',
      leader,
      '--duration',
      WARM_UP,
      '--warmup',
      '0s'
    ]
    await measureOnce(generator!, warmUp)
  }
  const one = async (load: string, mode: string, count: number, targets: string, ...more: string[]) =>
    record(
      load,
      system,
      await measure(generator!, [
        '--mode',
        mode,
        '--connections',
        String(count),
        '--targets',
        targets,
        ...more,
        ...common
      ])
    )
  if (wanted(values.loads, 'writes')) {
    for (const count of connections) await one(`writes to the leader, ${count}`, rest ? 'write' : 'etcd', count, leader)
    await one('writes to all, 64', rest ? 'write' : 'etcd', 64, all)
  }
  if (wanted(values.loads, 'reads')) {
    await one(
      'linearizable reads from all, 64',
      rest ? 'read' : 'etcd-read',
      64,
      all,
      ...(rest ? ['--consistency', 'linearizable'] : [])
    )
    await one('stale reads from all, 64', rest ? 'read' : 'etcd-read', 64, all, '--consistency', 'stale')
    if (rest) await one('90% stale reads, 10% writes, 64', 'mixed', 64, all, '--consistency', 'stale')
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

for (let rep = 0; rep < Number(values.reps); rep++)
  for (const system of systems) {
    const running = await system.start()
    try {
      await loads(system, running)
      if (rep === 0 && wanted(values.loads, 'failover') && system !== peerDefault) await failover(system, running)
    } finally {
      await running.stop()
    }
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
  const ratios = others.map((name) =>
    Number.isNaN(value('raft3d') / value(name)) ? '–' : (value('raft3d') / value(name)).toFixed(2)
  )
  console.log(
    `| ${load} | ${figures.join(' | ')} | ${ratios.join(' | ')} | ${p99.join(' / ')} | ${perCpu.join(' / ')} |`
  )
}

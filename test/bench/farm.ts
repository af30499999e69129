/**
 * A farm of 1,000 printers, 2,000 rolls and 200,000 jobs on three nodes: what it costs in memory, in pauses, in
 * throughput and at a start. Printers and rolls come in as a backup, jobs by writes to the leader.
 */
import { NodeProcess, ProcessCluster, until } from '../support/processes'
import { FarmLoad, type FarmSize, type Served } from './farm-load'
import { measure, measureOnce } from './load'
import { residentMb, watch } from './node-watch'
import { watchStrangers } from './strangers'

export const SIZE: FarmSize = { printers: 1_000, filaments: 2_000 }
const ROLL_GRAMS = 1_000_000
const WARM_UP_SECONDS = 8

export interface FarmOptions {
  readonly jobs: number
  /** Of steady load. */
  readonly minutes: number
  /** Writes per second of that. */
  readonly rate: number
  /** Of each measurement at full speed. */
  readonly seconds: number
}

export async function largeFarm(generator: string, { jobs, minutes, rate, seconds }: FarmOptions): Promise<void> {
  const cluster = await new ProcessCluster().form(3)
  try {
    const leader = await cluster.leader()
    const nodes = [leader, ...(await cluster.followers())]
    const fullSpeed = ['--mode', 'write', '--connections', '64', '--targets', leader.url]
    const pids = nodes.map(({ pid }) => pid).join(',')
    const throughput = ['--duration', `${seconds}s`, '--warmup', '1s', '--pids', pids]

    console.log(
      '| phase | node | writes/s | p99 ms | resident MB: largest | p99.9 | longest delay ms: all | undisturbed | half seconds above 50 ms: all | undisturbed ' +
        '| snapshots | scavenges | marking | cores of strangers |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|'
    )
    const during = async (phase: string, load: () => Promise<Served>): Promise<Served> => {
      const end = await watch(nodes)
      const strangers = watchStrangers(nodes.map(({ pid }) => pid))
      const served = await load()
      const strange = strangers()
      for (const [at, watched] of (await end()).entries()) {
        const figures = [
          phase,
          nodes[at] === leader ? 'leader' : 'follower',
          Math.round(served.writes / served.seconds),
          served.p99Ms.toFixed(1),
          Math.round(watched.residentMbMax),
          Math.round(watched.residentMbP999),
          Math.round(watched.delayMsMax),
          Math.round(watched.delayMsUndisturbed),
          watched.delaysLong,
          watched.delaysLongUndisturbed,
          watched.snapshots,
          `${(watched.scavenging * 100).toFixed(1)}%`,
          `${(watched.marking * 100).toFixed(1)}%`,
          strange.toFixed(2)
        ]
        console.log(`| ${figures.join(' | ')} |`)
      }
      return served
    }
    const generated = async (phase: string) => {
      const measured = await measure(generator, [...fullSpeed, ...throughput])
      return { phase, ...measured }
    }

    await measureOnce(generator, [...fullSpeed, '--duration', `${WARM_UP_SECONDS}s`, '--warmup', '0s'])
    await restoreWithoutJobs(leader, { printers: 0, filaments: 0 })
    const empty = await generated('empty')
    await restoreWithoutJobs(leader, SIZE)
    const load = await FarmLoad.open(leader.url, SIZE)
    await during(`${jobs} jobs created`, () => load.create(jobs))
    await during(`at most ${rate}/s`, () => load.work(minutes * 60, rate))
    await during('full speed', () => load.work(seconds, 0))
    load.close()
    const full = await generated('full')

    console.log(
      '\n| farm at the start | writes to the leader, 64 | p99 ms | per second of server CPU | cores of strangers |\n|---|---|---|---|---|'
    )
    for (const { phase, throughput: rateMeasured, p99_ms, ops_per_server_cpu_s, cpu_other } of [empty, full]) {
      const figures = [
        phase,
        `${Math.round(rateMeasured)}/s`,
        p99_ms.toFixed(1),
        Math.round(ops_per_server_cpu_s),
        cpu_other.toFixed(2)
      ]
      console.log(`| ${figures.join(' | ')} |`)
    }
    console.log(`\nFull to empty: ${(full.throughput / empty.throughput).toFixed(2)} of the throughput.`)
    for (const node of [nodes[1]!, leader]) await restart(node)
  } finally {
    await cluster.end()
  }
}

/** Replaces the farm by one without jobs. */
export async function restoreWithoutJobs(node: NodeProcess, { printers, filaments }: FarmSize): Promise<void> {
  const now = Date.now()
  const stamp = { created_at: now, updated_at: now }
  const records = <T>(count: number, make: (number: number) => T): T[] =>
    Array.from({ length: count }, (_, number) => ({ ...make(number), ...stamp }))
  const weights = { total_weight_in_grams: ROLL_GRAMS, remaining_weight_in_grams: ROLL_GRAMS }
  await node.json('/restore', {
    method: 'POST',
    json: {
      format: 'raft3d-backup',
      version: 1,
      created_at: now,
      printers: records(printers, (number) => ({ id: `printer-${number}`, company: 'Creality', model: 'K1' })),
      filaments: records(filaments, (number) => ({ id: `roll-${number}`, type: 'PLA', color: 'red', ...weights })),
      print_jobs: [],
      tokens: []
    }
  })
}

async function restart(node: NodeProcess): Promise<void> {
  const residentBefore = residentMb(node.pid)
  await node.kill()
  const killedMs = performance.now()
  node.spawn()
  await until('the restarted node is ready', async () => (await fetch(`${node.url}/readyz`)).ok)
  const ms = Math.round(performance.now() - killedMs)
  const { jobs } = await node.json<{ jobs: unknown }>('/overview')
  console.log(
    `${node.name}: ready ${ms} ms after kill -9; resident ${Math.round(residentBefore)} MB before, ` +
      `${Math.round(residentMb(node.pid))} MB after; jobs ${JSON.stringify(jobs)}`
  )
}

/** How throughput and p99 change with the number of nodes and with the number of jobs that the farm holds. */
import { ProcessCluster } from '../support/processes'
import { restoreWithoutJobs, SIZE } from './farm'
import { FarmLoad } from './farm-load'
import { measureOnce } from './load'
import { residentMb } from './node-watch'

const JOBS = [1_000, 10_000, 100_000, 200_000]
const WARM_UP_SECONDS = 8

/** Larger clusters are measured with an almost empty farm only. */
export async function growth(generator: string, seconds: number, sizes: readonly number[]): Promise<void> {
  console.log(
    '| nodes | jobs before | and after | writes to the leader, 64 | p99 ms | per second of server CPU | largest resident MB |' +
      '\n|---|---|---|---|---|---|---|'
  )
  for (const nodes of sizes) {
    const cluster = await new ProcessCluster().form(nodes)
    try {
      const leader = await cluster.leader()
      const pids = cluster.running().map(({ pid }) => pid)
      const write = ['--mode', 'write', '--connections', '64', '--targets', leader.url]
      await measureOnce(generator, [...write, '--duration', `${WARM_UP_SECONDS}s`, '--warmup', '0s'])
      for (const jobs of nodes === sizes[0] ? JOBS : JOBS.slice(0, 1)) {
        await restoreWithoutJobs(leader, SIZE)
        const load = await FarmLoad.open(leader.url, SIZE)
        await load.create(jobs)
        load.close()
        const times = ['--duration', `${seconds}s`, '--warmup', '0s', '--pids', pids.join(',')]
        const { throughput, p99_ms, ops_per_server_cpu_s } = await measureOnce(generator, [...write, ...times])
        const figures = [
          nodes,
          jobs,
          Math.round((jobs + throughput * seconds) / 1000) * 1000,
          `${Math.round(throughput)}/s`,
          p99_ms.toFixed(1),
          Math.round(ops_per_server_cpu_s),
          Math.round(Math.max(...pids.map(residentMb)))
        ]
        console.log(`| ${figures.join(' | ')} |`)
      }
    } finally {
      await cluster.end()
    }
  }
}

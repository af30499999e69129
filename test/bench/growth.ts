/** How throughput and p99 change with the number of nodes and with the number of jobs that the farm holds. */
import { measure, measureOnce } from './load'
import { residentMb } from './node-watch'
import { raft3d } from './systems'

const NODES = [3, 5, 7]
const JOBS = [1_000, 10_000, 100_000, 200_000]
const FILL_SECONDS = 5
const FILLS_MAX = 60

export async function growth(generator: string, seconds: number): Promise<void> {
  console.log(
    '| nodes | jobs at least | writes to the leader, 64 | p99 ms | per second of server CPU | largest resident MB |\n|---|---|---|---|---|---|'
  )
  for (const nodes of NODES) {
    const running = await raft3d(nodes).start()
    try {
      const leader = await running.leader()
      const write = ['--mode', 'write', '--connections', '64', '--targets', leader]
      let written = 0
      // Larger clusters are measured with an almost empty farm only.
      for (const jobs of nodes === NODES[0] ? JOBS : JOBS.slice(0, 1)) {
        for (let fill = 0; written < jobs && fill < FILLS_MAX; fill++) {
          const filled = await measureOnce(generator, [...write, '--duration', `${FILL_SECONDS}s`, '--warmup', '0s'])
          written += filled.throughput * FILL_SECONDS
        }
        const times = ['--duration', `${seconds}s`, '--warmup', '1s', '--pids', running.pids().join(',')]
        const { throughput, p99_ms, ops_per_server_cpu_s } = await measure(generator, [...write, ...times])
        const figures = [
          nodes,
          jobs,
          `${Math.round(throughput)}/s`,
          p99_ms.toFixed(1),
          Math.round(ops_per_server_cpu_s),
          Math.round(Math.max(...running.pids().map(residentMb)))
        ]
        console.log(`| ${figures.join(' | ')} |`)
        written += throughput * seconds
      }
    } finally {
      await running.stop()
    }
  }
}

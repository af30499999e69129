/** What three nodes cost that nobody asks anything of: processor time, writes to the disk, memory. */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ProcessCluster, type NodeProcess } from '../support/processes'
import { residentMb } from './node-watch'
import { processSeconds } from './strangers'

/** V8 compiles what runs often, and at this pace it takes more than a minute to find out what that is. */
const SETTLE_SECONDS = 90

const writtenBytes = (pid: number): number =>
  Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))![1])

const used = ({ pid }: NodeProcess): { readonly cpuSeconds: number; readonly bytes: number } => ({
  cpuSeconds: processSeconds(pid),
  bytes: writtenBytes(pid)
})

export async function idle(seconds: number): Promise<void> {
  const cluster = await new ProcessCluster().form(3)
  try {
    const nodes = [await cluster.leader(), ...(await cluster.followers())]
    await delay(SETTLE_SECONDS * 1000)
    const before = nodes.map(used)
    const startedMs = performance.now()
    await delay(seconds * 1000)
    const passed = (performance.now() - startedMs) / 1000
    console.log('| idle | CPU of a core | written | resident |\n|---|---|---|---|')
    for (const [at, node] of nodes.entries()) {
      const { cpuSeconds, bytes } = used(node)
      const cpu = (((cpuSeconds - before[at]!.cpuSeconds) / passed) * 100).toFixed(2)
      const written = bytes - before[at]!.bytes
      const role = at === 0 ? 'leader' : 'follower'
      console.log(`| ${role} | ${cpu}% | ${written} bytes | ${Math.round(residentMb(node.pid))} MB |`)
    }
  } finally {
    await cluster.end()
  }
}

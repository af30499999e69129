/** What a node does to its machine while something goes on: memory, and how long its event loop was held up. */
import { readFileSync } from 'node:fs'
import type { NodeProcess } from '../support/processes'

export interface Watched {
  readonly residentMbMax: number
  readonly residentMbP999: number
  /** Longest time between two turns of a timer of 10 ms, as the node itself measured it, less those 10 ms. */
  readonly delayMsMax: number
  /** Spans of half a second in which that was above 50 ms. */
  readonly delaysLong: number
  readonly snapshots: number
  /** Of the garbage collector; shares of the time that passed. */
  readonly scavenging: number
  readonly marking: number
}

const LOOK_MS = 500
const TIMER_MS = 10
const LONG_MS = 50
const LAG = 'nodejs_eventloop_lag_max_seconds'
const SNAPSHOTS = 'raft3d_snapshots_taken_total'
const gcSeconds = (kind: string): string => `nodejs_gc_duration_seconds_sum{kind="${kind}"}`

export const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

/** Watches from the call on; the function that it gives ends that and tells. */
export async function watch(node: NodeProcess): Promise<() => Promise<Watched>> {
  const resident: number[] = []
  const delays: number[] = []
  const first = await figures(node)
  const startedMs = performance.now()
  let last = first
  let looking = Promise.resolve()
  const look = async (): Promise<void> => {
    last = await figures(node)
    resident.push(residentMb(node.pid))
    delays.push(Math.max(0, last(LAG) * 1000 - TIMER_MS))
  }
  const timer = setInterval(() => (looking = looking.then(look)), LOOK_MS)
  return async () => {
    clearInterval(timer)
    await looking
    await look()
    const since = (name: string): number => last(name) - first(name)
    const seconds = (performance.now() - startedMs) / 1000
    const sorted = resident.toSorted((a, b) => a - b)
    return {
      residentMbMax: sorted.at(-1) ?? NaN,
      residentMbP999: sorted[Math.floor(sorted.length * 0.999)] ?? NaN,
      delayMsMax: Math.max(...delays),
      delaysLong: delays.filter((ms) => ms > LONG_MS).length,
      snapshots: since(SNAPSHOTS),
      scavenging: since(gcSeconds('minor')) / seconds,
      marking: (since(gcSeconds('major')) + since(gcSeconds('incremental'))) / seconds
    }
  }
}

/** Values of the node's metrics, by name and labels; 0 for what was not counted yet. */
async function figures(node: NodeProcess): Promise<(name: string) => number> {
  const text = await (await fetch(`${node.url}/metrics`)).text()
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ')
    if (!line.startsWith('#')) values.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return (name) => values.get(name) ?? 0
}

/** What a node does to its machine while something goes on: memory, and how long its event loop was held up. */
import { readFileSync } from 'node:fs'
import type { NodeProcess } from '../support/processes'
import { watchStrangers } from './strangers'

export interface Watched {
  readonly residentMbMax: number
  readonly residentMbP999: number
  /** Longest time between two turns of a timer of 10 ms, as the node itself measured it, less those 10 ms. */
  readonly delayMsMax: number
  /** Spans of half a second in which that was above 50 ms … */
  readonly delaysLong: number
  /** … and strangers used next to nothing of the machine. */
  readonly delaysLongUndisturbed: number
  /** The longest in those spans. */
  readonly delayMsUndisturbed: number
  readonly snapshots: number
  /** Of the garbage collector; shares of the time that passed. */
  readonly scavenging: number
  readonly marking: number
}

const LOOK_MS = 500
const TIMER_MS = 10
const LONG_MS = 50
const DISTURBED_CORES = 0.1
const LAG = 'nodejs_eventloop_lag_max_seconds'
const SNAPSHOTS = 'raft3d_snapshots_taken_total'
const gcSeconds = (kind: string): string => `nodejs_gc_duration_seconds_sum{kind="${kind}"}`

export const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

/** Watches from the call on; the function that it gives ends that and tells, in the order of `nodes`. */
export async function watch(nodes: readonly NodeProcess[]): Promise<() => Promise<readonly Watched[]>> {
  const watches = await Promise.all(nodes.map(NodeWatch.begin))
  const strangers = (): (() => number) => watchStrangers(nodes.map(({ pid }) => pid))
  let span = strangers()
  const look = async (): Promise<void> => {
    await Promise.all(watches.map((one) => one.look()))
    const disturbed = span() > DISTURBED_CORES
    span = strangers()
    for (const one of watches) one.spanEnds(disturbed)
  }
  let looking = Promise.resolve()
  const timer = setInterval(() => (looking = looking.then(look)), LOOK_MS)
  return async () => {
    clearInterval(timer)
    await looking.then(look)
    return watches.map((one) => one.result())
  }
}

class NodeWatch {
  private readonly resident: number[] = []
  private readonly delays: { readonly ms: number; readonly disturbed: boolean }[] = []
  private readonly startedMs = performance.now()
  private last: Figures

  private constructor(
    private readonly node: NodeProcess,
    private readonly first: Figures
  ) {
    this.last = first
  }

  static async begin(this: void, node: NodeProcess): Promise<NodeWatch> {
    return new NodeWatch(node, await figures(node))
  }

  async look(): Promise<void> {
    this.last = await figures(this.node)
    this.resident.push(residentMb(this.node.pid))
  }

  spanEnds(disturbed: boolean): void {
    this.delays.push({ ms: Math.max(0, this.last(LAG) * 1000 - TIMER_MS), disturbed })
  }

  result(): Watched {
    const since = (name: string): number => this.last(name) - this.first(name)
    const seconds = (performance.now() - this.startedMs) / 1000
    const resident = this.resident.toSorted((a, b) => a - b)
    const undisturbed = this.delays.filter(({ disturbed }) => !disturbed)
    return {
      residentMbMax: resident.at(-1) ?? NaN,
      residentMbP999: resident[Math.floor(resident.length * 0.999)] ?? NaN,
      delayMsMax: Math.max(0, ...this.delays.map(({ ms }) => ms)),
      delaysLong: this.delays.filter(({ ms }) => ms > LONG_MS).length,
      delayMsUndisturbed: Math.max(0, ...undisturbed.map(({ ms }) => ms)),
      delaysLongUndisturbed: undisturbed.filter(({ ms }) => ms > LONG_MS).length,
      snapshots: since(SNAPSHOTS),
      scavenging: since(gcSeconds('minor')) / seconds,
      marking: (since(gcSeconds('major')) + since(gcSeconds('incremental'))) / seconds
    }
  }
}

type Figures = (name: string) => number

/** Values of the node's metrics, by name and labels; 0 for what was not counted yet. */
async function figures(node: NodeProcess): Promise<Figures> {
  const text = await (await fetch(`${node.url}/metrics`)).text()
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ')
    if (!line.startsWith('#')) values.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return (name) => values.get(name) ?? 0
}

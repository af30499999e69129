/** One measurement of the load generator; a run that others disturbed is repeated, the least disturbed one kept. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface Measured {
  readonly throughput: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly errors: number
  readonly ops_per_server_cpu_s: number
  readonly cpu_other: number
  readonly longest_gap_ms?: number
  readonly acked_but_missing?: number
  readonly last_error?: string
}

/** Cores used by strangers beyond which a measurement is taken again. */
const QUIET_CORES = 0.2
const TRIES_MAX = 3

const run = promisify(execFile)

export async function measureOnce(generator: string, args: readonly string[]): Promise<Measured> {
  const { stdout } = await run(generator, [...args], { timeout: 120_000, maxBuffer: 1 << 24 })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured
}

export async function measure(generator: string, args: readonly string[]): Promise<Measured> {
  let best: Measured | null = null
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const measured = await measureOnce(generator, args)
    if (!best || measured.cpu_other < best.cpu_other) best = measured
    if (best.cpu_other <= QUIET_CORES) break
  }
  return best!
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

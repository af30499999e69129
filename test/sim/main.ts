/**
 * The simulator's command line.
 *
 *   --seed N [--log short|full] [--seconds S] [--nodes N] [--keep 3,9,12] [--shrink]
 *   --seeds A..B [--nodes N] [--seconds S] [--skip 3,9] [--until failure] [--verbose]
 *   --soak [--from N]     until stopped, on all cores
 */
import { describeFault } from './faults'
import { describeProfile } from './profile'
import { run, type RunResult } from './simulation'
import { shrink } from './shrink'
import { soak } from './soak'
import type { TraceLevel } from './trace'

interface Flags {
  readonly [name: string]: string | undefined
}

function parse(args: readonly string[]): Flags {
  const flags: Record<string, string> = {}
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string
    if (!arg.startsWith('--')) throw new Error(`unexpected ${arg}`)
    const [name, inline] = arg.slice(2).split('=', 2) as [string, string | undefined]
    const next = args[i + 1]
    if (inline !== undefined) flags[name] = inline
    else if (next !== undefined && !next.startsWith('--')) {
      flags[name] = next
      i++
    } else flags[name] = ''
  }
  return flags
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const integer = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))

function report(result: RunResult): void {
  const { failure, seed } = result
  if (failure === null) return
  print('')
  print(`seed ${seed} FAILED after ${failure.atMs} ms: ${failure.invariant}`)
  print(`  ${failure.detail}`)
  print(`  profile: ${describeProfile(result.profile)}`)
  print(`  commit: ${process.env.SIM_COMMIT ?? 'unknown'}`)
  print(`  replay: npm run sim -- --seed ${seed} --log short`)
  print(`  shrink: npm run sim -- --seed ${seed} --shrink`)
}

function summary(results: readonly RunResult[], startedAt: number): void {
  const seconds = (performance.now() - startedAt) / 1000
  const simulated = results.reduce((sum, r) => sum + r.simulatedMs, 0) / 1000
  const steps = results.reduce((sum, r) => sum + r.steps, 0)
  const failed = results.filter((r) => r.failure !== null)
  const undecided = results.reduce((sum, r) => sum + r.undecided, 0)
  print(
    `${results.length} seeds, ${failed.length} failed, ${Math.round(simulated)} simulated seconds in ${seconds.toFixed(1)} s ` +
      `(${Math.round(simulated / seconds)} per second, ${Math.round(steps / seconds)} events/s), ` +
      `${results.reduce((sum, r) => sum + r.committed, 0)} entries committed, ` +
      `${results.reduce((sum, r) => sum + r.operations, 0)} operations checked` +
      (undecided > 0 ? `, ${undecided} histories undecided` : '')
  )
}

/** Runs `from`…`to`; gives the number of failures. */
function seeds(from: number, to: number, flags: Flags): number {
  const startedAt = performance.now()
  const results: RunResult[] = []
  const skipped = new Set((flags.skip ?? '').split(',').filter(Boolean).map(Number))
  for (let seed = from; seed <= to; seed++) {
    if (skipped.has(seed)) continue
    const result = run({ seed, machines: integer(flags.nodes), seconds: integer(flags.seconds) })
    results.push(result)
    if (flags.verbose !== undefined) {
      print(
        `${seed} ${result.traceHash} ${result.failure?.invariant ?? 'ok'} ${result.simulatedMs} ms ${result.steps} events`
      )
    }
    report(result)
    if (result.failure !== null && flags.until === 'failure') break
  }
  summary(results, startedAt)
  return results.filter((r) => r.failure !== null).length
}

function one(seed: number, flags: Flags): number {
  const startedAt = performance.now()
  const keep = flags.keep === undefined ? undefined : new Set(flags.keep.split(',').filter(Boolean).map(Number))
  const result = run({
    seed,
    machines: integer(flags.nodes),
    seconds: integer(flags.seconds),
    clients: integer(flags.clients),
    keep,
    level: (flags.log ?? 'none') as TraceLevel,
    write: print
  })
  if (flags.plan !== undefined)
    for (const { id, atMs, fault } of result.plan) print(`${id} at ${atMs} ms: ${describeFault(fault)}`)
  print(`trace ${result.traceHash}, ${result.traceLines} lines`)
  report(result)
  summary([result], startedAt)
  return result.failure === null ? 0 : 1
}

function start(): void {
  const flags = parse(process.argv.slice(2))
  if (flags.soak !== undefined) return soak(integer(flags.from) ?? Date.now() % 1e9, integer(flags.cores), print)
  if (flags.seeds !== undefined) {
    const [from, to] = flags.seeds.split('..').map(Number) as [number, number]
    process.exitCode = seeds(from, to, flags) === 0 ? 0 : 1
    return
  }
  if (flags.seed === undefined) throw new Error('--seed N, --seeds A..B or --soak')
  const seed = Number(flags.seed)
  if (flags.shrink === undefined) process.exitCode = one(seed, flags)
  else {
    shrink({ seed, machines: integer(flags.nodes), seconds: integer(flags.seconds) }, print)
    process.exitCode = 1
  }
}

// Not from within the module's own promise: see scheduler.ts.
setImmediate(start)

/**
 * Makes a failing run smaller while it keeps failing with the same invariant: fewer faults (halves, then single
 * ones), fewer clients, less time. Prints the command that replays what is left.
 */
import { describeFault } from './faults'
import { run, type RunOptions, type RunResult } from './simulation'

type Size = { readonly keep: readonly number[]; readonly clients: number; readonly seconds: number }

export function shrink(
  options: Pick<RunOptions, 'seed' | 'machines' | 'seconds'>,
  print: (line: string) => void
): void {
  const first = run(options)
  if (first.failure === null) return print(`seed ${options.seed} passes: nothing to shrink`)
  const wanted = first.failure.invariant
  print(`shrinking: ${wanted}, ${first.plan.length} faults, ${first.profile.clients} clients`)
  let runs = 1
  let best: RunResult = first
  const attempt = (size: Size): RunResult | null => {
    runs++
    const result = run({ ...options, keep: new Set(size.keep), clients: size.clients, seconds: size.seconds })
    return result.failure?.invariant === wanted ? result : null
  }
  const duration = options.seconds ?? first.profile.seconds
  let size: Size = { keep: first.plan.map(({ id }) => id), clients: first.profile.clients, seconds: duration }
  const accept = (smaller: Size): boolean => {
    const result = attempt(smaller)
    if (result === null) return false
    size = smaller
    best = result
    return true
  }
  // What was planned after the failure had no part in it.
  const before = first.plan.filter(({ atMs }) => atMs <= (first.failure?.atMs ?? Infinity)).map(({ id }) => id)
  accept({ ...size, keep: before })
  for (let chunk = Math.ceil(size.keep.length / 2); chunk >= 1; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
    for (let at = 0; at < size.keep.length;) {
      const keep = [...size.keep.slice(0, at), ...size.keep.slice(at + chunk)]
      if (!accept({ ...size, keep })) at += chunk
    }
  }
  for (let clients = 1; clients < size.clients; clients++) if (accept({ ...size, clients })) break
  print(`${runs} runs; ${size.keep.length} faults, ${size.clients} clients are left:`)
  for (const { id, atMs, fault } of best.plan) print(`  ${id} at ${atMs} ms: ${describeFault(fault)}`)
  print(`  ${best.failure?.invariant}: ${best.failure?.detail}`)
  const nodes = options.machines === undefined ? '' : ` --nodes ${options.machines}`
  const seconds = options.seconds === undefined ? '' : ` --seconds ${options.seconds}`
  print(
    `npm run sim -- --seed ${options.seed}${nodes}${seconds} --keep ${size.keep.join(',') || '-1'} --clients ${size.clients} --log short`
  )
}

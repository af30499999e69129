import { expect, test } from 'vitest'
import { Chaos } from './network/chaos'

const SEEDS = Number(process.env.CHAOS_SEEDS ?? 200)
const FIRST = Number(process.env.CHAOS_FIRST ?? 1)

test(`clusters under random faults keep Figure 3 and recover (${SEEDS} seeds)`, () => {
  const totals: Record<string, number> = {}
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    try {
      for (const [what, count] of Object.entries(new Chaos(seed).run())) totals[what] = (totals[what] ?? 0) + count
    } catch (cause) {
      throw new Error(`seed ${seed}: ${String(cause)}`, { cause })
    }
  }
  // The runs are worth something only if all this happened in them.
  for (const what of ['committed', 'terms', 'reads', 'crashes', 'changes', 'snapshots']) {
    expect(totals[what], what).toBeGreaterThan(SEEDS / 4)
  }
  if (process.env.CHAOS_VERBOSE) console.log(totals)
})

import { expect, test } from 'vitest'
import { Chaos } from './network/chaos'
import { SafetyBroken } from './network/safety'

const SEEDS = Number(process.env.CHAOS_SEEDS ?? 200)
const FIRST = Number(process.env.CHAOS_FIRST ?? 1)

test('clusters under random faults keep Figure 3 and come to agreement', () => {
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
    expect(totals[what], what).toBeGreaterThan(SEEDS > 50 ? SEEDS : 0)
  }
})

test('the same seed gives the same run', () => {
  expect(new Chaos(42).run()).toEqual(new Chaos(42).run())
})

test('disks that report barriers before they have returned are found out', () => {
  const lie = () => {
    for (let seed = 1; seed < 100; seed++) new Chaos(seed, (node) => (node.lyingDisk = true)).run()
  }
  expect(lie).toThrow(SafetyBroken)
})

import { describe, expect, test } from 'vitest'
import { asNodeId } from '../../src-main/raft/types'
import { Failure } from '../../src-main/runtime/replica'
import type { Farm } from '../../src-main/farm/farm'
import { Cluster, printer, seeded } from './cluster'

/** What a client was told about one write. */
interface Told {
  readonly id: string
  answer: 'waiting' | 'done' | 'refused as duplicate' | 'not done' | 'unknown' | 'lost with its node'
}

/**
 * A cluster under crashes, freezes, cuts and losses, with clients on every node. At the end all is healed, and
 * every node must show the same farm, with every promise kept.
 */
async function storm(seed: number, size: number): Promise<{ told: Told[]; cluster: Cluster }> {
  const random = seeded(seed * 7919)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  const cluster = await Cluster.of(size, {
    seed,
    limits: { snapshotEntriesMin: 30, snapshotCharsMin: 500 },
    raftLimits: { trailingEntries: 5 + Math.floor(random() * 20) },
    autopilot: { voterAbsentMs: 60_000 }
  })
  let loss = 0
  cluster.network.drop = () => random() < loss
  const told: Told[] = []
  const down = new Set<string>()
  for (let step = 0; step < 120; step++) {
    const healthy = cluster.running()
    const trouble = random()
    if (trouble < 0.04 && healthy.length > Math.floor(size / 2)) {
      const id = pick(healthy)
      cluster.crash(id)
      down.add(id)
    } else if (trouble < 0.1 && down.size > 0) {
      const id = pick([...down])
      down.delete(id)
      await cluster.start(id)
    } else if (trouble < 0.13) cluster.network.isolate(asNodeId(pick(cluster.ids())))
    else if (trouble < 0.17) cluster.network.heal()
    else if (trouble < 0.2) loss = random() < 0.5 ? 0 : random() * 0.3
    else if (trouble < 0.22) {
      const id = pick(cluster.ids())
      cluster.freeze(id)
      cluster.time.after(random() * 3000, () => cluster.thaw(id))
    } else if (trouble < 0.24 && healthy.length > 0) {
      cluster
        .get(pick(healthy))
        .transferLeadership(null, 1000)
        .catch(() => {})
    } else if (trouble < 0.25) cluster.machines.get(pick(cluster.ids()))!.clock.wallOffsetMs += random() * 3_600_000 * 2
    for (let i = random() * 4; i > 0 && healthy.length > 0; i--) {
      const on = pick(healthy)
      const one: Told = { id: `p${told.length}`, answer: 'waiting' }
      told.push(one)
      cluster.write(on, printer(one.id), 500 + random() * 8000).then(
        (outcome) => {
          one.answer = outcome.ok ? 'done' : 'refused as duplicate'
        },
        (error: unknown) => {
          const code = error instanceof Failure ? error.code : 'internal'
          one.answer = code === 'no_quorum' ? 'not done' : code === 'outcome_unknown' ? 'unknown' : 'lost with its node'
          if (code === 'internal') throw error
        }
      )
    }
    await cluster.time.advance(random() * 150)
  }
  loss = 0
  cluster.network.heal()
  for (const id of cluster.ids()) cluster.thaw(id)
  for (const id of down) await cluster.start(id)
  await cluster.time.until(() => cluster.ids().every((id) => cluster.get(id).readiness().ready), 60_000)
  await cluster.time.advance(12_000)
  for (const id of cluster.ids()) await cluster.time.of(cluster.get(id).linearize(5000))
  return { told, cluster }
}

const SEEDS = 3

describe('in a storm of crashes, freezes, cuts and losses', () => {
  test.each([
    [3, 1],
    [3, 2],
    [3, 3],
    [5, 4],
    [5, 5]
  ])('%i nodes keep every promise (seeds from %i)', async (size, from) => {
    for (let seed = from * 100; seed < from * 100 + SEEDS; seed++) {
      const { told, cluster } = await storm(seed, size)
      const hashes = cluster.ids().map((id) => (cluster.get(id).farm as Farm).hash())
      expect(new Set(hashes).size, `one state on all nodes, seed ${seed}`).toBe(1)
      const ids = cluster
        .get('n1')
        .farm.printers()
        .items.map(({ id }) => id)
      const present = new Set(ids)
      expect(present.size, 'each at most once').toBe(ids.length)
      for (const { id, answer } of told) {
        if (answer === 'done') expect(present.has(id), `${id} was acknowledged, seed ${seed}`).toBe(true)
        if (answer === 'not done') expect(present.has(id), `${id} was refused for good, seed ${seed}`).toBe(false)
        expect(answer, `${id}: every id is fresh, so a duplicate was done twice, seed ${seed}`).not.toBe(
          'refused as duplicate'
        )
      }
      expect(told.filter(({ answer }) => answer === 'done').length).toBeGreaterThan(told.length / 10)
      for (const id of cluster.ids()) expect(cluster.events(id, 'halted')).toEqual([])
    }
  })
})

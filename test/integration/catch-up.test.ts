/** A node that was away for long catches up by snapshot while clients write, and they hardly notice. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fill } from '../support/fill'
import { ProcessCluster, until, type ClusterView } from '../support/processes'
import { milliseconds, report, sized } from '../support/trial'
import { pause, WriteLoad } from '../support/write-load'

/** More than the log keeps behind a snapshot. */
const ENTRIES = sized(11_000, 100_000)
const CALM_MS = sized(500, 8000)

const cluster = new ProcessCluster()
beforeAll(async () => void (await cluster.form(3)))
afterAll(() => cluster.end())

it(`catches up with ${ENTRIES} entries by snapshot under load`, { timeout: 600_000 }, async () => {
  const leader = await cluster.leader()
  const away = cluster.nodes.find((node) => node !== leader)!
  await away.kill()
  const before = await leader.json<ClusterView>('/cluster')
  await fill(leader, ENTRIES)
  const { bytes } = await leader.json<{ bytes: number }>('/cluster/snapshot', { method: 'POST' })

  const load = await new WriteLoad(cluster.running()).begin()
  await pause(CALM_MS)
  const from = performance.now()
  const calm = load.p99(from - CALM_MS, from)
  await away.start()
  await away.logged((line) => line.event === 'snapshot_install', 60_000)
  await until('it has caught up', async () => (await fetch(`${away.url}/readyz`)).status === 200, 60_000)
  await pause(sized(300, 3000))
  const to = performance.now()
  await load.end()
  const after = await leader.json<ClusterView>('/cluster')
  const during = load.p99(from, to)
  report(`a node that was away for ${after.commit_index - before.commit_index} entries, 16 clients`, [
    await load.figure(away),
    { what: 'snapshot', seen: `${(bytes / 2 ** 20).toFixed(1)} MiB` },
    { what: 'caught up after', seen: milliseconds(to - from) },
    { what: 'write p99 before, during', seen: `${milliseconds(calm)}, ${milliseconds(during)}` },
    { what: 'ratio', seen: (during / calm).toFixed(2), bar: '≤ 3' },
    { what: 'longest write gap', seen: milliseconds(load.longestGap(from, to)) },
    { what: 'terms', seen: `${after.term - before.term}`, bar: '0' }
  ])
  expect(after.term).toBe(before.term)
  expect(after.leader_id).toBe(before.leader_id)
  for (const node of cluster.nodes) await load.verify(node)
})

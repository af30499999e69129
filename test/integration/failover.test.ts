/** The leader crashes again and again while clients write to the two followers: they notice nothing but time. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ProcessCluster, type ClusterView } from '../support/processes'
import { FULL_TRIAL, median, milliseconds, report, sized } from '../support/trial'
import { pause, WriteLoad } from '../support/write-load'

const ROUNDS = sized(3, 20)
const BEFORE_MS = sized(150, 700)
const AFTER_MS = sized(800, 2500)

const cluster = new ProcessCluster()
beforeAll(async () => void (await cluster.form(3)))
afterAll(() => cluster.end())

it(`fails, loses and doubles no write over ${ROUNDS} crashes of the leader`, { timeout: 300_000 }, async () => {
  const load = await new WriteLoad(cluster.nodes).begin()
  const gaps: number[] = []
  const term = (await cluster.nodes[0]!.json<ClusterView>('/cluster')).term
  for (let round = 0; round < ROUNDS; round++) {
    const leader = await cluster.leader()
    await load.moveTo(cluster.nodes.filter((node) => node !== leader))
    await pause(BEFORE_MS)
    const from = performance.now()
    await leader.kill()
    await pause(AFTER_MS)
    gaps.push(load.longestGap(from, performance.now()))
    await leader.start()
    await cluster.settled(3, 3)
  }
  await load.end()
  const terms = (await cluster.nodes[0]!.json<ClusterView>('/cluster')).term - term
  report(`${ROUNDS} × kill -9 of the leader, 16 clients on the followers`, [
    await load.figure(cluster.nodes[0]!),
    { what: 'longest write gap, median', seen: milliseconds(median(gaps)), bar: '≤ 400 ms' },
    { what: 'longest write gap, worst', seen: milliseconds(Math.max(...gaps)), bar: '≤ 2000 ms' },
    { what: 'all gaps', seen: gaps.map(Math.round).join(' ') },
    { what: 'terms', seen: `${terms} for ${ROUNDS} losses` }
  ])
  for (const node of cluster.nodes) await load.verify(node)
  expect(load.acknowledged.size).toBeGreaterThan(FULL_TRIAL ? 1000 : 50)
})

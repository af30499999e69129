/** Lids that are closed: all machines sleep for a while, at once or one after the other, and wake again. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ProcessCluster, until, type ClusterView } from '../support/processes'
import { milliseconds, report, sized } from '../support/trial'
import { pause, WriteLoad } from '../support/write-load'

const SLEEP_MS = sized(3000, 8000)
const cluster = new ProcessCluster()
beforeAll(async () => void (await cluster.form(3)))
afterAll(() => cluster.end())

const terms = async () => (await cluster.nodes[0]!.json<ClusterView>('/cluster')).term
const serve = async () => {
  const answers = await Promise.all(cluster.nodes.map((node) => fetch(`${node.url}/readyz`)))
  return answers.every(({ status }) => status === 200)
}

it('all asleep at once: they serve again soon after they wake', { timeout: 120_000 }, async () => {
  const load = await new WriteLoad(cluster.nodes, 4).begin()
  const before = await terms()
  await pause(300)
  for (const node of cluster.nodes) node.signal('SIGSTOP')
  await pause(SLEEP_MS)
  const from = performance.now()
  for (const node of cluster.nodes) node.signal('SIGCONT')
  await until('all serve', serve)
  const tookMs = performance.now() - from
  await pause(300)
  await load.end()
  report(`three machines asleep for ${SLEEP_MS / 1000} s`, [
    await load.figure(cluster.nodes[0]!),
    { what: 'all ready after waking', seen: milliseconds(tookMs) },
    { what: 'terms', seen: `${(await terms()) - before}`, bar: '≤ 1' }
  ])
  for (const node of cluster.nodes) await load.verify(node)
})

it('asleep one after the other, the leader among them: who is awake goes on', { timeout: 120_000 }, async () => {
  const load = await new WriteLoad(cluster.nodes, 4, 'turns').begin()
  for (const asleep of cluster.nodes) {
    await load.moveTo(cluster.nodes.filter((node) => node !== asleep))
    asleep.signal('SIGSTOP')
    const acknowledged = load.acknowledged.size
    await pause(SLEEP_MS)
    expect(load.acknowledged.size).toBeGreaterThan(acknowledged)
    asleep.signal('SIGCONT')
    await cluster.settled(3, 3)
    await until('it serves', serve)
  }
  await load.end()
  for (const node of cluster.nodes) await load.verify(node)
})

/**
 * Clients work on all nodes while these are killed, frozen and cut off; what they were told must be explained by
 * one order of their requests, each taking effect between its call and its answer.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkLinearizable, type Operation } from '../sim/linearizability'
import { Random } from '../sim/random'
import { API_MODEL, FarmClients, type Asked, type Told } from '../support/farm-clients'
import { Lan } from '../support/lan'
import type { NodeProcess } from '../support/processes'
import { report, sized } from '../support/trial'
import { pause } from '../support/write-load'

const DURATION_MS = sized(12_000, 300_000)
const CLIENTS = 12
const GROUPS = 4
/** After this the clients go on with new groups, so that every history can be searched. */
const GENERATION_MS = 4_000
const STEPS_MAX = 5_000_000
/** Of all writes: a history of refusals proves little. */
const DONE_SHARE_MIN = 0.6

const lan = new Lan()
beforeAll(async () => void (await lan.form(3)))
afterAll(() => lan.end())

const TROUBLES: Record<string, (node: NodeProcess, other: NodeProcess, random: Random) => Promise<void>> = {
  async kill(node, _other, random) {
    await node.kill()
    await pause(random.below(1500))
    await node.start()
  },
  async freeze(node, _other, random) {
    node.signal('SIGSTOP')
    await pause(500 + random.below(3000))
    node.signal('SIGCONT')
  },
  async isolate(node, _other, random) {
    lan.split([node])
    await pause(1000 + random.below(3000))
    lan.heal()
  },
  async 'cut one way'(node, other, random) {
    lan.cut(node, other)
    await pause(1000 + random.below(3000))
    lan.heal()
  },
  async 'kill all'() {
    await Promise.all(lan.nodes.map((one) => one.kill()))
    await Promise.all(lan.nodes.map((one) => one.start()))
  }
}

it('what clients are told through kills, freezes and cuts is linearizable', { timeout: 600_000 }, async () => {
  const seed = Number(process.env.RAFT3D_SEED ?? Date.now() % 1_000_000)
  const random = Random.of(seed)
  const clients = new FarmClients(lan.nodes, random.fork('clients'))
  const troubles = random.fork('troubles')
  const counts: Record<string, number> = {}
  const began = performance.now()
  let generation = 0
  const renew = () => clients.use(Array.from({ length: GROUPS }, (_, n) => generation * GROUPS + n))
  renew()
  const generations = setInterval(() => {
    generation++
    renew()
  }, GENERATION_MS)
  const working = clients.start(CLIENTS)
  while (performance.now() - began < DURATION_MS) {
    await pause(300 + troubles.below(1200))
    const what = troubles.pick(['kill', 'kill', 'freeze', 'freeze', 'isolate', 'isolate', 'cut one way', 'kill all'])
    const node = troubles.chance(0.6) ? ((await leaderNow()) ?? troubles.pick(lan.nodes)) : troubles.pick(lan.nodes)
    const other = troubles.pick(lan.nodes.filter((one) => one !== node))
    counts[what] = (counts[what] ?? 0) + 1
    await TROUBLES[what]!(node, other, troubles)
  }
  clearInterval(generations)
  clients.finish(20_000)
  await Promise.all(working)
  await clients.readAll(CLIENTS)

  const verdicts = [...clients.histories()].map(([group, operations]) => ({
    group,
    operations,
    verdict: checkLinearizable(API_MODEL, operations, STEPS_MAX)
  }))
  const { writes, reads, again, refused } = clients.counts
  report(`${DURATION_MS / 1000} s of troubles, ${CLIENTS} clients, seed ${seed}`, [
    {
      what: 'troubles',
      seen: Object.entries(counts)
        .map(([what, count]) => `${count} × ${what}`)
        .join(', ')
    },
    { what: 'requests', seen: `${writes} writes, ${reads} reads, ${again} asked again` },
    {
      what: 'writes done, not refused by a rule',
      seen: `${Math.round((100 * (writes - refused)) / writes)} %`,
      bar: `≥ ${DONE_SHARE_MIN * 100} %`
    },
    {
      what: 'histories',
      seen: `${verdicts.filter(({ verdict }) => verdict.kind === 'linearizable').length} of ${verdicts.length} linearizable`,
      bar: 'all'
    }
  ])
  for (const { group, operations, verdict } of verdicts) {
    if (verdict.kind === 'linearizable') continue
    const last = verdict.kind === 'violation' ? [...verdict.longest.slice(-8), verdict.stuck].map(show) : []
    expect.fail(`group ${group}, ${operations.length} operations: ${verdict.kind}\n${last.join('\n')}`)
  }
  expect(writes).toBeGreaterThan(100)
  expect((writes - refused) / writes).toBeGreaterThan(DONE_SHARE_MIN)
})

async function leaderNow(): Promise<NodeProcess | null> {
  for (const node of lan.nodes) {
    const view = await node.json<{ role: string }>('/cluster', { signal: AbortSignal.timeout(1000) }).catch(() => null)
    if (view?.role === 'leader') return node
  }
  return null
}

const show = (operation: Operation<Asked, Told> | null): string =>
  operation === null
    ? 'nothing'
    : `client ${operation.client} [${operation.call}, ${operation.returned}] ${JSON.stringify(operation.input)} → ${JSON.stringify(operation.output)}`

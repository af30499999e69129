/** The leader gets another address while it runs, as from a new DHCP lease: nobody restarts anything. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Namespaces, whyNoNamespaces } from '../support/namespaces'
import { until, type ClusterView } from '../support/processes'
import { milliseconds, report } from '../support/trial'
import { WriteLoad } from '../support/write-load'

const network = new Namespaces({ everywhere: true })
beforeAll(async () => {
  const missing = whyNoNamespaces()
  if (missing !== null) throw new Error(`This trial cannot be run here: ${missing}`)
  await network.form(3)
})
afterAll(() => network.end())

it('goes on under its new address, and the others learn it', { timeout: 120_000 }, async () => {
  const leader = await network.cluster.leader()
  const others = network.nodes.filter((node) => node !== leader)
  const id = leader.identity().node_id
  const addressKnownBy = async (n: number) => {
    const { members } = await others[n]!.json<ClusterView>('/cluster')
    return members.find((member) => member.id === id)!
  }
  const before = await addressKnownBy(0)
  const { term } = await leader.json<ClusterView>('/cluster')
  const load = await new WriteLoad(others, 8).begin()
  const from = performance.now()
  network.moveTo(leader, 101)
  await until(
    'all know the new address, and reach it',
    async () => {
      const seen = await Promise.all([addressKnownBy(0), addressKnownBy(1)])
      return seen.every(({ rpc_address, reachable }) => reachable && rpc_address !== before.rpc_address)
    },
    60_000
  )
  const to = performance.now()
  expect((await addressKnownBy(0)).rpc_address).toContain('.101:')
  await load.end()
  const terms = (await others[0]!.json<ClusterView>('/cluster')).term - term
  report('the leader gets another address', [
    await load.figure(others[0]!),
    { what: 'all know it after', seen: milliseconds(to - from) },
    { what: 'longest write gap', seen: milliseconds(load.longestGap(from, to)) },
    { what: 'terms', seen: `${terms}`, bar: '≤ 1' }
  ])
  for (const node of network.nodes) await load.verify(node)
})

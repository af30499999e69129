/** A machine whose firewall lets nobody in, as some do out of the box: it dials the others, and that is enough. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fill } from '../support/fill'
import { Lan } from '../support/lan'
import { until, type ClusterView } from '../support/processes'
import { WriteLoad } from '../support/write-load'

/** More than the log keeps behind a snapshot. */
const ENTRIES = 11_000

const lan = new Lan()
beforeAll(async () => void (await lan.form(3)))
afterAll(() => lan.end())

const viewOf = (n: number) => lan.nodes[n]!.json<ClusterView>('/cluster')

it('takes part as a follower, leads, and comes back after a restart', { timeout: 120_000 }, async () => {
  const walled = lan.nodes[2]!
  const load = await new WriteLoad(lan.nodes, 4).begin()
  lan.wall(walled)
  await lan.cluster.settled(3, 3)
  const id = walled.identity().node_id
  await until('it leads', async () => {
    await viewOf(0).then(() =>
      lan.nodes[0]!.fetch('/cluster/transfer_leadership', { method: 'POST', json: { member_id: id } })
    )
    return (await viewOf(2)).role === 'leader'
  })
  const { term } = await viewOf(2)
  await load.moveTo([lan.nodes[0]!, lan.nodes[1]!])
  await lan.nodes[0]!.json('/printers', { method: 'POST', json: { id: 'p', company: 'Prusa', model: 'MK4' } })
  expect((await viewOf(0)).term).toBe(term)
  await walled.stop()
  await walled.start()
  await until('it serves again', async () => (await fetch(`${walled.url}/readyz`)).status === 200)
  await load.end()
  for (const node of lan.nodes) await load.verify(node)
})

it('comes back by snapshot when it was away for long', { timeout: 120_000 }, async () => {
  const walled = lan.nodes[2]!
  await walled.stop()
  await fill(lan.nodes[0]!, ENTRIES)
  await (await lan.cluster.leader()).json('/cluster/snapshot', { method: 'POST' })
  await walled.start()
  await walled.logged((line) => line.event === 'snapshot_install', 60_000)
  await until('it serves again', async () => (await fetch(`${walled.url}/readyz`)).status === 200)
  const held = lan.nodes.map(async (node) => (await node.json<{ printers: unknown[] }>('/backup')).printers)
  const [first, ...others] = await Promise.all(held)
  expect(first!.length).toBeGreaterThan(ENTRIES)
  for (const other of others) expect(other).toEqual(first)
})

/** Machines whose clocks are wrong by a year, one ahead and one behind: nothing but the times that are shown is wrong. */
import { resolve } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { ProcessCluster, until, type ClusterView, type NodeProcess } from '../support/processes'
import { WriteLoad } from '../support/write-load'

const YEAR_MS = 365 * 24 * 60 * 60 * 1000
const PRELOAD = resolve('test/support/shifted-clock.cjs')
const cluster = new ProcessCluster()
afterAll(() => cluster.end())

const wrongBy = (ms: number) => ({
  env: { NODE_OPTIONS: `--require ${PRELOAD}`, RAFT3D_TEST_CLOCK_MS: String(ms) }
})
const printer = (id: string, headers = {}) => ({
  method: 'POST',
  json: { id, company: 'Prusa', model: 'MK4' },
  headers
})

it('a cluster with clocks a year apart forms, writes, and survives its leader', { timeout: 120_000 }, async () => {
  const right = await cluster.add()
  const ahead = await cluster.add([], wrongBy(YEAR_MS))
  const behind = await cluster.add([], wrongBy(-YEAR_MS))
  // Invites are made and redeemed under one clock, whatever that of the newcomer shows.
  await cluster.join(ahead, right)
  await cluster.join(behind, right)
  await cluster.settled(3, 3)
  const yearOf = async (node: NodeProcess, id: string) =>
    new Date((await node.json<{ created_at: number }>(`/printers/${id}`)).created_at).getUTCFullYear()
  for (const node of [right, ahead, behind]) await node.json('/printers', printer(`p-${node.name}`))
  const now = new Date().getUTCFullYear()
  expect([await yearOf(right, 'p-node-1'), await yearOf(right, 'p-node-2'), await yearOf(right, 'p-node-3')]).toEqual([
    now,
    now + 1,
    now - 1
  ])

  const load = await new WriteLoad(cluster.nodes, 4).begin()
  const { term } = await right.json<ClusterView>('/cluster')
  const leader = await cluster.leader()
  await load.moveTo(cluster.nodes.filter((node) => node !== leader))
  await leader.kill()
  const rest = cluster.running()
  await until('the others elect', async () => (await rest[0]!.json<ClusterView>('/cluster')).term > term)
  await leader.start()
  await cluster.settled(3, 3)
  await load.end()
  for (const node of cluster.nodes) await load.verify(node)
  const sums = new Set(
    await Promise.all(cluster.nodes.map(async (node) => (await node.json<object[]>('/printers')).length))
  )
  expect(sums.size).toBe(1)
})

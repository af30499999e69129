/** The way out when a quorum is gone for good: one machine goes on with what it has, the others join it anew. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ProcessCluster, until, type ClusterView, type NodeProcess } from '../support/processes'

const entry = resolve(process.env.RAFT3D_ROOT ?? process.cwd(), 'out/main/index.js')
const cluster = new ProcessCluster()
beforeAll(async () => void (await cluster.form(3)))
afterAll(() => cluster.end())

const recover = (node: NodeProcess, ...flags: string[]) =>
  spawnSync(process.execPath, [entry, '--recover-cluster', '--data-dir', node.dataDir, ...flags], { encoding: 'utf8' })

it('--recover-cluster warns, then makes the node the only voter with all its data', { timeout: 120_000 }, async () => {
  const [kept, lost, late] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess]
  await kept.json('/printers', { method: 'POST', json: { id: 'p', company: 'Prusa', model: 'MK4' } })
  expect(recover(kept, '--yes')).toMatchObject({ status: 3 })

  await Promise.all([kept.stop(), lost.kill(), late.kill()])
  const before = kept.identity().cluster_id
  const warned = recover(kept)
  expect(warned.status).toBe(1)
  expect(warned.stderr).toMatch(/node-2/)
  expect(warned.stderr).toMatch(/node-3/)
  expect(warned.stderr).toMatch(/--yes/)
  expect(kept.identity().cluster_id).toBe(before)

  expect(recover(kept, '--yes')).toMatchObject({ status: 0, stdout: expect.stringMatching(/only voter/) as string })
  await kept.start()
  await until('it leads alone', async () => {
    const view = await kept.json<ClusterView>('/cluster')
    return view.role === 'leader' && view.members.length === 1
  })
  expect(await kept.json('/printers/p')).toMatchObject({ id: 'p' })
  await kept.json('/printers', { method: 'POST', json: { id: 'q', company: 'Prusa', model: 'MK4' } })

  // A machine of the old cluster that comes back is not mixed in …
  await late.start()
  const answer = await late.fetch('/printers', { headers: { 'x-request-timeout-ms': '1000' } })
  expect(answer.status).toBe(503)
  expect((await kept.json<ClusterView>('/cluster')).members).toHaveLength(1)
  // … until it is invited, and gives up what it holds.
  const { invite } = await kept.json<{ invite: string }>('/cluster/invites', { method: 'POST', json: {} })
  await late.json('/cluster/join', { method: 'POST', json: { invite, discard_local_data: true } })
  await until('it has the data', async () => (await late.fetch('/printers/q')).status === 200)
})

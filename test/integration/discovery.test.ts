/** Two machines see each other on the network before either was told of the other; seeing is not trusting. */
import { afterAll, expect, it } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeProcess, until, type ClusterView } from '../support/processes'

const folder = mkdtempSync(join(tmpdir(), 'raft3d-'))
const nodes = ['lab', 'office'].map(
  (name) => new NodeProcess(name, join(folder, name), ['--api', '127.0.0.1:0', '--rpc', '0.0.0.0:0'])
)
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.kill()))
  rmSync(folder, { recursive: true, force: true })
})

interface Discovered {
  readonly node_id: string
  readonly name: string
  readonly member: boolean
}

it('two nodes discover each other, and neither is a member of the other', async () => {
  const [lab, office] = (await Promise.all(nodes.map((node) => node.start()))) as [NodeProcess, NodeProcess]
  const seen = async (by: NodeProcess, who: NodeProcess) =>
    (await by.json<Discovered[]>('/cluster/discovered')).find(({ node_id }) => node_id === who.identity().node_id)
  await until('both are seen', async () => Boolean((await seen(lab, office)) && (await seen(office, lab))))
  expect(await seen(lab, office)).toMatchObject({ name: 'office', member: false })
  expect((await lab.json<ClusterView>('/cluster')).members).toHaveLength(1)

  const { invite } = await lab.json<{ invite: string }>('/cluster/invites', { method: 'POST', json: {} })
  await office.json('/cluster/join', { method: 'POST', json: { invite } })
  await until('it is seen as a member', async () => (await seen(lab, office))?.member === true)
})

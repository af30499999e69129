import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProcessCluster, until, type ClusterView, type NodeProcess } from '../support/processes'

const post = (json: unknown = {}) => ({ method: 'POST', json })

describe('three machines, joined by invites', () => {
  const cluster = new ProcessCluster()
  beforeAll(async () => void (await cluster.form(3)), 60_000)
  afterAll(() => cluster.end())

  it('become three voters by themselves', async () => {
    const view = await cluster.nodes[0]!.json<ClusterView>('/cluster')
    expect(view.members.map((member) => [member.name, member.suffrage]).sort()).toEqual([
      ['node-1', 'voter'],
      ['node-2', 'voter'],
      ['node-3', 'voter']
    ])
  })

  it('answer a write on any of them, and a read right after it on the same one, and then on all', async () => {
    for (const node of cluster.nodes) {
      await node.json('/printers', post({ id: `p-${node.name}`, company: 'Prusa', model: 'MK4' }))
      expect(await node.json(`/printers/p-${node.name}?consistency=stale`)).toMatchObject({ id: `p-${node.name}` })
      for (const other of cluster.nodes) expect((await other.fetch(`/printers/p-${node.name}`)).status).toBe(200)
    }
  })

  it('give every outcome of the API on a follower as on the leader', async () => {
    const [follower] = await cluster.followers()
    expect((await follower!.fetch('/printers', post({ id: 'p-node-1', company: 'a', model: 'b' }))).status).toBe(409)
    expect((await follower!.fetch('/printers/none')).status).toBe(404)
    const first = await follower!.fetch('/printers', {
      ...post({ id: 'once', company: 'a', model: 'b' }),
      headers: { 'idempotency-key': 'k' }
    })
    const again = await cluster.nodes[0]!.fetch('/printers', {
      ...post({ id: 'once', company: 'a', model: 'b' }),
      headers: { 'idempotency-key': 'k' }
    })
    expect([first.status, again.status]).toEqual([201, 201])
  })

  it('hand leadership to a chosen member', async () => {
    const [follower] = await cluster.followers()
    const target = (await follower!.json<ClusterView>('/cluster')).node_id
    await cluster.nodes[0]!.json('/cluster/transfer_leadership', post({ member_id: target }))
    await until('the member leads', async () => (await follower!.json<ClusterView>('/cluster')).role === 'leader')
  })

  it('refuse an invite that was used', async () => {
    const { invite } = await cluster.nodes[0]!.json<{ invite: string }>('/cluster/invites', post())
    const [fourth, fifth] = [await cluster.add(), await cluster.add()]
    await fourth.json('/cluster/join', post({ invite }))
    const refused = await fifth.fetch('/cluster/join', post({ invite }))
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ code: 'invalid_invite' })
    expect((await fifth.json<ClusterView>('/cluster')).members).toHaveLength(1)
    await fifth.kill()
  })

  it('remove a member, which stops and says why', async () => {
    const fourth = cluster.nodes[3]!
    const id = (await fourth.json<ClusterView>('/cluster')).node_id
    expect((await cluster.nodes[0]!.fetch(`/cluster/members/${id}`, { method: 'DELETE' })).status).toBe(204)
    await until('it says that it was removed', async () => {
      const answer = await fourth.fetch('/printers', post({ company: 'a', model: 'b' }))
      return answer.status === 503 && ((await answer.json()) as { code: string }).code === 'removed'
    })
    await cluster.settled(3, 3, undefined, cluster.nodes.slice(0, 3))
  })

  it('take back a removed machine by a new invite, when it gives up what it holds', async () => {
    const fourth = cluster.nodes[3]!
    const { invite } = await cluster.nodes[0]!.json<{ invite: string }>('/cluster/invites', post())
    const refused = await fourth.fetch('/cluster/join', post({ invite }))
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: 'holds_local_data' }])
    await fourth.json('/cluster/join', post({ invite, discard_local_data: true }))
    await cluster.settled(4, 3)
    expect((await fourth.fetch('/printers/once')).status).toBe(200)
    await fourth.kill()
  })
})

describe('a cluster that loses machines', () => {
  const cluster = new ProcessCluster()
  beforeAll(async () => void (await cluster.form(3)), 60_000)
  afterAll(() => cluster.end())

  it('refuses writes and linearizable reads without a quorum, serves stale ones, and recovers', async () => {
    const [keeper, ...others] = cluster.nodes as [NodeProcess, ...NodeProcess[]]
    await keeper.json('/printers', post({ id: 'p', company: 'Prusa', model: 'MK4' }))
    await Promise.all(others.map((node) => node.kill()))
    const short = { 'x-request-timeout-ms': '700' }
    const write = await keeper.fetch('/printers', { ...post({ id: 'q', company: 'a', model: 'b' }), headers: short })
    expect([503, 504]).toContain(write.status)
    expect((await keeper.fetch('/printers', { headers: short })).status).toBe(503)
    expect(await keeper.json('/printers?consistency=stale')).toMatchObject([{ id: 'p' }])
    expect((await fetch(`${keeper.url}/readyz`)).status).toBe(503)
    await Promise.all(others.map((node) => node.start()))
    await until('the cluster serves again', async () => (await keeper.fetch('/printers')).status === 200)
  })

  it('keeps everything when all are killed at once', async () => {
    for (let n = 0; n < 50; n++)
      await cluster.nodes[n % 3]!.json('/printers', post({ id: `a${n}`, company: 'a', model: 'b' }))
    await Promise.all(cluster.nodes.map((node) => node.kill()))
    await Promise.all(cluster.nodes.map((node) => node.start()))
    await until('a leader', async () => (await cluster.nodes[1]!.fetch('/printers')).status === 200)
    const ids = (await cluster.nodes[2]!.json<{ id: string }[]>('/printers')).map(({ id }) => id)
    expect(ids.filter((id) => /^a\d/.test(id))).toHaveLength(50)
  })
})

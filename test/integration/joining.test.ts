/** What may go wrong around a join, with real processes. */
import { hostname } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newcomerFor } from '../../src-main/membership/newcomer'
import { systemClock } from '../../src-main/runtime/clock'
import { createInvite, parseInvite } from '../../src-main/security/invite'
import { newInviteSecret } from '../../src-main/security/secrets'
import { requestJoin } from '../../src-main/transport/join-client'
import { ProcessCluster, until, type ClusterView, type NodeProcess } from '../support/processes'

const inviteOf = (node: NodeProcess) =>
  node.json<{ invite: string }>('/cluster/invites', { method: 'POST', json: {} }).then(({ invite }) => invite)

describe('a join', () => {
  const cluster = new ProcessCluster()
  let first: NodeProcess
  let second: NodeProcess
  beforeAll(async () => {
    first = await cluster.add()
    second = await cluster.add()
  }, 60_000)
  afterAll(() => cluster.end())

  it('that was granted to a process which died before it knew succeeds with the same invite', async () => {
    const invite = await inviteOf(first)
    await second.kill()
    const identity = await newcomerFor(second.dataDir, parseInvite(invite))
    const info = { name: hostname(), rpcAddress: second.rpc, apiAddress: '', fingerprint: identity.fingerprint }
    await requestJoin({ invite: parseInvite(invite), identity, info, timeoutMs: 10_000, clock: systemClock })
    await second.start()
    await second.json('/cluster/join', { method: 'POST', json: { invite } })
    expect(second.identity().node_id).toBe(identity.nodeId)
    await until('two members', async () => {
      const { members } = await first.json<ClusterView>('/cluster')
      return members.length === 2 && members.every(({ reachable }) => reachable)
    })
  })

  it('by an invite that was made after a removal does not trust who was removed', async () => {
    const third = await cluster.add()
    await cluster.join(third, first)
    await cluster.settled(3, 3)
    const { fingerprints } = parseInvite(await inviteOf(first))
    const removed = (await first.json<{ fingerprint: string }>('/settings')).fingerprint
    expect(fingerprints).toContain(removed)
    await third.json(`/cluster/members/${first.identity().node_id}`, { method: 'DELETE' })
    await until('it is gone', async () => (await third.json<ClusterView>('/cluster')).members.length === 2)
    for (const node of [second, third]) expect(parseInvite(await inviteOf(node)).fingerprints).not.toContain(removed)
  })

  it('refuses records while it waits to be let in: none is confirmed and then given up', async () => {
    const [inviter, guest] = [await cluster.add(), await cluster.add()]
    const invite = await inviteOf(inviter)
    inviter.signal('SIGSTOP')
    const joining = guest.fetch('/cluster/join', { method: 'POST', json: { invite } })
    const record = () =>
      guest.fetch('/printers', { method: 'POST', json: { company: 'Prusa', model: 'MK4' } }).then(async (answer) => {
        await answer.arrayBuffer()
        return answer.status
      })
    await guest.logged((line) => line.event === 'joining')
    expect(await record()).toBe(503)
    inviter.signal('SIGCONT')
    expect((await joining).status).toBe(200)
    expect(await record()).toBe(201)
    expect(await guest.json('/printers')).toHaveLength(1)
    await Promise.all([inviter.kill(), guest.kill()])
  })

  it('that was not let in takes records again, and is refused with those it has', async () => {
    const [inviter, guest] = [await cluster.add(), await cluster.add()]
    const invite = await inviteOf(inviter)
    const outsider = await cluster.add()
    await outsider.json('/cluster/join', { method: 'POST', json: { invite } })
    const join = async () => {
      const answer = await guest.fetch('/cluster/join', { method: 'POST', json: { invite } })
      return ((await answer.json()) as { code: string }).code
    }
    expect(await join()).toBe('invalid_invite')
    await guest.json('/printers', { method: 'POST', json: { id: 'p', company: 'Prusa', model: 'MK4' } })
    expect(await join()).toBe('holds_local_data')
    expect(await guest.json('/printers')).toHaveLength(1)
    await Promise.all([inviter.kill(), guest.kill(), outsider.kill()])
  })

  it('at the start that does not work ends the process, with one line that says why', async () => {
    const invite = createInvite({
      clusterId: 'c-gone',
      addresses: ['127.0.0.1:1'],
      fingerprints: [Array.from({ length: 32 }, () => 'AB').join(':')],
      id: 'i',
      secret: newInviteSecret(),
      expiresAt: Date.now() + 60_000
    })
    const node = await cluster.add([], { env: { RAFT3D_JOIN: invite } })
    expect(await node.exit()).toBe(1)
    expect(node.stderr.trim().split('\n')).toHaveLength(1)
    expect(node.stderr).toMatch(/--join: No member of the cluster could be reached/)
  })
})

describe('a machine that was removed while it was away', () => {
  const cluster = new ProcessCluster()
  beforeAll(async () => void (await cluster.form(3)), 60_000)
  afterAll(() => cluster.end())

  it('learns of it from the refusals of the others', async () => {
    const [one, two, away] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess]
    await away.kill()
    await one.json(`/cluster/members/${away.identity().node_id}`, { method: 'DELETE' })
    // After that they do not let it in any more, to be told.
    for (const node of [one, two]) {
      await node.stop()
      await node.start()
    }
    await away.start()
    await until('it knows', async () => {
      const { reason } = (await (await fetch(`${away.url}/readyz`)).json()) as { reason: string }
      return reason.includes('removed')
    })
  })
})

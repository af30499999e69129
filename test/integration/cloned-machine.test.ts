/** A machine that was copied with its data folder: two processes with one identity, or one image on two machines. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NodeProcess, ProcessCluster, until, type ClusterView } from '../support/processes'
import { pause, WriteLoad } from '../support/write-load'

const FLAGS = ['--api', '127.0.0.1:0', '--rpc', '127.0.0.1:0', '--no-discovery']

/** As on another machine, where the lock's process does not exist and the ports are not the member's. */
function copyOf(node: NodeProcess, name: string): NodeProcess {
  const dataDir = join(node.dataDir, '..', name)
  cpSync(node.dataDir, dataDir, { recursive: true })
  for (const file of readdirSync(dataDir)) if (file.startsWith('LOCK-')) rmSync(join(dataDir, file))
  const nodeFile = join(dataDir, 'node.json')
  const known = JSON.parse(readFileSync(nodeFile, 'utf8')) as object
  writeFileSync(nodeFile, JSON.stringify({ ...known, ports: undefined }))
  return new NodeProcess(name, dataDir, FLAGS)
}

describe('a copy of a member', () => {
  const cluster = new ProcessCluster()
  let copy: NodeProcess | null = null
  beforeAll(async () => void (await cluster.form(3)))
  afterAll(async () => {
    await copy?.kill()
    await cluster.end()
  })

  it('is kept out while the member runs, says so, and the cluster does not notice', { timeout: 120_000 }, async () => {
    const leader = await cluster.leader()
    const { term } = await leader.json<ClusterView>('/cluster')
    const member = (await cluster.followers())[0]!
    const load = await new WriteLoad(cluster.nodes, 4).begin()
    copy = copyOf(member, 'copy')
    await copy.start()
    await copy.logged((line) => line.event === 'runs_twice', 30_000)
    const ready = await fetch(`${copy.url}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([
      503,
      expect.stringContaining('copy of its data folder') as string
    ])
    const write = await copy.fetch('/printers', {
      method: 'POST',
      json: { company: 'Prusa', model: 'MK4' },
      headers: { 'x-request-timeout-ms': '500' }
    })
    expect(write.status).toBe(503)
    await pause(500)
    await load.end()
    for (const node of cluster.nodes) await load.verify(node)
    const after = await leader.json<ClusterView>('/cluster')
    expect([after.term, after.leader_id, after.members.length]).toEqual([term, leader.identity().node_id, 3])
  })

  it('gets an identity of its own by an empty folder and an invite', { timeout: 120_000 }, async () => {
    await copy!.kill()
    rmSync(copy!.dataDir, { recursive: true })
    await copy!.start()
    await cluster.join(copy!, cluster.nodes[0]!)
    await until('four members', async () => {
      const { members } = await cluster.nodes[0]!.json<ClusterView>('/cluster')
      return members.length === 4 && members.every(({ reachable }) => reachable)
    })
  })
})

describe('two machines from one disk image', () => {
  const cluster = new ProcessCluster()
  let copy: NodeProcess | null = null
  afterAll(async () => {
    await copy?.kill()
    await cluster.end()
  })

  it('become two members: whoever joins takes another identity', { timeout: 120_000 }, async () => {
    const first = await cluster.add()
    await first.stop()
    copy = copyOf(first, 'copy')
    await Promise.all([first.start(), copy.start()])
    expect(copy.identity()).toMatchObject({
      node_id: first.identity().node_id,
      cluster_id: first.identity().cluster_id
    })
    await first.json('/printers', { method: 'POST', json: { id: 'p', company: 'Prusa', model: 'MK4' } })
    await cluster.join(copy, first)
    expect(copy.identity().node_id).not.toBe(first.identity().node_id)
    await until('it has the data', async () => (await copy!.fetch('/printers/p')).status === 200)
    const { invite } = await first.json<{ invite: string }>('/cluster/invites', { method: 'POST', json: {} })
    const again = await first.fetch('/cluster/join', { method: 'POST', json: { invite } })
    expect([again.status, await again.json()]).toMatchObject([409, { code: 'already_member' }])
  })
})

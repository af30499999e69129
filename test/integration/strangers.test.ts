/** Whoever does not belong is refused with a log line that says so, and the cluster does not notice. */
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asNodeId, type NodeId } from '../../src-main/raft/types'
import { fingerprintOf } from '../../src-main/security/certificate'
import { FRAME } from '../../src-main/transport/frame-types'
import type { TlsIdentity } from '../../src-main/transport/tls'
import { ProcessCluster, until, type ClusterView, type NodeProcess } from '../support/processes'
import { report, sized } from '../support/trial'
import { identity, RawCaller, stopNodes, type Dialled } from '../transport/nodes'

const FLOOD = sized(60, 1000)
const RSS_GROWTH_BYTES_MAX = 96 * 1024 * 1024

const post = (json: unknown = {}) => ({ method: 'POST', json })

const cluster = new ProcessCluster()
const other = new ProcessCluster()
let node: NodeProcess
let clusterId: string
let term: number
let shortLived: { readonly invite: string; readonly expires_at: number }

beforeAll(async () => {
  await Promise.all([cluster.form(3), other.add()])
  node = cluster.nodes[0]!
  clusterId = node.identity().cluster_id
  term = (await node.json<ClusterView>('/cluster')).term
  shortLived = await node.json('/cluster/invites', post({ ttl_seconds: 10 }))
})
afterAll(async () => {
  await stopNodes()
  await Promise.all([cluster.end(), other.end()])
})

function rpcOf(of: NodeProcess): { readonly host: string; readonly port: number } {
  const [host, port] = of.rpc.split(':')
  return { host: host!, port: Number(port) }
}
const dialled = (of: NodeProcess): Dialled => ({
  id: of.identity().node_id as NodeId,
  transport: { address: () => rpcOf(of) }
})
function keyOf(of: NodeProcess): TlsIdentity {
  const cert = readFileSync(join(of.dataDir, 'node.crt'), 'utf8')
  return { key: readFileSync(join(of.dataDir, 'node.key'), 'utf8'), cert, fingerprint: fingerprintOf(cert) }
}

const logged = (code: string) => node.logged((line) => line.event === 'peer_refused' && line.code === code)

/** Says hello as told and gives the code of the refusal, or "welcome". */
async function refusalOf(to: NodeProcess, as: TlsIdentity, hello: Parameters<RawCaller['hello']>[1]): Promise<string> {
  const caller = await RawCaller.dial(dialled(to), as)
  caller.hello(dialled(to), { clusterId, ...hello })
  await until('there is an answer', () => caller.received.length > 0)
  const [{ type, payload }] = caller.received as [RawCaller['received'][number]]
  if (type === FRAME.welcome) {
    caller.socket.destroy()
    return 'welcome'
  }
  await caller.untilClosed()
  return (JSON.parse(payload.toString()) as { code: string }).code
}

function rssOf(of: NodeProcess): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${of.pid}/status`, 'utf8'))![1]
  return Number(kib) * 1024
}

/** The same leader in the same term, and writes are done on every node. */
async function undisturbed(): Promise<void> {
  for (const one of cluster.running()) {
    await one.json('/printers', post({ company: 'Prusa', model: 'MK4' }))
    expect((await one.json<ClusterView>('/cluster')).term).toBe(term)
  }
}

describe('on the RPC port', () => {
  it('a peer without an invite is refused', async () => {
    const stranger = await identity(1)
    expect(await refusalOf(node, stranger, { nodeId: asNodeId('n-stranger') })).toBe('not_a_member')
    await logged('not_a_member')
    await undisturbed()
  })

  it("a peer under a member's id, with a key of its own, is refused", async () => {
    const nodeId = cluster.nodes[1]!.identity().node_id as NodeId
    expect(await refusalOf(node, await identity(1), { nodeId })).toBe('wrong_certificate')
    await logged('wrong_certificate')
    await undisturbed()
  })

  it('a valid certificate of another cluster is refused', async () => {
    const [foreign] = other.nodes
    const nodeId = foreign!.identity().node_id as NodeId
    expect(await refusalOf(node, keyOf(foreign!), { nodeId, clusterId: foreign!.identity().cluster_id })).toBe(
      'wrong_cluster'
    )
    await logged('wrong_cluster')
    expect(await refusalOf(node, keyOf(foreign!), { nodeId })).toBe('not_a_member')
    await undisturbed()
  })

  it('random bytes, truncated frames and frames of 1 GB are cut off, and memory stays bounded', async () => {
    await undisturbed()
    const before = rssOf(node)
    const huge = Buffer.alloc(64)
    huge.writeUInt32BE(1 << 30)
    const attempts = Array.from({ length: FLOOD }, async (_, n) => {
      // No more at once than a node listens to.
      await new Promise((wake) => setTimeout(wake, Math.floor(n / 16) * 60))
      if (n % 2 === 0) return plain(Buffer.from(crypto.getRandomValues(new Uint8Array(1 + (n % 2000)))))
      const caller = await RawCaller.dial(dialled(node), await identity(1))
      if (n % 4 === 1) caller.socket.write(huge)
      else caller.socket.end(huge.subarray(0, 7))
      return caller.untilClosed()
    })
    await Promise.all(attempts)
    await logged('tls')
    await logged('bad_hello')
    await undisturbed()
    const grown = rssOf(node) - before
    report(`${FLOOD} strangers with nonsense`, [{ what: 'resident memory grew by', seen: `${grown >> 20} MiB` }])
    expect(grown).toBeLessThan(RSS_GROWTH_BYTES_MAX)
  })

  it('more strangers at once than a node listens to are turned away', async () => {
    const sockets = Array.from({ length: 80 }, () => connect(rpcOf(node)).on('error', () => {}))
    await logged('busy')
    for (const socket of sockets) socket.destroy()
    await undisturbed()
  })

  it('an expired invite is refused, and so is a used one', async () => {
    const [foreign] = other.nodes
    const join = async (invite: string) => {
      const answer = await foreign!.fetch('/cluster/join', post({ invite, discard_local_data: true }))
      return { status: answer.status, body: (await answer.json()) as { code?: string } }
    }
    await until('it has expired', () => Date.now() > shortLived.expires_at + 100)
    expect(await join(shortLived.invite)).toMatchObject({ status: 400, body: { code: 'invalid_invite' } })

    const { invite } = await node.json<{ invite: string }>('/cluster/invites', post())
    const guest = await cluster.add()
    await guest.json('/cluster/join', post({ invite }))
    expect(await join(invite)).toMatchObject({ status: 400, body: { code: 'invalid_invite' } })
    await logged('join_refused')
    expect((await foreign!.json<ClusterView>('/cluster')).members).toHaveLength(1)
    expect((await node.fetch(`/cluster/members/${guest.identity().node_id}`, { method: 'DELETE' })).status).toBe(204)
    await guest.kill()
    await undisturbed()
  })

  it("a removed node's key is refused from then on", async () => {
    const removed = cluster.nodes[2]!
    const nodeId = removed.identity().node_id as NodeId
    const key = keyOf(removed)
    const leader = await cluster.leader()
    if (leader === removed) {
      await node.json(
        '/cluster/transfer_leadership',
        post({ member_id: (await node.json<ClusterView>('/cluster')).node_id })
      )
      await until('it leads', async () => (await node.json<ClusterView>('/cluster')).role === 'leader')
      term = (await node.json<ClusterView>('/cluster')).term
    }
    expect((await node.fetch(`/cluster/members/${nodeId}`, { method: 'DELETE' })).status).toBe(204)
    await removed.logged((line) => /removed/i.test(line.msg))
    await removed.kill()
    await until('it is refused', async () => (await refusalOf(node, key, { nodeId })) === 'not_a_member')
    await removed.start()
    const answer = await removed.fetch('/printers', { headers: { 'x-request-timeout-ms': '1000' } })
    expect(answer.status).toBe(503)
    await removed.kill()
    await undisturbed()
  })
})

describe('on the API', () => {
  const call = (headers: Record<string, string>): Promise<number> =>
    new Promise((done, fail) => {
      const request = httpRequest(`${node.url}/api/v1/printers`, { headers }, (answer) => {
        answer.resume()
        done(answer.statusCode!)
      })
      request.on('error', fail).end()
    })
  const refused = (code: string, fits: (line: Record<string, unknown>) => boolean) =>
    node.logged((line) => line.event === 'request_refused' && line.code === code && fits(line))

  it('a page of a foreign origin is refused', async () => {
    expect(await call({ origin: 'http://evil.example' })).toBe(403)
    await refused('forbidden', ({ origin }) => origin === 'http://evil.example')
    await undisturbed()
  })

  it('a rebound DNS name is refused', async () => {
    expect(await call({ host: `evil.example:${new URL(node.url).port}` })).toBe(421)
    await refused('misdirected', ({ host }) => String(host).startsWith('evil.example'))
    await undisturbed()
  })
})

/** Sends it without TLS, and waits for the end. */
function plain(bytes: Buffer): Promise<void> {
  return new Promise((done) => {
    const socket = connect(rpcOf(node))
    socket.on('error', () => {}).on('close', () => done())
    socket.resume().write(bytes)
  })
}

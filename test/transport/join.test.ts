import { afterEach, describe, expect, test } from 'vitest'
import { asNodeId } from '../../src-main/raft/types'
import { systemClock } from '../../src-main/runtime/clock'
import { newInviteSecret } from '../../src-main/security/secrets'
import { FRAME } from '../../src-main/transport/frame-types'
import { makeFrame } from '../../src-main/transport/frame'
import {
  encodeJoinRequest,
  JoinFailed,
  type JoinGrant,
  type JoinInvite,
  type JoinRefusal,
  type JoinRequest
} from '../../src-main/transport/join'
import { requestJoin } from '../../src-main/transport/join-client'
import { CLUSTER, identity, membersOf, RawCaller, startNode, stopNodes, until, type TestNode } from './nodes'

afterEach(stopNodes)

const SECRET = newInviteSecret()
const NEWCOMER = asNodeId('n-new')

class Admission {
  readonly requests: { readonly request: JoinRequest; readonly fingerprint: string }[] = []
  answer: () => Promise<JoinGrant | JoinRefusal> = () => Promise.resolve({ granted: false, reason: 'no answer set' })
  readonly handler = (request: JoinRequest, fingerprint: string) => {
    this.requests.push({ request, fingerprint })
    return this.answer()
  }
}

async function member(admission: Admission, key = 1, limits = {}): Promise<TestNode> {
  const node = await startNode(key, { onJoinRequest: admission.handler, limits })
  const members = Object.fromEntries(membersOf(node))
  admission.answer = () => Promise.resolve({ granted: true, clusterId: CLUSTER, members })
  return node
}

const inviteTo = (...nodes: readonly TestNode[]): JoinInvite => ({
  clusterId: CLUSTER,
  addresses: nodes.map(({ info }) => info.rpcAddress),
  fingerprints: nodes.map(({ info }) => info.fingerprint),
  id: 'i-1',
  secret: SECRET
})

async function join(invite: JoinInvite, change: { fingerprint?: string; timeoutMs?: number } = {}): Promise<JoinGrant> {
  const own = await identity(5)
  return requestJoin({
    invite,
    identity: { ...own, nodeId: NEWCOMER },
    info: {
      name: 'newcomer',
      rpcAddress: '10.0.0.9:7080',
      apiAddress: '10.0.0.9:8080',
      fingerprint: change.fingerprint ?? own.fingerprint
    },
    timeoutMs: change.timeoutMs ?? 10_000,
    clock: systemClock
  })
}

const failure = async (joining: Promise<unknown>): Promise<JoinFailed> => {
  const error: unknown = await joining.catch((e: unknown) => e)
  expect(error).toBeInstanceOf(JoinFailed)
  return error as JoinFailed
}

describe('join', () => {
  test('a newcomer with an invite is granted the members, and proves its certificate', async () => {
    const admission = new Admission()
    const a = await member(admission)
    const grant = await join(inviteTo(a))
    expect(grant).toEqual({ granted: true, clusterId: CLUSTER, members: { [a.id]: a.info } })
    const { fingerprint } = await identity(5)
    expect(admission.requests).toEqual([
      {
        fingerprint,
        request: {
          inviteId: 'i-1',
          secret: SECRET,
          nodeId: NEWCOMER,
          info: { name: 'newcomer', rpcAddress: '10.0.0.9:7080', apiAddress: '10.0.0.9:8080', fingerprint }
        }
      }
    ])
  })

  test('the next address is tried when one does not answer', async () => {
    const admission = new Admission()
    const a = await member(admission)
    const invite = inviteTo(a)
    await join({ ...invite, addresses: ['nonsense', '127.0.0.1:1', ...invite.addresses] })
    expect(admission.requests).toHaveLength(1)
  })

  test('the secret is never shown to whom the invite does not name', async () => {
    const admission = new Admission()
    const impostor = await member(admission)
    const error = await failure(join({ ...inviteTo(impostor), fingerprints: [(await identity(9)).fingerprint] }))
    expect(error.code).toBe('unreachable')
    expect(error.message).toMatch(/another certificate/)
    expect((await failure(join({ ...inviteTo(impostor), fingerprints: [] }))).code).toBe('unreachable')
    expect(admission.requests).toEqual([])
  })

  test('a refusal comes with its reason, and is logged over there', async () => {
    const admission = new Admission()
    const a = await member(admission)
    admission.answer = () => Promise.resolve({ granted: false, reason: 'The invite has expired.' })
    const error = await failure(join(inviteTo(a)))
    expect(error).toMatchObject({ code: 'refused', message: 'The invite has expired.' })
    expect(a.log.refused('join_refused')).toMatchObject({ node_id: NEWCOMER, reason: 'The invite has expired.' })
  })

  test('an invite of another cluster is refused', async () => {
    const a = await member(new Admission())
    const error = await failure(join({ ...inviteTo(a), clusterId: 'c-other' }))
    expect(error.message).toMatch(/another cluster/)
    expect(a.log.refused('wrong_cluster')).toBeDefined()
  })

  test("a request that names another certificate than the handshake's is refused unheard", async () => {
    const admission = new Admission()
    const a = await member(admission)
    const error = await failure(join(inviteTo(a), { fingerprint: (await identity(9)).fingerprint }))
    expect(error.code).toBe('refused')
    expect(admission.requests).toEqual([])
  })

  test('nobody joins in the name of a member with another key', async () => {
    const admission = new Admission()
    const a = await member(admission)
    const b = await startNode(2)
    a.transport.setPeers(membersOf(a, b))
    const caller = await RawCaller.dial(a, await identity(9))
    caller.hello(a, { nodeId: b.id, to: null, channel: 'join' })
    await caller.frame(FRAME.refused)
    expect(a.log.refused('wrong_certificate')).toBeDefined()
  })

  test('a caller that asks for something else, in another name or nothing at all is let go', async () => {
    const admission = new Admission()
    const a = await member(admission, 1, { handshakeTimeoutMs: 1000 })
    const own = await identity(5)
    const info = { name: '', rpcAddress: '', apiAddress: '', fingerprint: own.fingerprint }
    for (const frame of [
      makeFrame(FRAME.heartbeat, Buffer.alloc(24)),
      encodeJoinRequest({ inviteId: 'i', secret: 's', nodeId: asNodeId('n-else'), info }),
      makeFrame(FRAME.joinRequest, Buffer.from('{"inviteId": 1}')),
      makeFrame(FRAME.joinRequest, Buffer.alloc(20_000)),
      null
    ]) {
      const caller = await RawCaller.dial(a, own)
      caller.hello(a, { nodeId: NEWCOMER, to: null, channel: 'join' })
      await caller.frame(FRAME.welcome)
      if (frame) caller.socket.write(frame)
      await caller.untilClosed()
    }
    expect(admission.requests).toEqual([])
    expect(a.log.refused('join_failed')).toBeDefined()
  })

  test('a member that does not answer in time is given up', async () => {
    const admission = new Admission()
    const a = await member(admission)
    admission.answer = () => new Promise(() => {})
    const error = await failure(join(inviteTo(a), { timeoutMs: 200 }))
    expect(error).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('no answer in time') as string
    })
  })

  test('only a few joins are served at once', async () => {
    const admission = new Admission()
    const a = await member(admission, 1, { joinsMax: 2 })
    admission.answer = () => new Promise(() => {})
    const waiting = [join(inviteTo(a), { timeoutMs: 500 }), join(inviteTo(a), { timeoutMs: 500 })].map(failure)
    await until('two are being served', () => admission.requests.length === 2)
    expect((await failure(join(inviteTo(a)))).message).toMatch(/no join can be served now/)
    await Promise.all(waiting)
  })
})

import { describe, expect, test } from 'vitest'
import { INVITE_TTL_SECONDS_DEFAULT } from '../../src-main/contract/limits'
import { Failure } from '../../src-main/runtime/replica'
import { FarmReplica, member } from './farm-replica'
import { startApi } from './harness'

const PRINTER = { company: 'Prusa', model: 'MK4' }

describe('GET /cluster', () => {
  test('says what this node knows, without asking the others', async () => {
    const { call, replica } = await startApi()
    replica.members = [member('n1'), { ...member('n2', 'learner'), match_index: 7, last_contact_ms: 12 }]
    replica.ready = { ready: false, reason: 'No leader is known.' }
    const { status, body } = await call('GET', '/cluster')
    expect(status).toBe(200)
    expect(body).toEqual({
      cluster_id: 'c1',
      node_id: 'n1',
      name: 'test node',
      role: 'leader',
      term: 1,
      leader_id: 'n1',
      commit_index: replica.appliedIndex,
      applied_index: replica.appliedIndex,
      ready: false,
      reason: 'No leader is known.',
      members: replica.members
    })
    expect(replica.linearized).toEqual([])
  })

  test('figures of the recent past are what came since the last look', async () => {
    const { call, replica } = await startApi()
    expect((await call('GET', '/cluster/metrics')).body).toMatchObject({
      window_ms: 0,
      barrier_latency_ms: { count: 0, p50: null, p99: null, max: null },
      log_bytes: 4096,
      peers: [{ id: 'n2', lag_entries: 3, round_trip_ms: 0.5 }]
    })
    for (let n = 0; n < 100; n++) replica.barriers.add(n < 99 ? 0.7 : 30)
    const { barrier_latency_ms: spread, window_ms } = (await call('GET', '/cluster/metrics')).body
    expect(window_ms).toBeGreaterThan(0)
    expect(spread.count).toBe(100)
    expect([spread.p50, spread.p99, spread.max].map(Math.round)).toEqual([1, 1, 32])
  })
})

describe('invites and joining', () => {
  test('an invite is answered with 201', async () => {
    const { call, admin } = await startApi()
    const { status, body } = await call('POST', '/cluster/invites', { ttl_seconds: 60 })
    expect([status, body]).toEqual([201, { id: 'i1', invite: 'r3d-invite', expires_at: 1_700_000_060_000 }])
    expect(admin.asked).toEqual([['createInvite', { ttlSeconds: 60, by: 'local', timeoutMs: 10_000 }]])
    expect((await call('POST', '/cluster/invites')).status).toBe(201)
    expect(admin.asked[1]).toMatchObject(['createInvite', { ttlSeconds: INVITE_TTL_SECONDS_DEFAULT }])
    expect((await call('POST', '/cluster/invites', { ttl_seconds: 1 })).body.errors[0].path).toBe('/ttl_seconds')
  })

  test('invites are listed without their hashes', async () => {
    const { call, replica } = await startApi()
    const hash = 'a'.repeat(64)
    replica.commit({ type: 'invite.create', id: 'i1', hash, expires_at: 2e12 }, { by: 'local', timeoutMs: 0 })
    const { text, body } = await call('GET', '/cluster/invites')
    expect(body).toMatchObject([{ id: 'i1', expires_at: 2e12 }])
    expect(text).not.toContain(hash)
  })

  test('an open invite is withdrawn once, by its id', async () => {
    const { call, replica } = await startApi()
    const hash = 'a'.repeat(64)
    for (const id of ['i1', 'i2'])
      replica.commit({ type: 'invite.create', id, hash, expires_at: 2e12 }, { by: 'local', timeoutMs: 0 })
    expect((await call('DELETE', '/cluster/invites/i1')).status).toBe(204)
    expect((await call('GET', '/cluster/invites')).body).toMatchObject([{ id: 'i2' }])
    expect((await call('DELETE', '/cluster/invites/i1')).body).toMatchObject({ status: 404, code: 'not_found' })
  })

  test('a node without records joins, and answers for the cluster it is in then', async () => {
    const { api, call, admin } = await startApi()
    const joined = new FarmReplica()
    joined.members = [member('n1', 'learner'), member('n2')]
    admin.onJoin = () => api.use(joined)
    const { status, body } = await call('POST', '/cluster/join', { invite: ' r3d-invite\n' })
    expect([status, body.members.length]).toEqual([200, 2])
    const options = { discardLocalData: false, by: 'local', timeoutMs: 60_000 }
    expect(admin.asked).toEqual([['join', 'r3d-invite', options]])
    joined.commit({ type: 'printer.create', id: 'theirs', ...PRINTER }, { by: 'local', timeoutMs: 0 })
    expect((await call('GET', '/printers')).body).toMatchObject([{ id: 'theirs' }])
  })

  test('a whole list of the old farm is not answered for the new one', async () => {
    const { api, call } = await startApi()
    await call('POST', '/printers', { id: 'old', ...PRINTER })
    expect((await call('GET', '/printers')).body).toHaveLength(1)
    const joined = new FarmReplica()
    joined.commit({ type: 'printer.create', id: 'new', ...PRINTER }, { by: 'local', timeoutMs: 0 })
    api.use(joined)
    expect((await call('GET', '/printers')).body).toMatchObject([{ id: 'new' }])
  })

  test('whether the records of this node may be given up is passed on', async () => {
    const { call, admin } = await startApi()
    await call('POST', '/printers', PRINTER)
    expect((await call('POST', '/cluster/join', { invite: 'x', discard_local_data: true })).status).toBe(200)
    expect(admin.asked).toMatchObject([['join', 'x', { discardLocalData: true }]])
  })

  test.each(['invalid_invite', 'already_member', 'holds_local_data', 'no_quorum'] as const)(
    'a join that fails says %s',
    async (code) => {
      const { call, admin } = await startApi()
      admin.failure = new Failure(code, 'Why.')
      expect((await call('POST', '/cluster/join', { invite: 'x' })).body.code).toBe(code)
    }
  )

  test.each([{}, { invite: '' }, { invite: 5 }, { invite: 'x', discard_local_data: 'yes' }])(
    'refused: %j',
    async (body) => {
      const { call } = await startApi()
      expect((await call('POST', '/cluster/join', body)).body).toMatchObject({ status: 400, code: 'invalid_request' })
    }
  )

  test('discovered peers are listed', async () => {
    const { call, admin } = await startApi()
    expect((await call('GET', '/cluster/discovered')).body).toEqual(admin.discovered())
  })
})

describe('members', () => {
  test('a member is removed', async () => {
    const { call, replica } = await startApi()
    replica.members = [member('n1'), member('n2')]
    expect((await call('DELETE', '/cluster/members/n2')).status).toBe(204)
    expect(replica.asked).toEqual([['removeMember', 'n2', 10_000]])
    expect((await call('DELETE', '/cluster/members/n2')).body.code).toBe('not_found')
    expect((await call('DELETE', '/cluster/members/n1')).body).toMatchObject({ status: 409, code: 'last_voter' })
  })

  test('a member is promoted and demoted', async () => {
    const { call, replica } = await startApi()
    replica.members = [member('n1'), member('n2', 'learner')]
    const { status, body } = await call('PATCH', '/cluster/members/n2', { suffrage: 'voter' })
    expect([status, body.id, body.suffrage]).toEqual([200, 'n2', 'voter'])
    expect((await call('PATCH', '/cluster/members/n2', { suffrage: 'learner' })).body.suffrage).toBe('learner')
    expect((await call('PATCH', '/cluster/members/n2', { suffrage: 'king' })).body.errors[0].path).toBe('/suffrage')
    expect((await call('PATCH', '/cluster/members/n2', {})).body.errors[0].path).toBe('/suffrage')
    expect((await call('PATCH', '/cluster/members/n9', { suffrage: 'voter' })).body.code).toBe('not_found')
  })

  test('a change that would leave no majority of machines that answer is made only where it is forced', async () => {
    const { call, replica } = await startApi()
    replica.members = [member('n1'), member('n2'), member('n3')]
    await call('PATCH', '/cluster/members/n2', { suffrage: 'learner', force: true })
    await call('DELETE', '/cluster/members/n2?force=true')
    await call('DELETE', '/cluster/members/n3?force=false')
    expect(replica.asked).toEqual([
      ['setSuffrage', 'n2', 'learner', 10_000, 'force'],
      ['removeMember', 'n2', 10_000, 'force'],
      ['removeMember', 'n3', 10_000]
    ])
    expect((await call('DELETE', '/cluster/members/n1?force=maybe')).body.errors[0].path).toBe('/force')
  })

  test('leadership is handed to a voter, or to the best one', async () => {
    const { call, replica } = await startApi()
    replica.members = [member('n1'), member('n2'), member('n3', 'learner')]
    expect((await call('POST', '/cluster/transfer_leadership', { member_id: 'n2' })).body).toEqual({ leader_id: 'n2' })
    for (const body of [undefined, {}, { member_id: null }]) {
      expect((await call('POST', '/cluster/transfer_leadership', body)).body).toEqual({ leader_id: 'n2' })
    }
    expect(replica.asked.map(([, to]) => to)).toEqual(['n2', null, null, null])
    for (const member_id of ['n3', 'n9']) {
      const { status, body } = await call('POST', '/cluster/transfer_leadership', { member_id })
      expect([status, body.errors[0].path]).toEqual([400, '/member_id'])
    }
  })

  test('a snapshot is taken', async () => {
    const { call, replica } = await startApi()
    expect((await call('POST', '/cluster/snapshot')).body).toEqual({ index: replica.appliedIndex, bytes: 1234 })
  })
})

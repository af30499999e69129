import { describe, expect, test } from 'vitest'
import { asNodeId } from '../../src-main/raft/types'
import { Failure } from '../../src-main/runtime/replica'
import { Cluster, info, printer } from './cluster'

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof Failure ? error.code : String(error))
  )

describe('membership changes', () => {
  test('may be asked of any node, and are committed when they return', async () => {
    const cluster = await Cluster.of(3)
    const follower = cluster.follower()
    await cluster.start('n4')
    await cluster.time.of(cluster.get(follower).addLearner(asNodeId('n4'), info('n4'), 5000))
    expect(
      cluster
        .get(follower)
        .status()
        .members.map(({ id }) => id)
    ).toEqual(['n1', 'n2', 'n3', 'n4'])
    await cluster.time.until(() => cluster.get('n4').readiness().ready)
    expect(cluster.get('n4').status().role).toBe('learner')
    await cluster.time.of(cluster.write('n4', printer('by-a-learner')))
    expect(cluster.get('n4').farm.printer('by-a-learner')).not.toBeNull()
  })

  test('asking again for what is already so does no harm', async () => {
    const cluster = await Cluster.of(3)
    await cluster.start('n4')
    const ask = (): Promise<void> => cluster.get('n2').addLearner(asNodeId('n4'), info('n4'), 5000)
    await cluster.time.of(ask())
    await cluster.time.of(ask())
    expect(cluster.get('n1').raftStatus().configuration.learners).toEqual(['n4'])
    const stranger = { ...info('n4'), fingerprint: 'BB' }
    expect(await cluster.time.of(codeOf(cluster.get('n2').addLearner(asNodeId('n4'), stranger, 5000)))).toBe(
      'already_member'
    )
  })

  test('of several callers at once are made one after the other', async () => {
    const cluster = await Cluster.of(3, { autopilot: { votersMax: 3 } })
    for (const id of ['n4', 'n5', 'n6']) await cluster.start(id)
    const joins = ['n4', 'n5', 'n6'].map((id) => cluster.get('n2').addLearner(asNodeId(id), info(id), 10_000))
    await cluster.time.of(Promise.all(joins))
    expect(cluster.get('n1').raftStatus().configuration.learners).toEqual(['n4', 'n5', 'n6'])
  })

  test('an unknown member is not found, and the last voter stays', async () => {
    const cluster = await Cluster.of(3)
    expect(await cluster.time.of(codeOf(cluster.get('n2').removeMember(asNodeId('n9'), 2000)))).toBe('not_found')
    const alone = new Cluster()
    const replica = await alone.start('n1', true)
    expect(await alone.time.of(codeOf(replica.removeMember(asNodeId('n1'), 2000)))).toBe('last_voter')
    expect(await alone.time.of(codeOf(replica.setSuffrage(asNodeId('n1'), 'learner', 2000)))).toBe('last_voter')
  })

  test('voters are not taken away where no majority of the rest answers, unless that is forced', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const [away, follower] = cluster.ids().filter((id) => id !== leader)
    cluster.crash(away!)
    await cluster.time.advance(2000)
    const asked = cluster.get(follower!)
    const rest = asNodeId(follower!)
    expect(await cluster.time.of(codeOf(asked.removeMember(rest, 2000)))).toBe('quorum_at_risk')
    expect(await cluster.time.of(codeOf(asked.setSuffrage(rest, 'learner', 2000)))).toBe('quorum_at_risk')
    expect(await cluster.time.of(codeOf(asked.removeMember(asNodeId(leader), 2000)))).toBe('quorum_at_risk')
    expect(cluster.voters(leader)).toHaveLength(3)
    await cluster.time.of(cluster.write(leader, printer('goes-on')))
    const forced = codeOf(asked.removeMember(rest, 2000, { force: true }))
    await cluster.time.advance(500)
    expect(cluster.get(leader).raftStatus().configuration.voters).toEqual([leader, away].sort())
    await cluster.start(away!)
    expect(await cluster.time.of(forced)).toBe('resolved')
  })

  test('a voter that is away can be taken away, and then one that is there', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const [away, follower] = cluster.ids().filter((id) => id !== leader)
    cluster.crash(away!)
    await cluster.time.advance(2000)
    await cluster.time.of(cluster.get(leader).removeMember(asNodeId(away!), 5000))
    await cluster.time.of(cluster.get(leader).setSuffrage(asNodeId(follower!), 'learner', 5000))
    expect(cluster.voters(leader)).toEqual([leader])
  })

  test('a node whose addition comes after its removal works again', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const back = cluster.follower()
    await cluster.time.of(cluster.get(leader).removeMember(asNodeId(back), 5000))
    await cluster.time.until(() => cluster.get(back).readiness().reason.includes('removed'))
    await cluster.time.of(cluster.get(leader).addLearner(asNodeId(back), info(back), 5000))
    await cluster.time.until(() => cluster.get(back).readiness().ready)
    await cluster.time.of(cluster.write(back, printer('again')))
    await cluster.time.of(cluster.get(back).linearize(5000))
    await cluster.time.of(cluster.get(back).setSuffrage(asNodeId(back), 'voter', 5000))
  })

  test('a removed node says so, refuses work, and does not disturb the others', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const gone = cluster.follower()
    const { term } = cluster.get(leader).raftStatus()
    await cluster.time.of(cluster.get(leader).removeMember(asNodeId(gone), 5000))
    await cluster.time.until(() => cluster.get(gone).readiness().reason.includes('removed'))
    expect(await codeOf(cluster.write(gone, printer('p')))).toBe('removed')
    expect(await codeOf(cluster.get(gone).linearize(100))).toBe('removed')
    await cluster.time.advance(10_000)
    expect(cluster.get(leader).raftStatus().term).toBe(term)
    expect(
      cluster
        .get(leader)
        .status()
        .members.map(({ id }) => id)
    ).not.toContain(gone)
    await cluster.time.of(cluster.write(leader, printer('goes-on')))
  })

  test('a removed node that starts again while nobody answers still says what it knows', async () => {
    const cluster = await Cluster.of(3)
    const gone = cluster.follower()
    await cluster.time.of(cluster.get(cluster.leader()!).removeMember(asNodeId(gone), 5000))
    await cluster.time.until(() => cluster.get(gone).readiness().reason.includes('removed'))
    for (const id of cluster.ids()) cluster.crash(id)
    await cluster.start(gone)
    expect(await codeOf(cluster.write(gone, printer('p')))).toBe('removed')
    expect(cluster.get(gone).readiness()).toMatchObject({ ready: false, reason: expect.stringContaining('removed') })
  })

  test('a node that was away when it was removed learns it from the refusals of a majority', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const gone = cluster.follower()
    const other = cluster.ids().find((id) => id !== leader && id !== gone)!
    // Its disk knows by the next write that the membership is committed.
    for (const id of ['p1', 'p2']) await cluster.time.of(cluster.write(gone, printer(id)))
    await cluster.time.advance(200)
    cluster.crash(gone)
    await cluster.time.of(cluster.get(leader).removeMember(asNodeId(gone), 5000))
    await cluster.time.advance(5000)
    cluster.network.drop = (from, to) => from === gone || to === gone
    const replica = await cluster.start(gone)
    for (let i = 0; i < 4; i++) {
      replica.refusedBy(asNodeId(leader), 'not_a_member')
      await cluster.time.advance(2500)
    }
    expect(replica.readiness().reason).toContain('No leader')
    for (let i = 0; i < 4; i++) {
      replica.refusedBy(asNodeId(leader), 'not_a_member')
      replica.refusedBy(asNodeId(other), 'not_a_member')
      await cluster.time.advance(2500)
    }
    expect(replica.readiness().reason).toContain('removed')
    expect(await codeOf(cluster.write(gone, printer('p')))).toBe('removed')
  })

  test('a node that missed that all it knows of the leader is outdated is told by who knows both', async () => {
    const cluster = await Cluster.of(3)
    const away = 'n3'
    await cluster.time.of(cluster.get('n1').transferLeadership(asNodeId('n2'), 5000))
    cluster.crash(away)
    await cluster.join('n4')
    await cluster.time.until(() => cluster.get('n4').readiness().ready)
    await cluster.time.of(cluster.get('n2').setSuffrage(asNodeId('n4'), 'voter', 5000))
    await cluster.time.of(cluster.get('n2').transferLeadership(asNodeId('n4'), 5000))
    await cluster.time.of(cluster.get('n4').removeMember(asNodeId('n2'), 5000))
    await cluster.time.advance(5000)
    expect(cluster.leader()).toBe('n4')
    // Connections are taken only from peers that are known.
    cluster.network.strict = true
    await cluster.start(away)
    await cluster.time.until(() => cluster.get(away).readiness().ready)
    expect(cluster.get(away).status().leader_id).toBe('n4')
  })

  test('… also by one that was removed meanwhile, if that is all that it knows', async () => {
    const cluster = await Cluster.of(2)
    const away = 'n2'
    cluster.crash(away)
    await cluster.join('n3')
    await cluster.time.until(() => cluster.get('n3').readiness().ready)
    await cluster.time.of(cluster.get('n1').setSuffrage(asNodeId('n3'), 'voter', 5000))
    await cluster.time.of(cluster.get('n1').transferLeadership(asNodeId('n3'), 5000))
    await cluster.time.of(cluster.get('n3').removeMember(asNodeId('n1'), 5000))
    await cluster.time.advance(5000)
    cluster.network.strict = true
    await cluster.start(away)
    await cluster.time.until(() => cluster.get(away).readiness().ready)
    expect(cluster.get(away).status().leader_id).toBe('n3')
  })

  test('a node that was away when it was removed learns it from whoever still talks to it', async () => {
    const cluster = await Cluster.of(3)
    const gone = cluster.follower()
    for (const id of ['p1', 'p2']) await cluster.time.of(cluster.write(gone, printer(id)))
    await cluster.time.advance(200)
    cluster.crash(gone)
    await cluster.time.of(cluster.get(cluster.leader()!).removeMember(asNodeId(gone), 5000))
    await cluster.time.advance(5000)
    await cluster.start(gone)
    await cluster.time.until(() => cluster.get(gone).readiness().reason.includes('removed'))
  })

  test('the leader can be removed, by itself too: another leads first', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    await cluster.time.of(cluster.get(leader).removeMember(asNodeId(leader), 10_000))
    await cluster.time.until(() => cluster.get(leader).readiness().reason.includes('removed'))
    const next = cluster.running().find((id) => id !== leader && cluster.get(id).raftStatus().role === 'leader')!
    await cluster.time.of(cluster.write(next, printer('goes-on')))
    expect(Object.keys(cluster.get(next).raftStatus().configuration.members)).not.toContain(leader)
  })

  test('suffrage can be changed by people, and stays so', async () => {
    const cluster = await Cluster.of(3)
    const follower = cluster.follower()
    await cluster.time.of(cluster.get('n1').setSuffrage(asNodeId(follower), 'learner', 5000))
    await cluster.time.advance(20_000)
    const leader = cluster.leader()!
    const suffrage = cluster
      .get(leader)
      .status()
      .members.find(({ id }) => id === follower)?.suffrage
    expect(suffrage).toBe('learner')
    await cluster.time.of(cluster.get('n1').setSuffrage(asNodeId(follower), 'voter', 5000))
    expect(cluster.voters(leader)).toContain(follower)
  })

  test('new addresses of a member reach everyone', async () => {
    const cluster = await Cluster.of(3)
    const moved = { ...info('n3'), rpcAddress: '10.0.0.9:7080' }
    await cluster.time.of(cluster.get('n3').updateMember(asNodeId('n3'), moved, 5000))
    const address = (id: string): string | undefined =>
      cluster
        .get(id)
        .status()
        .members.find((member) => member.id === 'n3')?.rpc_address
    await cluster.time.until(() => cluster.ids().every((id) => address(id) === '10.0.0.9:7080'))
  })

  test('without a quorum a change fails in time', async () => {
    const cluster = await Cluster.of(3)
    const lonely = cluster.follower()
    cluster.network.isolate(asNodeId(lonely))
    await cluster.time.until(() => cluster.get(lonely).raftStatus().leaderId === null)
    const code = codeOf(cluster.get(lonely).removeMember(asNodeId('n1'), 1500))
    expect(await cluster.time.of(code)).toBe('no_quorum')
  })
})

describe('leadership', () => {
  test('is handed to the voter that was named, from any node', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const [to, other] = cluster.ids().filter((id) => id !== leader)
    expect(await cluster.time.of(cluster.get(other!).transferLeadership(asNodeId(to!), 5000))).toBe(to)
    expect(cluster.leader()).toBe(to)
    expect(await cluster.time.of(cluster.get(to!).transferLeadership(asNodeId(to!), 5000))).toBe(to)
  })

  test('goes to any voter when none is named, with writes under way', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const writes = Array.from({ length: 30 }, (_, i) => cluster.write(cluster.follower(), printer(`p${i}`)))
    const next = await cluster.time.of(cluster.get(leader).transferLeadership(null, 5000))
    expect(next).not.toBe(leader)
    for (const outcome of await cluster.time.of(Promise.all(writes))) expect(outcome).toMatchObject({ status: 201 })
  })

  test('cannot be handed to who does not vote, or to nobody', async () => {
    const cluster = await Cluster.of(1)
    const codes = [asNodeId('n7'), null].map((to) => codeOf(cluster.get('n1').transferLeadership(to, 1000)))
    expect(await cluster.time.of(Promise.all(codes))).toEqual(['not_found', 'last_voter'])
  })
})

describe('status', () => {
  test('of the leader knows how far each member is; a follower learns it from the leader', async () => {
    const cluster = await Cluster.of(3)
    const follower = cluster.follower()
    await cluster.time.of(cluster.write(follower, printer('p')))
    await cluster.time.advance(200)
    const { last_index } = cluster.get(cluster.leader()!).metrics()
    const leaders = cluster.get(cluster.leader()!).status().members
    expect(leaders.map(({ match_index }) => match_index)).toEqual([last_index, last_index, last_index])
    cluster.get(follower).status()
    await cluster.time.advance(20)
    const followers = cluster.get(follower).status().members
    expect(followers.map(({ match_index }) => match_index)).toEqual([last_index, last_index, last_index])
    expect(followers.every(({ reachable }) => reachable)).toBe(true)
  })
})

import { describe, expect, test } from 'vitest'
import { asIndex, asNodeId } from '../../src-main/raft/types'
import { Failure } from '../../src-main/runtime/replica'
import { Cluster, printer } from './cluster'

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof Failure ? error.code : String(error))
  )

const broken = (): never => {
  throw Object.assign(new Error('EIO'), { code: 'EIO' })
}

describe('a disk that fails', () => {
  test('ends the node’s part at once: pending writes are unknown, later ones refused, readiness says why', async () => {
    const cluster = new Cluster()
    const replica = await cluster.start('n1', true)
    await cluster.time.of(cluster.write('n1', printer('safe')))
    cluster.machines.get('n1')!.log.onWrite = broken
    expect(await cluster.time.of(codeOf(cluster.write('n1', printer('lost'))))).toBe('outcome_unknown')
    expect(await codeOf(cluster.write('n1', printer('later')))).toBe('storage_failed')
    expect(await codeOf(replica.linearize(100))).toBe('storage_failed')
    expect(replica.readiness()).toMatchObject({ ready: false, reason: expect.stringContaining('disk') as string })
    expect(replica.farm.printer('lost')).toBeNull()
    await cluster.time.of(replica.stop())
  })

  test('a full disk is named as such', async () => {
    const cluster = new Cluster()
    const replica = await cluster.start('n1', true)
    await cluster.time.settle()
    cluster.machines.get('n1')!.log.onWrite = () => {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    }
    await cluster.time.of(codeOf(cluster.write('n1', printer('lost'))))
    expect(replica.readiness().reason).toContain('full')
  })

  test('of the leader makes another lead, and no message leaves the failed node', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const sent: string[] = []
    cluster.machines.get(leader)!.log.onWrite = broken
    const lost = codeOf(cluster.write(leader, printer('lost')))
    await cluster.time.of(lost)
    cluster.network.drop = (from, _to, message) => {
      if (from === leader) sent.push(message.type)
      return false
    }
    await cluster.time.until(() => cluster.running().length === 2 && cluster.leader() !== null)
    await cluster.time.of(cluster.write(cluster.leader()!, printer('next')))
    expect(sent).toEqual([])
  })

  test('that hangs makes the leader step down, and the cluster goes on', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    let release = (): void => {}
    cluster.machines.get(leader)!.log.onWrite = () => new Promise((resolve) => (release = resolve))
    const hung = cluster.write(leader, printer('hung'), 30_000)
    await cluster.time.until(() => cluster.leader() !== leader && cluster.leader() !== null)
    expect(cluster.events(leader, 'disk_stalled')).toHaveLength(1)
    expect(await cluster.time.of(hung, 30_000).catch((error: unknown) => error)).toBeDefined()
    cluster.machines.get(leader)!.log.onWrite = () => undefined
    release()
    await cluster.time.until(() => cluster.get(leader).readiness().ready)
    expect(cluster.events(leader, 'disk_back')).toHaveLength(1)
  })

  test('a barrier of more than half a second is logged', async () => {
    const cluster = new Cluster()
    await cluster.start('n1', true)
    await cluster.time.settle()
    cluster.machines.get('n1')!.log.onWrite = () => new Promise((resolve) => void cluster.time.after(600, resolve))
    const write = cluster.write('n1', printer('slow'))
    await cluster.time.advance(650)
    cluster.machines.get('n1')!.log.onWrite = () => undefined
    await cluster.time.of(write)
    expect(cluster.events('n1', 'barrier_slow').length).toBeGreaterThan(0)
  })
})

describe('a broken invariant', () => {
  test('(two leaders in a term) stops the node, which says so and fails what waits', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const victim = cluster.follower()
    await cluster.time.of(cluster.write(victim, printer('p')))
    cluster.network.drop = (from) => from === victim
    const waiting = codeOf(cluster.write(victim, printer('waits')))
    await cluster.time.advance(5)
    const { term } = cluster.get(leader).raftStatus()
    const impostor = asNodeId(cluster.ids().find((id) => id !== leader && id !== victim)!)
    cluster.network.end(asNodeId(victim))!.handlers.onMessage(impostor, {
      type: 'Heartbeat',
      from: impostor,
      to: asNodeId(victim),
      term,
      leaderCommit: asIndex(0),
      round: 1
    })
    expect(await cluster.time.of(waiting)).toBe('outcome_unknown')
    expect(cluster.get(victim).readiness()).toMatchObject({ ready: false })
    expect(cluster.events(victim, 'halted')).toHaveLength(1)
    expect(await codeOf(cluster.write(victim, printer('later')))).toBe('internal')
    await cluster.time.of(cluster.get(victim).stop())
  })
})

describe('time', () => {
  test('a process that stood still learns it as a gap, and a deposed leader serves no stale read', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    cluster.freeze(leader)
    const asleep = cluster.get(leader).linearize(3000)
    await cluster.time.until(() => cluster.leader() !== null && cluster.leader() !== leader)
    await cluster.time.of(cluster.write(cluster.leader()!, printer('meanwhile')))
    await cluster.time.advance(1500)
    cluster.thaw(leader)
    await cluster.time.of(asleep)
    expect(cluster.get(leader).farm.printer('meanwhile')).not.toBeNull()
    expect(cluster.events(leader, 'time_gap').length).toBeGreaterThan(0)
  })

  test('a jump of the wall clock costs nothing but a gap', async () => {
    const cluster = await Cluster.of(3)
    const { term } = cluster.get('n1').raftStatus()
    for (const machine of cluster.machines.values()) machine.clock.wallOffsetMs += 60_000
    await cluster.time.advance(5000)
    expect(cluster.get('n1').raftStatus().term).toBe(term)
    expect(cluster.leader()).not.toBeNull()
  })
})

describe('ending', () => {
  test('a leader that stops hands over, answers what is in flight, and the others go on at once', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const writes = Array.from({ length: 20 }, (_, i) => cluster.write(leader, printer(`p${i}`)))
    await cluster.time.settle()
    const began = cluster.time.nowMs
    await cluster.time.of(cluster.get(leader).stop())
    expect(cluster.time.nowMs - began).toBeLessThan(4000)
    for (const outcome of await Promise.all(writes)) expect(outcome).toMatchObject({ ok: true })
    expect(await codeOf(cluster.get(leader).propose(printer('late'), { by: 'test', timeoutMs: 1000 }))).toBe('stopping')
    const next = cluster.leader()!
    expect(next).not.toBe(leader)
    expect((await cluster.time.of(cluster.write(next, printer('next')))).ok).toBe(true)
    expect(cluster.get(next).farm.counts().printers).toBe(21)
  })

  test('a node without a quorum stops in time, and says that the outcome is unknown', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    await cluster.time.of(cluster.write(leader, printer('before')))
    for (const id of cluster.ids()) if (id !== leader) cluster.crash(id)
    const write = codeOf(cluster.write(leader, printer('lost'), 60_000))
    await cluster.time.settle()
    const began = cluster.time.nowMs
    await cluster.time.of(cluster.get(leader).stop())
    expect(cluster.time.nowMs - began).toBeLessThan(4500)
    expect(await write).toBe('outcome_unknown')
  })

  test('a follower that stops leaves leadership alone', async () => {
    const cluster = await Cluster.of(3)
    const { term } = cluster.get('n1').raftStatus()
    const follower = cluster.follower()
    await cluster.time.of(cluster.get(follower).stop())
    await cluster.time.advance(3000)
    expect(cluster.get(cluster.leader()!).raftStatus().term).toBe(term)
  })

  test('a leader that is about to sleep hands over within a second', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const began = cluster.time.nowMs
    await cluster.time.of(cluster.get(leader).suspend())
    expect(cluster.time.nowMs - began).toBeLessThan(1000)
    expect(cluster.leader()).not.toBe(leader)
    cluster.get(leader).resume()
    await cluster.time.until(() => cluster.get(leader).readiness().ready)
  })

  test('stop before start, and twice, is harmless', async () => {
    const cluster = new Cluster()
    const replica = await cluster.start('n1', true)
    await cluster.time.of(Promise.all([replica.stop(), replica.stop()]))
    expect(replica.readiness().ready).toBe(false)
  })
})

describe('readiness', () => {
  test('ends when no leader is known and returns once the node is caught up', async () => {
    const cluster = await Cluster.of(3)
    const follower = cluster.follower()
    cluster.network.isolate(asNodeId(follower))
    await cluster.time.until(() => !cluster.get(follower).readiness().ready)
    expect(cluster.get(follower).readiness().reason).toContain('No leader')
    const leader = cluster.leader()!
    for (let i = 0; i < 50; i++) await cluster.time.of(cluster.write(leader, printer(`p${i}`)))
    cluster.network.heal()
    await cluster.time.until(() => cluster.get(follower).readiness().ready)
    expect(cluster.get(follower).farm.counts().printers).toBe(50)
  })

  test('an empty node says that it is no member of a cluster', async () => {
    const cluster = new Cluster()
    const replica = await cluster.start('n9')
    await cluster.time.advance(1000)
    expect(replica.readiness().reason).toContain('no member')
    expect(replica.status().role).toBe('learner')
  })
})

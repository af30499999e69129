import { describe, expect, test } from 'vitest'
import type { Command, Outcome } from '../../src-main/farm/types'
import { Failure } from '../../src-main/runtime/replica'
import { Cluster, printer } from './cluster'
import { asNodeId } from '../../src-main/raft/types'

/** The code that a promise was rejected with, or "resolved". */
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof Failure ? error.code : String(error))
  )

describe('writes in a cluster', () => {
  test.each([3, 5])('of %i: any node takes them, and shows them when it answers', async (size) => {
    const cluster = await Cluster.of(size)
    for (const id of cluster.ids()) {
      const outcome = await cluster.time.of(cluster.write(id, printer(`by-${id}`)))
      expect(outcome).toMatchObject({ ok: true, status: 201 })
      expect(cluster.get(id).farm.printer(`by-${id}`)).not.toBeNull()
    }
    const reader = cluster.follower()
    await cluster.time.of(cluster.get(reader).linearize(1000))
    expect(cluster.get(reader).farm.counts().printers).toBe(size)
  })

  test('the outcome of a refusal by the farm reaches the caller as a value', async () => {
    const cluster = await Cluster.of(3)
    await cluster.time.of(cluster.write('n2', printer('p')))
    expect(await cluster.time.of(cluster.write('n3', printer('p')))).toMatchObject({ ok: false, code: 'duplicate_id' })
  })

  test('when the leader crashes with writes under way, each is done exactly once and no caller sees an error', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const cluster = await Cluster.of(3, { seed })
      const leader = cluster.leader()!
      const outcomes: Promise<Outcome>[] = []
      const asked: string[] = []
      for (let i = 0; i < 60; i++) {
        if (i === 30) cluster.crash(leader)
        const id = cluster.running().filter((id) => id !== leader)[i % 2]!
        asked.push(`p${i}`)
        outcomes.push(cluster.write(id, printer(`p${i}`)))
        await cluster.time.advance(seed % 4)
      }
      const results = await cluster.time.of(Promise.all(outcomes))
      expect(results.map((outcome) => (outcome.ok ? outcome.status : outcome.code))).toEqual(asked.map(() => 201))
      await cluster.start(leader)
      await cluster.time.until(() => cluster.get(leader).readiness().ready)
      await cluster.time.of(cluster.get(leader).linearize(2000))
      const ids = cluster
        .get(leader)
        .farm.printers()
        .items.map(({ id }) => id)
      expect(ids.toSorted()).toEqual(asked.toSorted())
    }
  })

  test('a command that no message could carry is refused on any node, and holds up nothing', async () => {
    const cluster = await Cluster.of(3, { limits: { commandBytesMax: 2000 } })
    for (const id of cluster.ids()) {
      // 700 characters of three bytes each.
      const large = cluster.write(id, { type: 'printer.create', id: 'large', company: '…'.repeat(700), model: 'm' })
      expect(await cluster.time.of(codeOf(large))).toBe('payload_too_large')
      expect(await cluster.time.of(cluster.write(id, printer(`after-${id}`)))).toMatchObject({ ok: true })
    }
  })

  test('a write that no leader took in time fails as no_quorum, and is never done', async () => {
    const cluster = await Cluster.of(3)
    const lonely = cluster.follower()
    cluster.network.isolate(asNodeId(lonely))
    await cluster.time.until(() => cluster.get(lonely).raftStatus().leaderId === null)
    expect(await cluster.time.of(codeOf(cluster.write(lonely, printer('late'), 500)))).toBe('no_quorum')
    cluster.network.heal()
    await cluster.time.until(() => cluster.get(lonely).readiness().ready)
    await cluster.time.advance(5000)
    expect(cluster.get(lonely).farm.printer('late')).toBeNull()
  })

  test('a write that may stand in a log fails as outcome_unknown at its deadline, and is not sent again', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    await cluster.time.of(cluster.write(leader, printer('before')))
    cluster.network.isolate(asNodeId(leader))
    expect(await cluster.time.of(codeOf(cluster.write(leader, printer('maybe'), 300)))).toBe('outcome_unknown')
    // The others go on; the entry is overwritten, and since it was abandoned it does not come back.
    await cluster.time.until(() => cluster.leader() !== leader)
    cluster.network.heal()
    await cluster.time.until(() => cluster.get(leader).readiness().ready)
    await cluster.time.advance(5000)
    expect(cluster.get(leader).farm.printer('maybe')).toBeNull()
    expect(await cluster.time.of(cluster.write(leader, printer('maybe')))).toMatchObject({ ok: true })
  })

  test('the deposed leader hands what it had not committed to its successor', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    await cluster.time.of(cluster.write(leader, printer('before')))
    cluster.network.isolate(asNodeId(leader))
    const outcome = cluster.write(leader, printer('kept'), 20_000)
    await cluster.time.until(() => cluster.leader() !== leader)
    cluster.network.heal()
    expect(await cluster.time.of(outcome)).toMatchObject({ ok: true, status: 201 })
  })

  test('lost Forward messages are sent again, and nothing is done twice', async () => {
    const cluster = await Cluster.of(3)
    const follower = cluster.follower()
    let forwards = 0
    cluster.network.drop = (_from, _to, message) => message.type === 'Forward' && forwards++ % 2 === 0
    const outcomes: Promise<Outcome>[] = []
    for (let i = 0; i < 20; i++) {
      outcomes.push(cluster.write(follower, printer(`p${i}`)))
      await cluster.time.advance(3)
    }
    const results = await cluster.time.of(Promise.all(outcomes))
    expect(results.every((outcome) => outcome.ok)).toBe(true)
    expect(cluster.get(follower).farm.counts().printers).toBe(20)
  })

  test('a forwarded write that the leader refused fails as no_quorum: it is certain that it is not done', async () => {
    const cluster = await Cluster.of(3, { raftLimits: { uncommittedBytesMax: 1000 } })
    const leader = cluster.leader()!
    const follower = cluster.follower()
    for (const id of [leader, follower]) await cluster.time.of(cluster.write(id, printer(`warm-up-${id}`)))
    // Nothing is committed any more, though the leader is heard and hears.
    cluster.network.drop = (_from, to, message) => to === leader && message.type === 'AppendEntriesReply'
    const first = codeOf(cluster.write(leader, { ...printer('fills'), model: 'x'.repeat(900) } as Command, 800))
    await cluster.time.advance(50)
    const second = codeOf(cluster.write(follower, printer('refused'), 500))
    expect(await cluster.time.of(Promise.all([first, second]))).toEqual(['outcome_unknown', 'no_quorum'])
    cluster.network.drop = () => false
    await cluster.time.advance(5000)
    expect(cluster.get(follower).farm.printer('refused')).toBeNull()
  })

  test('a forwarded write that is refused for a while is done when it can be', async () => {
    const cluster = await Cluster.of(3, { raftLimits: { uncommittedBytesMax: 1000 } })
    const leader = cluster.leader()!
    const follower = cluster.follower()
    await cluster.time.of(cluster.write(follower, printer('warm-up')))
    const writes = Array.from({ length: 40 }, (_, i) =>
      cluster.write(i % 2 === 0 ? follower : leader, printer(`p${i}`))
    )
    for (const outcome of await cluster.time.of(Promise.all(writes))) expect(outcome).toMatchObject({ status: 201 })
    expect(cluster.get(leader).farm.counts().printers).toBe(41)
  })

  test('beyond the bound of outstanding proposals a write is refused at once', async () => {
    const cluster = await Cluster.of(1, { limits: { proposalsMax: 8 } })
    const outcomes = Array.from({ length: 10 }, (_, i) => codeOf(cluster.write('n1', printer(`p${i}`))))
    const codes = await cluster.time.of(Promise.all(outcomes))
    expect(codes).toEqual([...Array.from({ length: 8 }, () => 'resolved'), 'too_many_requests', 'too_many_requests'])
  })

  test('a session that expired is replaced, unnoticed by the caller', async () => {
    const cluster = await Cluster.of(3)
    const follower = cluster.follower()
    await cluster.time.of(cluster.write(follower, printer('first')))
    // An hour passes for the farm by way of another node's clock.
    const other = cluster.ids().find((id) => id !== follower)!
    cluster.machines.get(other)!.clock.wallOffsetMs += 2 * 60 * 60 * 1000
    await cluster.time.advance(200)
    await cluster.time.of(cluster.write(other, printer('second')))
    cluster.machines.get(follower)!.clock.wallOffsetMs += 2 * 60 * 60 * 1000
    const outcomes = ['third', 'fourth', 'fifth'].map((id) => cluster.write(follower, printer(id)))
    for (const outcome of await cluster.time.of(Promise.all(outcomes))) expect(outcome).toMatchObject({ status: 201 })
    expect(cluster.events(follower, 'session_expired')).toHaveLength(1)
    expect(cluster.get(follower).farm.counts().printers).toBe(5)
  })

  test('an Idempotency-Key gives the first answer again, on any node', async () => {
    const cluster = await Cluster.of(3)
    const options = { by: 'test', timeoutMs: 5000, idempotency: { key: 'k', request: 'r' } }
    const first = await cluster.time.of(cluster.get('n2').propose(printer('p'), options))
    const again = await cluster.time.of(cluster.get('n3').propose(printer('p'), options))
    expect(again).toEqual(first)
    expect(cluster.get('n3').farm.counts().printers).toBe(1)
  })

  test('a command whose JSON differs from the object is applied as its JSON on every node', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const command = { ...printer('p'), name: undefined, note: new Date(0) } as unknown as Command
    await cluster.time.of(cluster.write(leader, command))
    await cluster.time.of(cluster.get('n2').linearize(1000))
    await cluster.time.of(cluster.get('n3').linearize(1000))
    const records = cluster.ids().map((id) => cluster.get(id).farm.printer('p'))
    expect(records.map((record) => Object.keys(record!))).toEqual(records.map(() => Object.keys(records[0]!)))
    expect(Object.keys(records[0]!)).not.toContain('note')
  })
})

describe('linearizable reads', () => {
  test('fail as no_quorum on a node that is cut off, also on the deposed leader', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    cluster.network.isolate(asNodeId(leader))
    expect(await cluster.time.of(codeOf(cluster.get(leader).linearize(500)))).toBe('no_quorum')
    expect(await cluster.time.of(codeOf(cluster.get(leader).linearize(3000)))).toBe('no_quorum')
  })

  test('that are under way when the leader changes are answered by the next', async () => {
    const cluster = await Cluster.of(3)
    const leader = cluster.leader()!
    const follower = cluster.follower()
    const reads = Array.from({ length: 5 }, () => cluster.get(follower).linearize(10_000))
    cluster.crash(leader)
    await cluster.time.of(Promise.all(reads))
    expect(cluster.leader()).not.toBe(leader)
  })

  test('of one turn share a round, and those that come meanwhile share the next', async () => {
    const cluster = await Cluster.of(3)
    const replica = cluster.get(cluster.follower())
    const before = replica.metrics().read_rounds_total
    const reads = Array.from({ length: 10 }, () => replica.linearize(1000))
    await cluster.time.settle()
    for (let i = 0; i < 10; i++) reads.push(replica.linearize(1000))
    await cluster.time.of(Promise.all(reads))
    expect(replica.metrics().read_rounds_total - before).toBe(2)
  })
})

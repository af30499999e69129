import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../src-main/farm/types'
import { asNodeId } from '../../src-main/raft/types'
import type { ReplicaEvent } from '../../src-main/runtime/replica'
import { Cluster, printer, type ClusterOptions } from './cluster'

const OFTEN: ClusterOptions = {
  limits: { snapshotEntriesMin: 50, snapshotCharsMin: 1000, logPerSnapshot: 1 },
  raftLimits: { trailingEntries: 10 }
}

async function fill(cluster: Cluster, id: string, from: number, count: number): Promise<void> {
  const outcomes: Promise<Outcome>[] = []
  for (let i = from; i < from + count; i++) {
    outcomes.push(cluster.write(id, printer(`p${i}`)))
    if (i % 20 === 0) await cluster.time.advance(1)
  }
  for (const outcome of await cluster.time.of(Promise.all(outcomes))) expect(outcome).toMatchObject({ ok: true })
}

/** Resolves once the leader's log no longer holds what the follower, cut off, comes to next. */
async function leftBehind(cluster: Cluster, leader: string, follower: string): Promise<void> {
  const { lastIndex } = cluster.get(follower).raftStatus()
  await cluster.time.until(() => cluster.get(leader).raftStatus().firstIndex > lastIndex + 1)
}

describe('snapshots', () => {
  test('are taken while writes go on, and the log before them is given up', async () => {
    const cluster = new Cluster(OFTEN)
    const replica = await cluster.start('n1', true)
    await fill(cluster, 'n1', 0, 500)
    await cluster.time.advance(200)
    const { snapshotIndex, firstIndex } = replica.raftStatus()
    expect(replica.metrics().snapshots_taken_total).toBeGreaterThan(3)
    expect(snapshotIndex).toBeGreaterThan(400)
    expect(firstIndex).toBeGreaterThan(snapshotIndex - 11)
    expect(cluster.machines.get('n1')!.log.entries.length).toBeLessThan(200)
  })

  test('wait until the log since the last one is longer than that by a factor', async () => {
    const logPerSnapshot = 10
    const cluster = new Cluster({ limits: { snapshotEntriesMin: 1, snapshotCharsMin: 1, logPerSnapshot } })
    const replica = await cluster.start('n1', true)
    await fill(cluster, 'n1', 0, 20)
    const { index, bytes } = await cluster.time.of(replica.takeSnapshot())
    for (let from = 20; replica.raftStatus().snapshotIndex === index; from += 20) await fill(cluster, 'n1', from, 20)
    const next = replica.raftStatus().snapshotIndex
    const between = cluster.machines
      .get('n1')!
      .log.entries.filter((entry) => entry.index > index && entry.index <= next)
    const chars = between.reduce((sum, { data }) => sum + data.length, 0)
    expect(chars).toBeGreaterThan(bytes * logPerSnapshot)
    expect(chars).toBeLessThan(bytes * logPerSnapshot * 1.5)
  })

  test('are begun by one member after the other, though all apply the same entries', async () => {
    const cluster = await Cluster.of(3, { ...OFTEN, limits: { snapshotEntriesMin: 50, snapshotCharsMin: 40_000 } })
    const members = ['n1', 'n2', 'n3']
    await fill(cluster, 'n1', 0, 400)
    await cluster.time.until(() => members.every((id) => cluster.get(id).raftStatus().snapshotIndex > 0))
    const begun = members.map((id) => cluster.get(id).raftStatus().snapshotIndex)
    for (const [at, index] of begun.slice(1).entries()) expect(index).toBeGreaterThan(begun[at]! + 40)
  })

  test('carry the farm, its sessions and the membership over a restart', async () => {
    const cluster = await Cluster.of(3, OFTEN)
    await fill(cluster, 'n2', 0, 300)
    await cluster.time.of(cluster.get('n2').takeSnapshot())
    cluster.crash('n2')
    await cluster.start('n2')
    await cluster.time.until(() => cluster.get('n2').readiness().ready)
    expect(cluster.get('n2').farm.counts().printers).toBe(300)
    expect(cluster.voters('n2')).toEqual(['n1', 'n2', 'n3'])
  })

  test('takeSnapshot resolves with one at or beyond what was applied at the call', async () => {
    const cluster = new Cluster()
    const replica = await cluster.start('n1', true)
    await fill(cluster, 'n1', 0, 5)
    const applied = replica.appliedIndex
    const { index, bytes } = await cluster.time.of(replica.takeSnapshot())
    expect(index).toBeGreaterThanOrEqual(applied)
    expect(bytes).toBeGreaterThan(0)
    expect(await cluster.time.of(replica.takeSnapshot())).toEqual({ index, bytes })
  })

  test('bring up a follower that lags behind the log, while writes go on; its own writes end exactly once', async () => {
    const cluster = await Cluster.of(3, OFTEN)
    const leader = cluster.leader()!
    const follower = cluster.follower()
    await cluster.time.of(cluster.write(follower, printer('mine-0')))
    cluster.network.isolate(asNodeId(follower))
    const mine = cluster.write(follower, printer('mine-1'), 60_000)
    await fill(cluster, leader, 0, 300)
    await leftBehind(cluster, leader, follower)
    const events: ReplicaEvent[] = []
    cluster.get(follower).subscribe((event) => void events.push(event))
    cluster.network.heal()
    await fill(cluster, leader, 300, 100)
    expect(await cluster.time.of(mine)).toMatchObject({ ok: true })
    await cluster.time.of(cluster.get(follower).linearize(2000))
    expect(cluster.get(follower).farm.counts().printers).toBe(402)
    expect(cluster.get(follower).metrics().snapshots_received_total).toBeGreaterThan(0)
    expect(events.some(({ type }) => type === 'reset')).toBe(true)
    expect(cluster.leader()).toBe(leader)
  })

  test('an outcome that went by within an installed snapshot is found in its session table', async () => {
    const cluster = await Cluster.of(3, OFTEN)
    const leader = cluster.leader()!
    const follower = cluster.follower()
    await cluster.time.of(cluster.write(follower, printer('warm-up')))
    // The follower's command reaches the leader; nothing comes back.
    cluster.network.drop = (_from, to) => to === follower
    const mine = cluster.write(follower, printer('unseen'), 60_000)
    await cluster.time.until(() => cluster.get(leader).farm.printer('unseen') !== null)
    await fill(cluster, leader, 0, 300)
    cluster.network.drop = (_from, to, message) =>
      to === follower && message.type === 'AppendEntries' && message.entries.some(({ data }) => data.includes('unseen'))
    await cluster.time.until(() => cluster.get(follower).metrics().snapshots_received_total > 0)
    expect(await cluster.time.of(mine)).toMatchObject({ ok: true, status: 201 })
  })

  test('one that a follower does not need is answered at once, so that the leader learns how far it is', async () => {
    const cluster = await Cluster.of(3, { ...OFTEN, raftLimits: { trailingEntries: 0 } })
    const leader = cluster.leader()!
    const follower = cluster.follower()
    await fill(cluster, leader, 0, 60)
    await cluster.time.of(cluster.get(leader).linearize(1000))
    const { index } = await cluster.time.of(cluster.get(leader).takeSnapshot())
    await cluster.time.until(() => cluster.get(follower).appliedIndex >= index)
    const { handlers } = cluster.network.end(asNodeId(follower))!
    const meta = (await cluster.snapshotsOf(leader).latest())!
    const { term } = cluster.get(leader).raftStatus()
    const receiver = await handlers.onSnapshotOffer(asNodeId(leader), term, meta, 7)
    expect(receiver?.chunksPresent).toBe(7)
    await receiver?.commit()
  })

  test('a crash after the snapshot is durable and before the log is discarded is recovered from', async () => {
    const cluster = await Cluster.of(3, OFTEN)
    const leader = cluster.leader()!
    const follower = cluster.follower()
    cluster.network.isolate(asNodeId(follower))
    await fill(cluster, leader, 0, 300)
    await leftBehind(cluster, leader, follower)
    cluster.machines.get(follower)!.log.onWrite = (operation) =>
      operation === 'reset' ? new Promise(() => {}) : undefined
    cluster.network.heal()
    await cluster.time.until(() => cluster.get(follower).metrics().snapshots_received_total > 0)
    await cluster.time.advance(20)
    cluster.crash(follower)
    await cluster.start(follower)
    await cluster.time.until(() => cluster.get(follower).readiness().ready)
    expect(cluster.get(follower).farm.counts().printers).toBe(300)
  })

  test('a backup is the farm as of one index, whatever is written meanwhile', async () => {
    const cluster = new Cluster()
    const replica = await cluster.start('n1', true)
    await fill(cluster, 'n1', 0, 20)
    const { index, chunks } = replica.backup()
    expect(index).toBe(replica.appliedIndex)
    const write = cluster.write('n1', printer('later'))
    const read = (async () => {
      let text = ''
      for await (const chunk of chunks) text += chunk
      return text
    })()
    const text = await cluster.time.of(read)
    await cluster.time.of(write)
    expect((JSON.parse(text) as { printers: unknown[] }).printers).toHaveLength(20)
  })
})

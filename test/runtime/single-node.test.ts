import { describe, expect, test } from 'vitest'
import { Cluster, printer } from './cluster'

describe('a cluster of one', () => {
  test('leads and is ready at once, without waiting for an election timeout', async () => {
    const cluster = new Cluster()
    await cluster.start('n1', true)
    await cluster.time.settle()
    expect(cluster.get('n1').status()).toMatchObject({ role: 'leader', leader_id: 'n1', term: 2 })
    expect(cluster.get('n1').readiness()).toEqual({ ready: true, reason: '' })
    expect(cluster.time.nowMs).toBeLessThan(50)
  })

  test('a write is applied when its promise resolves, and is there after a restart', async () => {
    const cluster = new Cluster()
    const replica = await cluster.start('n1', true)
    const outcome = await cluster.time.of(cluster.write('n1', printer('p1')))
    expect(outcome).toMatchObject({ ok: true, status: 201 })
    expect(replica.farm.printer('p1')).toMatchObject({ company: 'Prusa' })
    cluster.crash('n1')
    const again = await cluster.start('n1')
    await cluster.time.settle()
    expect(again.readiness().ready).toBe(true)
    expect(again.farm.printer('p1')).toMatchObject({ company: 'Prusa' })
  })

  test('a linearizable read takes no time', async () => {
    const cluster = new Cluster()
    const replica = await cluster.start('n1', true)
    await cluster.time.settle()
    const before = cluster.time.nowMs
    await cluster.time.of(replica.linearize(1000))
    expect(cluster.time.nowMs).toBe(before)
  })
})

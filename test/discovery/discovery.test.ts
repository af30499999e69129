import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Service } from 'bonjour-service'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { decodeService, encodeTxt, type DiscoveredPeer } from '../../src-main/discovery/announcement'
import { startDiscovery, type Announcement, type Discovery } from '../../src-main/discovery/discovery'
import { PEERS_MAX, PeerTable } from '../../src-main/discovery/peer-table'
import { messageOf, startChild } from '../support/bundled-child'
import { RecordingLog, until } from '../transport/nodes'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const newType = () => `r3dt-${randomBytes(4).toString('hex')}`

const announcement = (n: number, change: Partial<Announcement> = {}): Announcement => ({
  name: `Lab ${n} ✓`,
  nodeId: `n-${n}`,
  clusterId: `c-${n}`,
  rpcPort: 7000 + n,
  apiAddress: `10.0.0.${n}:8080`,
  version: '0.1.0',
  ...change
})

async function start(n: number, type: string, log = new RecordingLog(), expiryMs = 60_000): Promise<Discovery> {
  const discovery = await startDiscovery({
    ...announcement(n),
    type,
    log,
    interface: '127.0.0.1',
    timing: { sweepsMs: [100], expiryMs }
  })
  stops.push(() => discovery.stop())
  return discovery
}

async function announceFromChild(n: number, type: string): Promise<ChildProcess> {
  const child = await startChild(join(import.meta.dirname, 'child-announcer.ts'), [
    JSON.stringify({ ...announcement(n), type })
  ])
  stops.push(() => child.kill('SIGKILL'))
  await messageOf(child)
  return child
}

const seen = (discovery: Discovery, id: string) => discovery.found().find(({ node_id }) => node_id === id)

describe('discovery', () => {
  test('two processes find each other, follow changes, and hear the goodbye', async () => {
    const type = newType()
    const here = await start(1, type)
    const child = await announceFromChild(2, type)
    const peer = await until('the other process', () => seen(here, 'n-2'))
    expect(peer).toEqual({
      node_id: 'n-2',
      name: 'Lab 2 ✓',
      cluster_id: 'c-2',
      address: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) as string,
      port: 7002,
      api_address: '10.0.0.2:8080',
      version: '0.1.0',
      last_seen: expect.any(Number) as number
    })
    expect(here.found().map(({ node_id }) => node_id)).toEqual(['n-2'])

    child.send({ update: announcement(2, { clusterId: null, rpcPort: 7999, name: 'Other' }) })
    await until('the change', () => {
      const now = seen(here, 'n-2')
      return now?.port === 7999 && now.cluster_id === '' && now.name === 'Other'
    })
    child.send({ update: announcement(2, { nodeId: 'n-3' }) })
    await until('the new identity alone', () => seen(here, 'n-3') && !seen(here, 'n-2'))

    child.send('stop')
    await until('the goodbye', () => here.found().length === 0)
  })

  test('a process that dies without a word is forgotten after a while', async () => {
    const type = newType()
    const here = await start(1, type, new RecordingLog(), 700)
    const child = await announceFromChild(2, type)
    await until('the other process', () => seen(here, 'n-2'))
    child.kill('SIGKILL')
    await until('it is forgotten', () => here.found().length === 0)
  })

  test('other service types are another world', async () => {
    const type = newType()
    const [a, b, other] = [await start(1, type), await start(2, type), await start(3, newType())]
    await until('a and b see each other', () => seen(a, 'n-2') && seen(b, 'n-1'))
    expect(other.found()).toEqual([])
    expect(seen(a, 'n-3')).toBeUndefined()
  })

  test('a network that is not there is no error', async () => {
    const log = new RecordingLog()
    const discovery = await startDiscovery({
      ...announcement(1),
      log,
      type: newType(),
      interface: '203.0.113.77',
      timing: { sweepsMs: [20] }
    })
    discovery.update(announcement(1, { rpcPort: 1 }))
    await discovery.stop()
    await discovery.stop()
    expect(discovery.found()).toEqual([])
    expect(log.lines.length).toBeLessThanOrEqual(1)
  })
})

describe('what others announce is taken with care', () => {
  const service = (txt: unknown, port: unknown = 7080, address: unknown = '10.0.0.5') =>
    ({ txt, port, referer: { address } }) as unknown as Service

  test('a whole announcement is understood', () => {
    expect(decodeService(service(encodeTxt(announcement(4))), 5)).toEqual({
      node_id: 'n-4',
      name: 'Lab 4 ✓',
      cluster_id: 'c-4',
      address: '10.0.0.5',
      port: 7080,
      api_address: '10.0.0.4:8080',
      version: '0.1.0',
      last_seen: 5
    })
  })

  test('names are printable and short, addresses are addresses', () => {
    const peer = decodeService(
      service({
        ...encodeTxt(announcement(4)),
        name: `a\u202eb\u0007${'x'.repeat(500)}`,
        api: 'javascript:alert(1)//<b>',
        version: '<script>'
      }),
      5
    )
    expect(peer?.name).toBe(`ab${'x'.repeat(98)}`)
    expect(peer?.api_address).toBe('')
    expect(peer?.version).toBe('')
  })

  test('anything else is refused or harmless', () => {
    const good = encodeTxt(announcement(4))
    expect(decodeService(service({ ...good, id: '../../x' }), 5)).toBeNull()
    expect(decodeService(service({ ...good, cluster: 'a b' }), 5)).toBeNull()
    expect(decodeService(service({ ...good, v: '2' }), 5)).toBeNull()
    expect(decodeService(service(good, 0), 5)).toBeNull()
    expect(decodeService(service(good, 7080, null), 5)).toBeNull()
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (txt, port, address) => {
        decodeService(service(txt, port, address), 5)
      })
    )
  })

  test('a long name is cut so that it can be announced', () => {
    const txt = encodeTxt(announcement(4, { name: '🖨'.repeat(100) }))
    expect(Buffer.byteLength(txt['name']!)).toBeLessThanOrEqual(200)
    expect(txt['name']).toMatch(/^(🖨)+$/u)
  })
})

describe('peer table', () => {
  const peer = (id: string, change: Partial<DiscoveredPeer> = {}): DiscoveredPeer => ({
    node_id: id,
    name: id,
    cluster_id: '',
    address: '10.0.0.1',
    port: 1,
    api_address: '',
    version: '',
    last_seen: 0,
    ...change
  })

  test('is bounded, and has room again once others have expired', () => {
    let now = 0
    const table = new PeerTable(100, () => now)
    for (let i = 0; i < PEERS_MAX; i++) expect(table.add(peer(`n-${i}`))).toBe(true)
    expect(table.add(peer('n-late'))).toBe(false)
    expect(table.add(peer('n-0', { port: 2 }))).toBe(true)
    expect(table.list()).toHaveLength(PEERS_MAX)
    now = 101
    expect(table.add(peer('n-late', { last_seen: now }))).toBe(true)
    expect(table.list().map(({ node_id }) => node_id)).toEqual(['n-late'])
  })

  test('shows a node that is seen on several networks once, at the address where it was first seen', () => {
    let now = 0
    const table = new PeerTable(100, () => now)
    table.add(peer('n-1'))
    table.add(peer('n-1', { address: '172.17.0.1' }))
    now = 80
    table.add(peer('n-1', { address: '172.17.0.1', last_seen: now }))
    expect(table.list()).toMatchObject([{ address: '10.0.0.1' }])
    now = 120
    expect(table.list()).toMatchObject([{ address: '172.17.0.1' }])
    table.remove(peer('n-1'))
    expect(table.list()).toEqual([])
  })

  test('keeps no ghosts when the clock is set back', () => {
    let now = 1_000_000
    const table = new PeerTable(100, () => now)
    table.add(peer('n-1', { last_seen: now }))
    now = 0
    expect(table.list()).toEqual([])
  })
})

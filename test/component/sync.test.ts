import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useFilaments } from '@/stores/filaments'
import { useJobs } from '@/stores/jobs'
import { usePrinters } from '@/stores/printers'
import { useSync } from '@/stores/sync'
import { fakeNode, type FakeNode } from './support/fake-node'
import { filament, job, printer } from './support/records'

let node: FakeNode

beforeEach(() => {
  setActivePinia(createPinia())
  node = fakeNode()
  vi.stubGlobal('fetch', node.fetch)
})
afterEach(() => {
  useSync().stop()
  vi.unstubAllGlobals()
})

async function started(): Promise<ReturnType<typeof useSync>> {
  const sync = useSync()
  sync.start()
  await vi.waitFor(() => expect(node.connections).toHaveLength(1))
  node.hello(false)
  await vi.waitFor(() => expect(sync.jobsLoaded).toBe(true))
  return sync
}

describe('the stores follow the node', () => {
  it('subscribe before they load, open jobs before finished ones', async () => {
    node.lists = { '/printers': [printer('p1')], '/print_jobs': [job('done', 'Done'), job('open')] }
    await started()
    expect(node.requests[0]).toBe('/api/v1/events')
    const lists = node.requests.filter((path) => path.includes('print_jobs'))
    expect(lists.slice(0, 2).every((path) => path.includes('status='))).toBe(true)
    expect(lists.at(-1)).toContain('limit=')
    expect(useJobs().records.size()).toBe(2)
    expect(usePrinters().records.size()).toBe(1)
  })

  it('show an event that the list does not have yet, and not one that it has overtaken', async () => {
    node.index = 50
    node.lists = { '/printers': [printer('p1', { model: 'new' })] }
    await started()
    node.emit('printer', { index: 40, id: 'p1', record: printer('p1', { model: 'old' }) }, 40)
    node.emit('printer', { index: 51, id: 'p2', record: printer('p2') }, 51)
    await vi.waitFor(() => expect(usePrinters().records.size()).toBe(2))
    expect(usePrinters().records.peek('p1')?.model).toBe('new')
  })

  it('apply a burst of 5,000 events in a few updates', async () => {
    await started()
    const jobs = useJobs()
    const before = jobs.records.version
    for (let i = 0; i < 5_000; i++)
      node.emit('print_job', { index: 100 + i, id: `j${i}`, record: job(`j${i}`) }, 100 + i)
    await vi.waitFor(() => expect(jobs.records.size()).toBe(5_000), { timeout: 10_000 })
    expect(jobs.records.version - before).toBeLessThanOrEqual(60)
    expect(jobs.counts.Queued).toBe(5_000)
  })

  it('sum reservations from the open jobs', async () => {
    node.lists = { '/filaments': [filament('f1')], '/print_jobs': [job('a'), job('b', 'Running'), job('c', 'Done')] }
    await started()
    const filaments = useFilaments()
    const roll = filaments.records.peek('f1') ?? filament('f1')
    expect(filaments.stock(roll)).toMatchObject({ remaining: 1000, reserved: 20, free: 980 })
    node.emit('print_job', { index: 60, id: 'd', record: job('d', 'Queued', { print_weight_in_grams: 900 }) }, 60)
    await vi.waitFor(() => expect(filaments.stock(roll)).toMatchObject({ reserved: 920, low: true }))
  })
})

describe('the stream', () => {
  it('resumes after the last event it has seen, without loading again', async () => {
    const sync = await started()
    node.emit('printer', { index: 77, id: 'p1', record: printer('p1') }, 77)
    await vi.waitFor(() => expect(usePrinters().records.size()).toBe(1))
    const loads = node.requests.filter((path) => path.includes('/printers')).length
    node.drop()
    await vi.waitFor(() => expect(sync.link).toBe('lost'))
    expect(sync.staleSince).not.toBeNull()
    sync.retry()
    await vi.waitFor(() => expect(node.connections).toHaveLength(2))
    expect(node.connections[1]?.get('last-event-id')).toBe('77')
    node.hello(true)
    node.emit('printer', { index: 78, id: 'p2', record: printer('p2') }, 78)
    await vi.waitFor(() => expect(usePrinters().records.size()).toBe(2))
    expect(sync.live).toBe(true)
    expect(sync.staleSince).toBeNull()
    expect(node.requests.filter((path) => path.includes('/printers'))).toHaveLength(loads)
  })

  it.each(['reset', 'hello'])('loads everything again on %s', async (event) => {
    node.lists = { '/printers': [printer('old')] }
    await started()
    node.index = 90
    node.lists = { '/printers': [printer('new')] }
    node.emit(event, { applied_index: 90, resumed: false })
    await vi.waitFor(() => expect(usePrinters().records.all.map(({ id }) => id)).toEqual(['new']))
  })

  it('loads again after a resume when the node went away in the middle of the first load', async () => {
    node.lists = { '/printers': [printer('p1')] }
    node.broken = true
    const sync = useSync()
    sync.start()
    await vi.waitFor(() => expect(node.connections).toHaveLength(1))
    node.hello(false)
    await vi.waitFor(() => expect(sync.failure).not.toBeNull())
    node.drop()
    await vi.waitFor(() => expect(sync.link).toBe('lost'))
    node.broken = false
    sync.retry()
    await vi.waitFor(() => expect(node.connections).toHaveLength(2))
    node.hello(true)
    await vi.waitFor(() => expect(usePrinters().records.size()).toBe(1))
    expect(sync.jobsLoaded).toBe(true)
  })

  it('stops asking when a token is wanted', async () => {
    node.streamStatus = 401
    const sync = useSync()
    sync.start()
    await vi.waitFor(() => expect(sync.link).toBe('refused'))
    expect(sync.failure?.code).toBe('unauthorized')
    expect(node.connections).toHaveLength(1)
  })
})

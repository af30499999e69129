import { get, type ClientRequest, type IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { STREAMS_MAX } from '../../src-main/api/events/hub'
import { RING_CHANGES_MAX } from '../../src-main/api/events/change-ring'
import { EVENT_NAMES } from '../../src-main/contract/events'
import { asIndex, asTerm } from '../../src-main/raft/types'
import { Failure } from '../../src-main/runtime/replica'
import { FarmReplica } from './farm-replica'
import { startApi, until, type TestApi } from './harness'

interface ServerEvent {
  readonly id: string | null
  readonly event: string
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any
}

/** Reads a stream as a browser would. */
class Listener {
  readonly events: ServerEvent[] = []
  readonly comments: string[] = []
  response: IncomingMessage | null = null
  ended = false
  private text = ''

  constructor(readonly request: ClientRequest) {
    request.on('error', () => (this.ended = true))
    request.on('response', (response) => {
      this.response = response
      response.on('data', (chunk: Buffer) => this.read(chunk.toString()))
      response.on('close', () => (this.ended = true))
    })
  }

  get lastId(): string | null {
    return this.events.findLast(({ id }) => id !== null)?.id ?? null
  }

  named(name: string): ServerEvent[] {
    return this.events.filter(({ event }) => event === name)
  }

  close(): void {
    this.request.destroy()
  }

  private read(text: string): void {
    this.text += text
    const blocks = this.text.split('\n\n')
    this.text = blocks.pop()!
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.split(': ')[0]!, line.slice(line.indexOf(': ') + 2)])
      )
      if (!fields.has('data')) this.comments.push(block)
      else {
        const data: unknown = JSON.parse(fields.get('data')!)
        this.events.push({ id: fields.get('id') ?? null, event: fields.get('event')!, data })
      }
    }
  }
}

const listeners: Listener[] = []

afterEach(() => {
  for (const listener of listeners.splice(0)) listener.close()
})

async function listen(url: string, headers: Record<string, string> = {}): Promise<Listener> {
  const listener = new Listener(get(`${url}/api/v1/events`, { headers, agent: false }))
  listeners.push(listener)
  await until('an answer', () => listener.response)
  if (listener.response!.statusCode === 200) await until('the greeting', () => listener.named('cluster').length > 0)
  return listener
}

async function start(): Promise<TestApi & { url: string }> {
  const api = await startApi()
  const { url } = await api.api.listen()
  return { ...api, url }
}

const BY = { by: 'local', timeoutMs: 0 }

const addPrinter = (replica: FarmReplica, id: string) =>
  replica.commit({ type: 'printer.create', id, company: 'a', model: 'b' }, BY)

/** Everything that has happened up to now has arrived. */
async function settled(listener: Listener, replica: FarmReplica): Promise<void> {
  const index = String(replica.appliedIndex)
  await until(`index ${index}`, () => listener.lastId === index)
}

describe('the event stream', () => {
  test('begins with hello: where a client that loads the lists now may go on', async () => {
    const { url, replica } = await start()
    addPrinter(replica, 'before')
    const listener = await listen(url)
    expect(listener.response!.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-raft3d-applied-index': String(replica.appliedIndex)
    })
    const [hello, cluster] = listener.events
    const applied_index = replica.appliedIndex
    expect(hello).toEqual({ event: 'hello', id: String(applied_index), data: { applied_index, resumed: false } })
    expect(cluster).toMatchObject({ event: 'cluster', data: { cluster_id: 'c1', role: 'leader', ready: true } })
    expect(listener.events).toHaveLength(2)
  })

  test('carries every change with the whole record, deletions as null', async () => {
    const { url, replica } = await start()
    const listener = await listen(url)
    addPrinter(replica, 'p1')
    replica.commit({ type: 'printer.update', id: 'p1', set: { model: 'c' } }, BY)
    replica.commit({ type: 'printer.delete', id: 'p1' }, BY)
    await settled(listener, replica)
    expect(listener.named('printer').map(({ data }) => [data.id, data.record?.model ?? null])).toEqual([
      ['p1', 'b'],
      ['p1', 'c'],
      ['p1', null]
    ])
    expect(listener.named('printer').map(({ id, data }) => Number(id) - data.index)).toEqual([0, 0, 0])
  })

  test('the id stands on the last event of an index only', async () => {
    const { url, replica } = await start()
    addPrinter(replica, 'p')
    replica.commit({ type: 'filament.create', id: 'f', material: 'PLA', color: 'r', total_weight_in_grams: 9 }, BY)
    const listener = await listen(url)
    const job = { id: 'j', printer_id: 'p', filament_id: 'f', filepath: 'a', print_weight_in_grams: 1 }
    replica.commit({ type: 'job.create', ...job }, BY)
    await settled(listener, replica)
    const [first, second] = listener.events.slice(2)
    expect([first!.event, first!.id, second!.event, second!.id]).toEqual([
      'print_job',
      null,
      'filament',
      String(replica.appliedIndex)
    ])
    expect(second!.data.record.reserved_weight_in_grams).toBe(1)
  })

  test('tokens and invites are for admins, without hashes', async () => {
    const { url, replica, call } = await start()
    const token = async (role: string) => {
      const { body } = await call('POST', '/tokens', { name: role, role }, { headers: { host: new URL(url).host } })
      return { authorization: `Bearer ${body.token}` }
    }
    const [admin, viewer] = [await listen(url, await token('admin')), await listen(url, await token('viewer'))]
    const hash = 'a'.repeat(64)
    replica.commit({ type: 'token.create', id: 't', name: 'n', role: 'viewer', hash, expires_at: null }, BY)
    replica.commit({ type: 'invite.create', id: 'i', hash, expires_at: 2e12 }, BY)
    addPrinter(replica, 'p')
    await settled(admin, replica)
    await settled(viewer, replica)
    const names = ({ events }: Listener) =>
      events.slice(2).map(({ event, data }) => `${event} ${data.record.name ?? ''}`)
    expect(names(admin)).toEqual(['token viewer', 'token n', 'invite ', 'printer '])
    expect(JSON.stringify(admin.events)).not.toContain(hash)
    expect(names(viewer)).toEqual(['printer '])
  })

  test('a stream ends when its token is removed', async () => {
    const { url, replica, call } = await start()
    const headers = { host: new URL(url).host }
    const tokens = await Promise.all(
      ['a', 'b'].map(async (name) => (await call('POST', '/tokens', { name, role: 'viewer' }, { headers })).body)
    )
    const [gone, stays] = await Promise.all(
      tokens.map(({ token }) => listen(url, { authorization: `Bearer ${token}` }))
    )
    replica.commit({ type: 'token.delete', id: tokens[0].id }, BY)
    await until('the end', () => gone!.ended)
    addPrinter(replica, 'p')
    await settled(stays!, replica)
    expect(gone!.named('printer')).toEqual([])
  })

  test('what happens in one turn arrives in one piece', async () => {
    const { url, replica } = await start()
    const listener = await listen(url)
    const sizes: number[] = []
    listener.response!.on('data', (chunk: Buffer) => sizes.push(chunk.length))
    for (let n = 0; n < 50; n++) addPrinter(replica, `p${n}`)
    await settled(listener, replica)
    expect(listener.named('printer')).toHaveLength(50)
    expect(sizes.length).toBeLessThan(5)
  })

  test('the state of the cluster comes when it changes', async () => {
    const { url, replica } = await start()
    const listener = await listen(url)
    replica.ready = { ready: false, reason: 'No leader.' }
    replica.emit({ type: 'readiness', readiness: replica.ready })
    replica.emit({ type: 'cluster', role: 'follower', term: asTerm(2), leaderId: null })
    replica.emit({ type: 'membership' })
    await until('the change', () => listener.named('cluster').length === 2)
    expect(listener.named('cluster')[1]!.data).toMatchObject({ ready: false, reason: 'No leader.' })
    expect(listener.named('cluster')[1]!.id).toBeNull()
  })

  test('a restore says reset', async () => {
    const { url, replica } = await start()
    addPrinter(replica, 'p1')
    const listener = await listen(url)
    let text = ''
    for await (const chunk of replica.backup().chunks) text += chunk
    replica.commit({ type: 'restore', backup: JSON.parse(text) }, BY)
    await settled(listener, replica)
    expect(listener.events.at(-1)).toMatchObject({ event: 'reset', data: { applied_index: replica.appliedIndex } })
    addPrinter(replica, 'p2')
    await settled(listener, replica)
    expect(listener.events.at(-1)).toMatchObject({ event: 'printer', data: { id: 'p2' } })
  })

  test('another replica says reset, and its changes follow', async () => {
    const { url, api, replica } = await start()
    for (let n = 0; n < 10; n++) addPrinter(replica, `p${n}`)
    const listener = await listen(url)
    const joined = new FarmReplica()
    api.use(joined)
    await until('reset', () => listener.named('reset').length === 1)
    addPrinter(replica, 'of the old one')
    addPrinter(joined, 'of the new one')
    await settled(listener, joined)
    expect(listener.named('printer').map(({ data }) => data.id)).toEqual(['of the new one'])
  })

  test('names only events of the contract', async () => {
    const { url, replica } = await start()
    const listener = await listen(url)
    addPrinter(replica, 'p')
    await settled(listener, replica)
    for (const { event } of listener.events) expect(EVENT_NAMES).toContain(event)
  })

  test('a closed API ends the streams', async () => {
    const { url, api } = await start()
    const listener = await listen(url)
    await api.close()
    await until('the end', () => listener.ended)
  })
})

describe('resuming', () => {
  test('brings what was missed, without a gap and without repeats', async () => {
    const { url, replica } = await start()
    const first = await listen(url)
    for (let n = 0; n < 5; n++) addPrinter(replica, `p${n}`)
    await settled(first, replica)
    first.close()
    const lastId = first.lastId!
    for (let n = 5; n < 9; n++) addPrinter(replica, `p${n}`)
    const second = await listen(url, { 'last-event-id': lastId })
    addPrinter(replica, 'p9')
    await settled(second, replica)
    expect(second.events[0]).toMatchObject({ event: 'hello', id: null, data: { resumed: true } })
    expect(second.named('printer').map(({ data }) => data.id)).toEqual(['p5', 'p6', 'p7', 'p8', 'p9'])
    expect(second.named('reset')).toEqual([])
  })

  test('after a break within an index brings the whole index again', async () => {
    const { url, replica } = await start()
    addPrinter(replica, 'p')
    replica.commit({ type: 'filament.create', id: 'f', material: 'PLA', color: 'r', total_weight_in_grams: 9 }, BY)
    const before = String(replica.appliedIndex)
    const job = { id: 'j', printer_id: 'p', filament_id: 'f', filepath: 'a', print_weight_in_grams: 1 }
    replica.commit({ type: 'job.create', ...job }, BY)
    const listener = await listen(url, { 'last-event-id': before })
    expect(listener.events.map(({ event }) => event)).toEqual(['hello', 'print_job', 'filament', 'cluster'])
  })

  test('where nothing was missed nothing comes', async () => {
    const { url, replica } = await start()
    addPrinter(replica, 'p')
    const listener = await listen(url, { 'last-event-id': String(replica.appliedIndex) })
    expect(listener.events.map(({ event }) => event)).toEqual(['hello', 'cluster'])
    expect(listener.events[0]!.data.resumed).toBe(true)
  })

  test('says reset when it is too long ago', async () => {
    const { url, replica } = await start()
    const before = String(replica.appliedIndex)
    for (let n = 0; n <= RING_CHANGES_MAX; n++) addPrinter(replica, `p${n}`)
    const listener = await listen(url, { 'last-event-id': before })
    expect(listener.events.map(({ event, id }) => [event, id])).toEqual([
      ['hello', null],
      ['reset', String(replica.appliedIndex)],
      ['cluster', null]
    ])
    const recent = await listen(url, { 'last-event-id': String(replica.appliedIndex - 3) })
    expect(recent.named('printer')).toHaveLength(3)
  })

  test('says reset for what happened before this process began', async () => {
    const { url } = await start()
    const listener = await listen(url, { 'last-event-id': '0' })
    expect(listener.events[1]!.event).toBe('reset')
  })

  test('says reset for an index of the future, after it has asked the leader', async () => {
    const { url, replica } = await start()
    const listener = await listen(url, { 'last-event-id': '999999' })
    expect(replica.linearized).toHaveLength(1)
    expect(listener.events[1]!.event).toBe('reset')
    replica.failure = new Failure('no_quorum', 'No leader.')
    expect((await listen(url, { 'last-event-id': '999999' })).events[1]!.event).toBe('reset')
  })

  test('waits for a node that is a little behind', async () => {
    const { url, replica } = await start()
    replica.linearize = async () => void addPrinter(replica, 'late')
    const listener = await listen(url, { 'last-event-id': String(replica.appliedIndex + 1) })
    expect(listener.events.map(({ event }) => event)).toEqual(['hello', 'cluster'])
    expect(listener.events[0]!.data.resumed).toBe(true)
  })

  test('an empty id begins anew', async () => {
    const { url } = await start()
    const listener = await listen(url, { 'last-event-id': '' })
    expect(listener.events.map(({ event }) => event)).toEqual(['hello', 'cluster'])
    expect(listener.events[0]!.data.resumed).toBe(false)
  })

  test.each(['abc', '-1', '1.5', '9'.repeat(30)])('says reset for an id that is none: %j', async (id) => {
    const { url } = await start()
    const listener = await listen(url, { 'last-event-id': id })
    expect(listener.events.map(({ event }) => event)).toEqual(['hello', 'reset', 'cluster'])
  })
})

describe('bounds', () => {
  test(`${STREAMS_MAX} streams may be open, one more is 429`, async () => {
    const { url, replica, call } = await start()
    const open = await Promise.all(Array.from({ length: STREAMS_MAX }, () => listen(url)))
    const refused = await listen(url)
    expect(refused.response!.statusCode).toBe(429)
    expect((await call('GET', '/events', undefined, { headers: { host: new URL(url).host } })).body.code).toBe(
      'too_many_requests'
    )
    open[0]!.close()
    await until('room', async () => (await listen(url)).response!.statusCode === 200 || null)
    addPrinter(replica, 'p')
    await settled(open[1]!, replica)
  })

  test('a burst beyond the ring within one turn says reset to streams that cannot have it all', async () => {
    const { url, replica } = await start()
    const listener = await listen(url)
    for (let n = 0; n <= RING_CHANGES_MAX; n++) addPrinter(replica, `p${n}`)
    await settled(listener, replica)
    expect(listener.events.at(-1)!.event).toBe('reset')
    replica.emit({ type: 'changes', index: asIndex(replica.appliedIndex), changes: [] })
  })
})

/**
 * Stands in for a node where a test of the page needs a state that real nodes reach only by force (no quorum, a removed
 * machine, a burst of events) or a farm of any size at once. It keeps the shapes of the contract, not its guarantees.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Cluster } from '../../../src-main/contract/cluster'
import { NEXT_STATUSES, type PrintJob } from '../../../src-main/contract/print-jobs'
import { PROBLEMS, type ProblemCode } from '../../../src-main/contract/problems'
import { mockCluster, mockDiscovered, mockLogs, mockMetrics, mockSettings, withLags } from './mock-cluster'
import { sampleFarm, type SampleFarm } from './sample-farm'
import { serveFile } from './static-files'

type Item = { id: string } & Record<string, unknown>
type Kind = 'printer' | 'filament' | 'print_job' | 'token'

export interface MockNode {
  readonly url: string
  readonly index: number
  cluster: Cluster
  /** Every write is refused with it while set. */
  refuse: ProblemCode | null
  put(kind: Kind, record: Item | null, id?: string): void
  send(event: string, data: unknown): void
  dropStreams(): void
  close(): Promise<void>
}

export interface MockOptions {
  readonly now?: number
  readonly farm?: SampleFarm
  readonly webRoot?: string
  /** Wanted as Bearer when set. */
  readonly token?: string
  readonly cluster?: Cluster
  /** Each question for the metrics is answered as if two more seconds had passed: for charts that are full at once. */
  readonly swiftMetrics?: boolean
  /** Every write is refused with it. */
  readonly refuse?: ProblemCode
  /** Questions for records get no answer: the page stays in its first moment. */
  readonly silent?: boolean
}

const PATHS: Readonly<Record<string, Kind>> = {
  printers: 'printer',
  filaments: 'filament',
  print_jobs: 'print_job',
  tokens: 'token'
}

export async function startMockNode(options: MockOptions = {}): Promise<MockNode> {
  const now = options.now ?? Date.now()
  const farm = options.farm ?? sampleFarm(now)
  const stamp = { created_at: now - 30 * 86_400_000, updated_at: now - 86_400_000 }
  const tables: Record<Kind, Map<string, Item>> = {
    printer: new Map(farm.printers.map((record) => [record.id, { ...record, ...stamp }])),
    filament: new Map(farm.filaments.map((record) => [record.id, { ...record, ...stamp }])),
    print_job: new Map(farm.jobs.map((record) => [record.id, { ...record }])),
    token: new Map(
      (['Slicer station', 'Order intake', 'Open-day screen'] as const).map((name, i) => [
        `token-${i}`,
        {
          id: `token-${i}`,
          name,
          role: (['operator', 'operator', 'viewer'] as const)[i],
          ...stamp,
          expires_at: [null, now + 3 * 86_400_000, now - 86_400_000][i]
        }
      ])
    )
  }
  const streams = new Set<ServerResponse>()
  let index = 48_000
  let metricsAsked = 0
  const first = options.cluster ?? mockCluster()
  const node = {
    cluster: first,
    refuse: options.refuse ?? (null as ProblemCode | null)
  }

  const withReserved = (record: Item): Item => {
    let reserved = 0
    for (const job of tables.print_job.values() as Iterable<Item & PrintJob>)
      if (job.filament_id === record.id && (job.status === 'Queued' || job.status === 'Running'))
        reserved += job.print_weight_in_grams
    return { ...record, reserved_weight_in_grams: reserved }
  }
  const shown = (kind: Kind, record: Item) => (kind === 'filament' ? withReserved(record) : record)

  function send(event: string, data: unknown): void {
    for (const stream of streams) stream.write(`event: ${event}\nid: ${index}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  function put(kind: Kind, record: Item | null, id = record?.id ?? ''): void {
    index++
    if (record) tables[kind].set(id, record)
    else tables[kind].delete(id)
    send(kind, { index, id, record: record && shown(kind, record) })
  }

  function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
    response.writeHead(status, {
      'content-type': status >= 400 ? 'application/problem+json' : 'application/json',
      'x-raft3d-applied-index': String(index),
      ...headers
    })
    response.end(body === null ? '' : JSON.stringify(body))
  }

  function problem(response: ServerResponse, code: ProblemCode, detail = '', errors?: object[]): void {
    const { status, title } = PROBLEMS[code]
    answer(response, status, { type: `/problems/${code}`, title, status, detail, instance: '', code, errors })
  }

  function list(response: ServerResponse, kind: Kind, url: URL): void {
    const wanted = ['status', 'printer_id', 'filament_id'].filter((key) => url.searchParams.has(key))
    const all = [...tables[kind].values()].filter((item) =>
      wanted.every((key) => item[key] === url.searchParams.get(key))
    )
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const limit = Number(url.searchParams.get('limit') ?? all.length)
    url.searchParams.set('cursor', String(from + limit))
    const more: Record<string, string> =
      from + limit < all.length ? { link: `<${url.pathname}${url.search}>; rel="next"` } : {}
    const page = all.slice(from, from + limit).map((record) => shown(kind, record))
    answer(response, 200, page, more)
  }

  function create(response: ServerResponse, kind: Kind, body: Item): void {
    const at = Date.now()
    const record: Item = { ...body, id: body.id ?? `${kind}-${index + 1}`, created_at: at, updated_at: at }
    if (kind === 'filament') record.remaining_weight_in_grams ??= record.total_weight_in_grams
    if (kind === 'token') record.expires_at = typeof body.ttl_seconds === 'number' ? at + body.ttl_seconds * 1000 : null
    if (kind === 'print_job') {
      const filament = tables.filament.get(String(body.filament_id))
      const roll = filament && withReserved(filament)
      if (!roll) return problem(response, 'unknown_filament')
      if (
        Number(body.print_weight_in_grams) >
        Number(roll.remaining_weight_in_grams) - Number(roll.reserved_weight_in_grams)
      )
        return problem(response, 'not_enough_filament', 'The roll has less left than the job needs.')
      Object.assign(record, {
        status: 'Queued',
        history: [{ status: 'Queued', at, by: 'local', node: node.cluster.name }]
      })
    }
    put(kind, record)
    const token = 'r3d_3kq9vX0mTq7uZl2cYw8pRn5sJd1hGf6e'
    answer(response, 201, kind === 'token' ? { ...record, token } : shown(kind, record))
  }

  function setStatus(response: ServerResponse, id: string, body: Item): void {
    const job = tables.print_job.get(id) as (Item & PrintJob) | undefined
    if (!job) return problem(response, 'not_found')
    const status = body.status as PrintJob['status']
    if (!NEXT_STATUSES[job.status].includes(status)) return problem(response, 'illegal_transition')
    const busy = [...(tables.print_job.values() as Iterable<Item & PrintJob>)].some(
      (other) => other.printer_id === job.printer_id && other.status === 'Running' && other.id !== id
    )
    if (status === 'Running' && busy) return problem(response, 'printer_busy')
    const at = Date.now()
    const history = [...job.history, { status, at, by: 'local', node: node.cluster.name }]
    const next = { ...job, status, updated_at: at, history }
    put('print_job', next)
    const roll = tables.filament.get(job.filament_id)
    if (status === 'Done' && roll) {
      const left = Number(roll.remaining_weight_in_grams) - job.print_weight_in_grams
      put('filament', { ...roll, remaining_weight_in_grams: left, updated_at: at })
    }
    answer(response, 200, next)
  }

  async function api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (options.token && request.headers.authorization !== `Bearer ${options.token}`)
      return problem(response, 'unauthorized')
    const [section = '', id, action] = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent)
    const kind = PATHS[section]
    const body = JSON.parse((await text(request)) || '{}') as Item
    const method = request.method ?? 'GET'
    if (method !== 'GET' && node.refuse) return problem(response, node.refuse, 'Refused for the test.')
    if (section === 'events') return stream(request, response)
    if (section === 'backup') return answer(response, 200, tables)
    if (section === 'cluster' && method === 'POST' && id === 'invites')
      return answer(response, 201, { invite: mockCluster.invite, expires_at: Date.now() + 86_400_000 })
    if (section === 'cluster' && id === 'invites' && method === 'GET')
      return answer(response, 200, [{ id: 'invite-1', created_at: now - 11 * 60_000, expires_at: now + 49 * 60_000 }])
    if (section === 'cluster' && id === 'discovered') return answer(response, 200, mockDiscovered(now))
    if (section === 'cluster' && id === 'metrics') {
      if (!options.swiftMetrics) return answer(response, 200, mockMetrics(node.cluster, Date.now(), now))
      const metrics = mockMetrics(first, now - 290_000 + 2_000 * metricsAsked++, now)
      node.cluster = withLags(node.cluster, metrics)
      return answer(response, 200, metrics)
    }
    if (section === 'cluster') return answer(response, 200, id ? {} : node.cluster)
    if (section === 'settings') return answer(response, 200, mockSettings(node.cluster))
    if (section === 'logs') return answer(response, 200, mockLogs(now))
    if (section === 'about') return answer(response, 200, mockSettings.about(now))
    if (section === 'whoami') return answer(response, 200, { name: 'local', role: 'admin', token_id: null })
    if (!kind) return problem(response, 'not_found')
    if (options.silent) return
    if (id === undefined) return method === 'GET' ? list(response, kind, url) : create(response, kind, body)
    if (action === 'status') return setStatus(response, id, body)
    const record = tables[kind].get(id)
    if (!record) return problem(response, 'not_found')
    if (method === 'DELETE') {
      put(kind, null, id)
      return answer(response, 204, null)
    }
    if (method === 'PATCH') put(kind, { ...record, ...body, id, updated_at: Date.now() })
    answer(response, 200, shown(kind, tables[kind].get(id) ?? record))
  }

  function stream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const hello = { applied_index: index, resumed: request.headers['last-event-id'] !== undefined }
    response.write(`event: hello\nid: ${index}\ndata: ${JSON.stringify(hello)}\n\n`)
    streams.add(response)
    response.on('close', () => streams.delete(response))
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://mock')
    if (url.pathname.startsWith('/api/v1/')) void api(request, response, url)
    else serveFile(options.webRoot, url.pathname, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(node, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get index() {
      return index
    },
    put,
    send,
    dropStreams: () => streams.forEach((open) => open.destroy()),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      })
  })
}

async function text(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

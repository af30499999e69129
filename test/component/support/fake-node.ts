/** Answers the page's requests in memory: lists from arrays, one event stream that the test writes to. */
import { vi } from 'vitest'

export interface FakeNode {
  readonly fetch: typeof fetch
  lists: Record<string, readonly object[]>
  index: number
  /** Headers of each connection to the event stream. */
  readonly connections: Headers[]
  readonly requests: string[]
  /** Lists cannot be had while set. */
  broken: boolean
  /** Status of the answer to the next connection; 200 opens the stream. */
  streamStatus: number
  emit(event: string, data: object, id?: number): void
  hello(resumed: boolean): void
  drop(): void
}

export function fakeNode(): FakeNode {
  let stream: ReadableStreamDefaultController<Uint8Array> | null = null
  const encoder = new TextEncoder()
  const node: FakeNode = {
    lists: {},
    index: 1,
    connections: [],
    requests: [],
    broken: false,
    streamStatus: 200,
    fetch: vi.fn(async (input: RequestInfo | URL, init?: RequestInit) => {
      const url = new URL(String(input), 'http://node')
      node.requests.push(url.pathname + url.search)
      if (url.pathname.endsWith('/events')) return open(init)
      if (node.broken) throw new TypeError('connection refused')
      const key = url.pathname.replace('/api/v1', '')
      const status = url.searchParams.get('status')
      const all = (node.lists[key] ?? []) as readonly { status?: string }[]
      const body =
        key === '/cluster' ? { members: [], leader_id: 'n1' } : all.filter((one) => !status || one.status === status)
      return new Response(JSON.stringify(body), { headers: { 'x-raft3d-applied-index': String(node.index) } })
    }),
    emit(event, data, id = node.index) {
      stream?.enqueue(encoder.encode(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`))
    },
    hello: (resumed) => node.emit('hello', { applied_index: node.index, resumed }),
    drop: () => stream?.error(new TypeError('connection lost'))
  }

  function open(init?: RequestInit): Response {
    node.connections.push(new Headers(init?.headers))
    if (node.streamStatus !== 200) return new Response('{}', { status: node.streamStatus })
    return new Response(new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) }))
  }
  return node
}

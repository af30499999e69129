/** An API on a farm replica, and a client that holds every answer against the API's own description. */
import { setTimeout as later } from 'node:timers/promises'
import type { InjectOptions } from 'fastify'
import { afterEach } from 'vitest'
import { createApi, type Api, type ApiOptions } from '../../src-main/api/api'
import type { ClusterAdmin } from '../../src-main/api/ports'
import { silent } from '../../src-main/runtime/log'
import { assertConforms, documentOf } from './conformance'
import { FarmReplica } from './farm-replica'

export const INTERNAL_TOKEN = 'the shell of this process'

export class TestAdmin implements ClusterAdmin {
  readonly asked: unknown[][] = []
  failure: Error | null = null
  onJoin = (): void => {}
  private name = 'test node'

  async createInvite(options: { ttlSeconds: number; by: string; timeoutMs: number }) {
    this.asked.push(['createInvite', options])
    return { id: 'i1', invite: 'r3d-invite', expires_at: 1_700_000_000_000 + options.ttlSeconds * 1000 }
  }

  async join(invite: string, options: { discardLocalData: boolean; by: string; timeoutMs: number }) {
    this.asked.push(['join', invite, options])
    if (this.failure !== null) throw this.failure
    this.onJoin()
  }

  discovered() {
    return [
      {
        node_id: 'n9',
        cluster_id: 'c9',
        name: 'other machine',
        rpc_address: '10.0.0.9:7080',
        api_address: '10.0.0.9:8080',
        version: '0.1.0',
        member: false,
        last_seen_at: 1_700_000_000_000
      }
    ]
  }

  settings() {
    return {
      node_id: 'n1',
      cluster_id: 'c1',
      name: this.name,
      api_address: '127.0.0.1:8080',
      rpc_address: '127.0.0.1:7080',
      advertise_address: '127.0.0.1:7080',
      urls: ['http://127.0.0.1:8080'],
      tls: false,
      require_token: false,
      discovery: true,
      fingerprint: 'AA:BB',
      data_dir: '/data'
    }
  }

  async rename(name: string, options: { by: string; timeoutMs: number }) {
    this.asked.push(['rename', name, options])
    this.name = name
  }

  logs() {
    return [
      { time: 1, level: 'info' as const, event: 'ready', message: 'Serving.' },
      { time: 2, level: 'warn' as const, event: null, message: 'Slow barrier.' }
    ]
  }

  about() {
    return {
      version: '0.1.0',
      license: 'MIT',
      homepage: 'https://example.org',
      node_version: process.versions.node,
      electron_version: null,
      platform: process.platform,
      arch: process.arch,
      started_at: 1_700_000_000_000,
      memory_bytes: 1
    }
  }
}

export interface TestApi {
  readonly api: Api
  readonly replica: FarmReplica
  readonly admin: TestAdmin
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>
}

export interface CallOptions {
  readonly headers?: Record<string, string>
  /** Address of the caller. */
  readonly from?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | number | string[] | undefined>
  readonly text: string
  // What an answer holds is what the test claims it does.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any
}

const opened: Api[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((api) => api.close()))
})

export async function startApi(options: Partial<ApiOptions> = {}): Promise<TestApi> {
  const replica = new FarmReplica()
  const admin = new TestAdmin()
  const api = await createApi({
    replica,
    admin,
    listen: { host: '127.0.0.1', port: 0 },
    requireToken: false,
    internalToken: INTERNAL_TOKEN,
    uiDir: null,
    log: silent,
    ...options
  })
  opened.push(api)
  await documentOf(api)
  return { api, replica, admin, call: (...request) => call(api, ...request) }
}

async function call(
  api: Api,
  method: string,
  path: string,
  body?: unknown,
  { headers = {}, from = '127.0.0.1' }: CallOptions = {}
): Promise<Answer> {
  const request: InjectOptions = {
    method: method as 'GET',
    url: /^\/(api|healthz|readyz|metrics|docs|openapi)/.test(path) ? path : `/api/v1${path}`,
    headers: { host: 'localhost', ...headers },
    remoteAddress: from
  }
  if (typeof body === 'string') request.payload = body
  else if (body !== undefined) {
    request.payload = JSON.stringify(body)
    request.headers = { 'content-type': 'application/json', ...request.headers }
  }
  const answer = await api.inject(request)
  const isJson = /json/.test(String(answer.headers['content-type'])) && method !== 'HEAD'
  await assertConforms(api, request, answer)
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answer.payload,
    body: isJson ? JSON.parse(answer.payload) : answer.payload
  }
}

/** Waits for a condition that other code brings about; fails after five seconds. */
export async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  for (let left = 500; left > 0; left--) {
    const seen = look()
    if (seen !== null && seen !== undefined && seen !== false) return seen
    await later(10)
  }
  throw new Error(`Waited in vain for ${what}`)
}

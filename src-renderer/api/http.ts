/**
 * One request to the node that serves this page. Writes carry an Idempotency-Key, so that repeating one whose answer
 * was lost can never do it twice; that is done here, and callers see one answer.
 */
import { ApiError, failureOf } from './errors'
import { currentToken } from './token'

export const API = '/api/v1'

/** How long a request may take before the page gives up waiting; longer than the node's own deadline of 10 s. */
export const REQUEST_TIMEOUT_MS = 15_000
/** How long a write is repeated with its key after a lost answer. */
export const RETRY_WINDOW_MS = 20_000
const RETRY_PAUSE_MS = 400

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export interface CallOptions {
  /** Sent as JSON; a Blob is sent as it is. */
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

export interface Answer<T> {
  readonly data: T
  /** Log index that the answering node had applied; null where the node does not say. */
  readonly appliedIndex: number | null
  /** Path of the next page of a list; null at its end. */
  readonly next: string | null
}

type UnauthorizedListener = () => void
let onUnauthorized: UnauthorizedListener = () => {}

/** The one place that is told when the node wants a token. */
export function whenUnauthorized(listener: UnauthorizedListener): void {
  onUnauthorized = listener
}

export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  if (method === 'GET') return attempt<T>(method, path, options, null)
  const key = newKey()
  const until = performance.now() + RETRY_WINDOW_MS
  for (;;) {
    try {
      return await attempt<T>(method, path, options, key)
    } catch (error) {
      const lost = error instanceof ApiError && (error.code === 'outcome_unknown' || error.code === 'unreachable')
      if (!lost || options.signal?.aborted || performance.now() + RETRY_PAUSE_MS > until) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS))
    }
  }
}

/** The raw answer, for downloads and metrics; failures as ApiError. */
export async function send(method: Method, path: string, options: CallOptions, key: string | null): Promise<Response> {
  const headers = new Headers({ accept: 'application/json, */*' })
  const token = currentToken()
  if (token !== null) headers.set('authorization', `Bearer ${token}`)
  if (key !== null) headers.set('idempotency-key', key)
  const { body } = options
  if (body !== undefined && !(body instanceof Blob)) headers.set('content-type', 'application/json')
  else if (body instanceof Blob) headers.set('content-type', body.type || 'application/json')

  const deadline = AbortSignal.timeout(options.timeoutMs ?? REQUEST_TIMEOUT_MS)
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      signal,
      cache: 'no-store',
      ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) })
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw deadline.aborted
      ? new ApiError('timed_out', 0, 'No answer in time')
      : new ApiError('unreachable', 0, String(error))
  }
  if (response.ok) return response
  const failure = await failureOf(response)
  if (failure.code === 'unauthorized') onUnauthorized()
  throw failure
}

async function attempt<T>(method: Method, path: string, options: CallOptions, key: string | null): Promise<Answer<T>> {
  const response = await send(method, API + path, options, key)
  return {
    data: response.status === 204 ? (null as T) : await parsed<T>(response),
    appliedIndex: indexOf(response.headers.get('x-raft3d-applied-index')),
    next: nextPage(response.headers.get('link'))
  }
}

async function parsed<T>(response: Response): Promise<T> {
  const text = await response.text().catch(() => {
    throw new ApiError('unreachable', 0, 'The answer broke off')
  })
  if (text === '') return null as T
  try {
    return JSON.parse(text) as T
  } catch {
    throw new ApiError('bad_answer', response.status, 'The answer is not JSON')
  }
}

function indexOf(header: string | null): number | null {
  const index = Number(header)
  return header !== null && Number.isSafeInteger(index) ? index : null
}

/** The target of rel="next", relative to the API's root. */
export function nextPage(link: string | null): string | null {
  const target = /<([^>]+)>\s*;[^,]*rel="?next"?/.exec(link ?? '')?.[1]
  if (target === undefined) return null
  const url = new URL(target, 'http://node/api/v1/')
  return url.pathname.replace(/^.*\/api\/v1/, '') + url.search
}

/** crypto.randomUUID exists only in secure contexts; a lab's plain-HTTP page is not one. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

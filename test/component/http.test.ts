import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { call, newKey, nextPage, whenUnauthorized } from '@/api/http'

const fetched = vi.fn<typeof fetch>()
const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
const problem = (status: number, code: string) => json(status, { code, status, title: '', detail: 'why' })
const keys = () => fetched.mock.calls.map(([, init]) => new Headers(init?.headers).get('idempotency-key'))

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('fetch', fetched)
  fetched.mockReset()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a request', () => {
  it('gives the data with the log index it was read at', async () => {
    fetched.mockResolvedValue(
      json(200, [1], { 'x-raft3d-applied-index': '42', link: '</api/v1/x?cursor=b>; rel="next"' })
    )
    expect(await call('GET', '/x')).toEqual({ data: [1], appliedIndex: 42, next: '/x?cursor=b' })
  })

  it('fails with the code of the problem', async () => {
    fetched.mockResolvedValue(problem(409, 'printer_busy'))
    await expect(call('POST', '/x')).rejects.toMatchObject({ code: 'printer_busy', status: 409, detail: 'why' })
  })

  it('fails as unreachable when there is no answer to a read', async () => {
    fetched.mockRejectedValue(new TypeError('no route'))
    await expect(call('GET', '/x')).rejects.toMatchObject({ code: 'unreachable' })
    expect(fetched).toHaveBeenCalledOnce()
  })

  it('tells the session once a token is wanted', async () => {
    const told = vi.fn()
    whenUnauthorized(told)
    fetched.mockResolvedValue(problem(401, 'unauthorized'))
    await expect(call('GET', '/x')).rejects.toBeInstanceOf(ApiError)
    expect(told).toHaveBeenCalledOnce()
  })
})

describe('a write', () => {
  it.each([
    ['the connection broke', () => Promise.reject(new TypeError('gone'))],
    ['the outcome could not be learnt', () => Promise.resolve(problem(504, 'outcome_unknown'))]
  ])('is repeated with the same key when %s', async (_why, first) => {
    fetched.mockImplementationOnce(first).mockResolvedValueOnce(json(201, { id: 'a' }))
    const answer = call('POST', '/x', { body: {} })
    await vi.runAllTimersAsync()
    expect((await answer).data).toEqual({ id: 'a' })
    expect(keys()).toHaveLength(2)
    expect(keys()[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(keys()[1]).toBe(keys()[0])
  })

  it('is not repeated when the farm refused it', async () => {
    fetched.mockResolvedValue(problem(409, 'not_enough_filament'))
    await expect(call('POST', '/x')).rejects.toMatchObject({ code: 'not_enough_filament' })
    expect(fetched).toHaveBeenCalledOnce()
  })

  it('draws a new key each time', () => {
    expect(new Set(Array.from({ length: 100 }, newKey)).size).toBe(100)
  })
})

describe('the next page', () => {
  it.each([
    [null, null],
    ['</api/v1/printers?cursor=c&limit=2>; rel="next"', '/printers?cursor=c&limit=2'],
    ['<http://h:1/api/v1/printers?cursor=c>; rel=next', '/printers?cursor=c'],
    ['</api/v1/printers>; rel="first"', null]
  ])('of %s is %s', (link, path) => {
    expect(nextPage(link)).toBe(path)
  })
})

import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src-main/runtime/clock'
import { startApi } from './harness'

describe('this node', () => {
  test('settings are shown, and the name can be changed', async () => {
    const { call, admin } = await startApi()
    expect((await call('GET', '/settings')).body).toEqual(admin.settings())
    const { status, body } = await call('PATCH', '/settings', { name: ' Workshop ' })
    expect([status, body.name]).toEqual([200, 'Workshop'])
    expect(admin.asked).toEqual([['rename', 'Workshop', { by: 'local', timeoutMs: 10_000 }]])
    expect((await call('PATCH', '/settings', {})).body.name).toBe('Workshop')
    expect((await call('PATCH', '/settings', { name: '' })).body.errors[0].path).toBe('/name')
    expect((await call('PATCH', '/settings', { name: '  ' })).body.errors[0].path).toBe('/name')
    expect(admin.asked).toHaveLength(1)
  })

  test('log lines come oldest first; a limit keeps the newest', async () => {
    const { call, admin } = await startApi()
    expect((await call('GET', '/logs')).body).toEqual(admin.logs())
    expect((await call('GET', '/logs?limit=1')).body).toEqual(admin.logs().slice(1))
  })

  test('about and overview', async () => {
    const { call, admin, replica } = await startApi()
    await call('POST', '/printers', { company: 'a', model: 'b' })
    expect((await call('GET', '/about')).body).toEqual(admin.about())
    expect((await call('GET', '/overview')).body).toEqual({
      applied_index: replica.appliedIndex,
      printers: 1,
      filaments: 0,
      jobs: { Queued: 0, Running: 0, Done: 0, Cancelled: 0 }
    })
  })
})

describe('health', () => {
  test('/healthz is 200 while the process answers', async () => {
    const { call, replica } = await startApi()
    replica.ready = { ready: false, reason: 'No leader.' }
    expect((await call('GET', '/healthz')).body).toEqual({ status: 'ok' })
  })

  test('/readyz is 200 only when ready, and says why not', async () => {
    const { call, replica } = await startApi()
    expect((await call('GET', '/readyz')).body).toEqual({ ready: true, reason: '' })
    replica.ready = { ready: false, reason: 'The disk is full.' }
    const { status, headers, body } = await call('GET', '/readyz')
    expect([status, headers['retry-after'], body]).toEqual([503, '1', replica.ready])
  })

  test('what never reaches a route took no time before it came', async () => {
    const clock = { ...systemClock, monotonicMs: () => 1e9 }
    const { call } = await startApi({ clock })
    await call('POST', '/nothing', 'a=b', { headers: { 'content-type': 'text/plain' } })
    await call('QUERY', '/printers')
    expect((await call('GET', '/metrics')).text).toContain('raft3d_http_request_duration_seconds_sum{kind="write"} 0\n')
  })

  test('/metrics is what Prometheus reads', async () => {
    const { call } = await startApi()
    await call('POST', '/printers', { company: 'a', model: 'b' })
    await call('GET', '/printers/none')
    const { status, headers, text } = await call('GET', '/metrics')
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(text).toContain('raft3d_records{kind="printer"} 1')
    expect(text).toContain('raft3d_http_requests_total{kind="write",status="201"} 1')
    expect(text).toContain('raft3d_http_requests_total{kind="read",status="404"} 1')
    expect(text).toContain('raft3d_http_request_duration_seconds_bucket{kind="write",le="+Inf"} 1')
    expect(text).toContain('raft3d_role{role="leader"} 1')
    expect(text).toContain('raft3d_peer_round_trip_seconds{peer="n2"} 0.0005')
    expect(text).toContain('raft3d_barrier_latency_seconds_count 0')
    for (const line of text.trim().split('\n')) {
      expect(line).toMatch(/^($|# (HELP|TYPE) \w+ |[a-z_:][\w:]*(\{[^}]*\})? (NaN|[-+]?[\d.]+(e[-+]?\d+)?)$)/i)
    }
  })
})

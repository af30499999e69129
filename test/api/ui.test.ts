import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UI_POLICY } from '../../src-main/api/policy'
import type { Api } from '../../src-main/api/api'
import { startApi } from './harness'

let dir: string

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'raft3d-ui-'))
  mkdirSync(join(dir, 'assets'))
  writeFileSync(join(dir, 'index.html'), '<!doctype html><div id="app"></div>')
  writeFileSync(join(dir, 'favicon.svg'), '<svg/>')
  writeFileSync(join(dir, 'assets', 'index-abc123.js'), 'export {}')
  writeFileSync(join(dir, 'assets', 'index-abc123.js.map'), '{}')
})

afterAll(() => rmSync(dir, { recursive: true }))

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

const get = (api: Api, url: string, headers: Record<string, string> = HTML, from = '127.0.0.1') =>
  api.inject({ url, headers: { host: 'localhost', ...headers }, remoteAddress: from })

describe('the web interface', () => {
  test('the index answers for every path of the router, never cached, under a strict policy', async () => {
    const { api } = await startApi({ uiDir: dir })
    for (const path of [
      '/',
      '/printers',
      '/print-jobs/x?status=Done',
      '/cluster/',
      '/jobs/gear-1.2',
      '/jobs/a.b/gear.gcode?q=1.5'
    ]) {
      const { statusCode, headers, payload } = await get(api, path)
      expect([path, statusCode, payload]).toEqual([path, 200, '<!doctype html><div id="app"></div>'])
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': UI_POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer'
      })
    }
    expect(UI_POLICY).not.toContain('unsafe')
  })

  test('hashed files are kept for good, others are asked for again', async () => {
    const { api } = await startApi({ uiDir: dir })
    const script = await get(api, '/assets/index-abc123.js')
    expect([script.statusCode, script.payload]).toEqual([200, 'export {}'])
    expect(script.headers['content-type']).toMatch(/javascript/)
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const icon = await get(api, '/favicon.svg')
    expect(icon.headers['cache-control']).toBe('no-cache')
    const again = await get(api, '/favicon.svg', { 'if-none-match': String(icon.headers.etag) })
    expect(again.statusCode).toBe(304)
  })

  test.each([
    '/assets/missing.js',
    '/assets/deeper/missing.js',
    '/missing.js',
    '/assets/index-abc123.js.map',
    '/index.html',
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/.env'
  ])('%s is 404', async (path) => {
    const { api } = await startApi({ uiDir: dir })
    expect((await get(api, path)).statusCode).toBe(404)
  })

  test('programs that ask for a path of the router are told that there is nothing', async () => {
    const { api } = await startApi({ uiDir: dir })
    const { statusCode, headers } = await get(api, '/printers', { accept: 'application/json' })
    expect([statusCode, headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8'])
    expect((await get(api, '/api/v1/nothing')).statusCode).toBe(404)
  })

  test('it is open to other machines, for it asks them for a token itself; rebound names are not', async () => {
    const { api } = await startApi({ uiDir: dir, requireToken: true })
    for (const path of ['/', '/printers', '/assets/index-abc123.js']) {
      expect((await get(api, path, { ...HTML, host: 'lab-pc:8080' }, '192.168.1.9')).statusCode).toBe(200)
      expect((await get(api, path, { ...HTML, host: 'evil.example' })).statusCode).toBe(421)
    }
  })

  test('where it has not been built the page says so', async () => {
    for (const uiDir of [null, join(dir, 'assets'), join(dir, 'none')]) {
      const { api } = await startApi({ uiDir })
      const { statusCode, payload } = await get(api, '/')
      expect(statusCode).toBe(200)
      expect(payload).toContain('has not been built')
    }
  })
})

describe('the documentation', () => {
  test('loads nothing but its own files', async () => {
    const { api } = await startApi()
    const page = await get(api, '/api/v1/docs')
    expect(page.statusCode).toBe(200)
    const files = [...page.payload.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!)
    expect(files).toHaveLength(4)
    for (const file of files) {
      expect(file).toMatch(/^\/api\/v1\/docs\//)
      expect((await get(api, file)).statusCode).toBe(200)
    }
    expect(page.payload).not.toMatch(/<script(?![^>]*src)/)
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("default-src 'none'")
    const start = await get(api, '/api/v1/docs/start.js')
    expect(start.payload).toContain('validatorUrl: null')
    for (const file of ['index.html', 'package.json', '..%2fpackage.json']) {
      expect((await get(api, `/api/v1/docs/${file}`)).statusCode).toBe(404)
    }
  })

  test('short addresses lead there', async () => {
    const { api } = await startApi()
    for (const [from, to] of [
      ['/docs', '/api/v1/docs'],
      ['/openapi.json', '/api/v1/openapi.json']
    ] as const) {
      const { statusCode, headers } = await get(api, from)
      expect([statusCode, headers.location]).toEqual([308, to])
    }
  })
})

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import openapiTS, { astToString } from 'openapi-typescript'
import { afterEach, describe, expect, test } from 'vitest'
import { documentOf } from './conformance'
import { startApi } from './harness'

const ROOT = resolve(import.meta.dirname, '../..')
const CACHE = join(ROOT, 'node_modules/.cache')

/** As CONTRACT.md lists them. */
const ROUTES: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/printers': ['get', 'post'],
  '/api/v1/printers/{id}': ['get', 'patch', 'delete'],
  '/api/v1/filaments': ['get', 'post'],
  '/api/v1/filaments/{id}': ['get', 'patch', 'delete'],
  '/api/v1/print_jobs': ['get', 'post'],
  '/api/v1/print_jobs/{id}': ['get', 'delete'],
  '/api/v1/print_jobs/{id}/status': ['post', 'put', 'patch'],
  '/api/v1/cluster': ['get'],
  '/api/v1/cluster/invites': ['get', 'post'],
  '/api/v1/cluster/invites/{id}': ['delete'],
  '/api/v1/cluster/join': ['post'],
  '/api/v1/cluster/discovered': ['get'],
  '/api/v1/cluster/members/{id}': ['delete', 'patch'],
  '/api/v1/cluster/transfer_leadership': ['post'],
  '/api/v1/cluster/snapshot': ['post'],
  '/api/v1/backup': ['get'],
  '/api/v1/restore': ['post'],
  '/api/v1/events': ['get'],
  '/api/v1/tokens': ['get', 'post'],
  '/api/v1/tokens/{id}': ['get', 'delete'],
  '/healthz': ['get'],
  '/readyz': ['get']
}

/** What a stranger would write against the generated types. */
const CLIENT = `
import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

type PrintJob = components['schemas']['PrintJob']

export async function journey(baseUrl: string): Promise<{ moved: PrintJob; listed: number; refused: string }> {
  const client = createClient<paths>({ baseUrl })
  await client.POST('/api/v1/printers', { body: { id: 1, company: 'Prusa', model: 'MK4' } })
  await client.POST('/api/v1/filaments', { body: { id: 'f', type: 'PLA', color: 'red', total_weight_in_grams: 100 } })
  const body = { printer_id: 1, filament_id: 'f', filepath: 'a.gcode', print_weight_in_grams: 10 }
  const created = await client.POST('/api/v1/print_jobs', { body, headers: { 'Idempotency-Key': 'once' } })
  if (created.error !== undefined) throw new Error(created.error.detail)
  const list = await client.GET('/api/v1/print_jobs', { params: { query: { status: 'Queued', limit: 10 } } })
  const params = { path: { id: created.data.id } }
  const moved = await client.POST('/api/v1/print_jobs/{id}/status', { params, body: { status: 'Running' } })
  if (moved.data === undefined) throw new Error(moved.error.detail)
  const again = await client.POST('/api/v1/print_jobs/{id}/status', { params, body: { status: 'Running' } })
  return { moved: moved.data, listed: list.data?.length ?? -1, refused: again.error?.code ?? 'nothing' }
}
`

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** Compiles the client and gives the path of its module; rejects with the compiler's words. */
async function compile(schema: string, client: string): Promise<string> {
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'openapi-client-'))
  folders.push(folder)
  writeFileSync(join(folder, 'schema.ts'), schema)
  writeFileSync(join(folder, 'client.ts'), client)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const compilerOptions = {
    target: 'ES2023',
    module: 'ESNext',
    moduleResolution: 'Bundler',
    lib: ['ES2023', 'DOM'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    outDir: 'out'
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['client.ts'] }))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout)
  })
  return join(folder, 'out', 'client.js')
}

describe('openapi.json', () => {
  test('is valid OpenAPI 3.1', async () => {
    const { api } = await startApi()
    const validator = new Validator()
    const { valid, errors } = await validator.validate(JSON.parse(JSON.stringify(await documentOf(api))))
    expect(errors ?? []).toEqual([])
    expect([valid, validator.version]).toEqual([true, '3.1'])
  })

  test('describes every route', async () => {
    const { api } = await startApi()
    const { paths } = await documentOf(api)
    for (const [path, methods] of Object.entries(ROUTES)) {
      expect([path, Object.keys(paths[path] ?? {}).sort()]).toEqual([path, [...methods].sort()])
    }
  })

  test('every operation is named, and says how it fails and what it shows', async () => {
    const { api } = await startApi()
    const { paths, components } = await documentOf(api)
    const names = new Set<string>()
    interface Operation {
      operationId: string
      summary: string
      tags: string[]
      responses: Record<string, object>
    }
    for (const operations of Object.values<Record<string, Operation>>(paths)) {
      for (const { operationId, summary, tags, responses } of Object.values(operations)) {
        expect([operationId, typeof summary, tags.length]).toEqual([operationId, 'string', 1])
        expect(names.has(operationId)).toBe(false)
        names.add(operationId)
        expect(responses.default).toEqual({ $ref: '#/components/responses/Problem' })
      }
    }
    expect(Object.keys(components.schemas)).toEqual(
      expect.arrayContaining(['Printer', 'Filament', 'PrintJob', 'Problem'])
    )
  })

  test('a client generated from it creates, lists and moves a job', async () => {
    const { api } = await startApi()
    const schema = astToString(await openapiTS(await documentOf(api)))
    const { url } = await api.listen()
    const { journey } = (await import(/* @vite-ignore */ await compile(schema, CLIENT))) as {
      journey(baseUrl: string): Promise<unknown>
    }
    expect(await journey(url)).toMatchObject({
      moved: { printer_id: '1', status: 'Running', history: [{ status: 'Queued' }, { status: 'Running' }] },
      listed: 1,
      refused: 'illegal_transition'
    })
  })

  test('a client that gets it wrong does not compile', async () => {
    const { api } = await startApi()
    const schema = astToString(await openapiTS(await documentOf(api)))
    await expect(compile(schema, CLIENT.replace('print_weight_in_grams: 10', 'weight: 10'))).rejects.toThrow(
      /print_weight_in_grams/
    )
  })
})

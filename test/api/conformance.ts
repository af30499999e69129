/** Holds answers against the API's own description: declared status, declared shape, and nothing besides. */
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { PROBLEMS, type ProblemCode } from '../../src-main/contract/problems'
import type { Api } from '../../src-main/api/api'

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Document = any

let document: Promise<Document> | null = null
const compiled = new Map<string, ReturnType<typeof Compile>>()

/** All instances have the same; asked of the first, before it listens. */
export function documentOf(api: Api): Promise<Document> {
  document ??= api
    .inject({ url: '/api/v1/openapi.json', headers: { host: 'localhost' } })
    .then(({ payload }) => JSON.parse(payload))
  return document
}

export async function assertConforms(api: Api, request: InjectOptions, answer: LightMyRequestResponse): Promise<void> {
  const { statusCode: status, headers, payload } = answer
  const path = String(request.url).split('?')[0]!
  const what = `${request.method} ${path} → ${status}`
  if (headers['x-raft3d-applied-index'] === undefined) throw new Error(`${what} has no X-Raft3D-Applied-Index`)
  if (status >= 400 && path !== '/readyz') {
    if (request.method !== 'HEAD') assertProblem(what, answer, path)
    return
  }
  const document = await documentOf(api)
  const operation = operationOf(document, path, String(request.method).toLowerCase())
  if (operation === null) return
  const response = operation.responses[status]
  if (response === undefined) throw new Error(`${what} is not a declared answer`)
  const schema = response.content?.['application/json']?.schema
  if (schema === undefined) {
    if (payload !== '') throw new Error(`${what} has a body that is not declared`)
    return
  }
  const key = `${operation.operationId} ${status}`
  const check = compiled.get(key) ?? Compile(closed(inlined(document, schema)) as TSchema)
  compiled.set(key, check)
  const value: unknown = JSON.parse(payload)
  if (check.Check(value)) return
  throw new Error(`${what} does not fit its schema: ${JSON.stringify(check.Errors(value).slice(0, 5))}`)
}

function assertProblem(what: string, { statusCode, headers, payload }: LightMyRequestResponse, path: string): void {
  const type = String(headers['content-type'])
  if (!type.startsWith('application/problem+json')) throw new Error(`${what} is ${type}, not a problem`)
  const problem = JSON.parse(payload) as { code: ProblemCode; status: number; title: string; instance: string }
  const known = PROBLEMS[problem.code]
  if (known.status !== statusCode || problem.status !== statusCode || problem.title !== known.title) {
    throw new Error(`${what} does not fit its code ${problem.code}`)
  }
  if (problem.instance !== path) throw new Error(`${what} names ${problem.instance}`)
  const waits = statusCode === 503 || statusCode === 429
  if (waits !== (headers['retry-after'] !== undefined)) throw new Error(`${what} and Retry-After do not go together`)
}

function operationOf(document: Document, path: string, method: string): Document | null {
  for (const [template, operations] of Object.entries(document.paths as Document)) {
    const pattern = new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`)
    if (pattern.test(path)) return (operations as Document)[method] ?? null
  }
  return null
}

function inlined(document: Document, schema: Document): Document {
  if (Array.isArray(schema)) return schema.map((item) => inlined(document, item))
  if (typeof schema !== 'object' || schema === null) return schema
  if (typeof schema.$ref === 'string') {
    return inlined(document, document.components.schemas[schema.$ref.split('/').pop()])
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inlined(document, value)]))
}

/** What is not declared must not be answered. */
function closed(schema: Document): Document {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  return schema.properties === undefined ? copy : { additionalProperties: false, ...copy }
}

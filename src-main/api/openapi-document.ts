/**
 * Completes the document that the routes' schemas make: schemas with a title become components, and what holds for
 * all operations (problems, headers) is added to each.
 */
import {
  APPLIED_INDEX_HEADER,
  IDEMPOTENCY_KEY_CHARS_MAX,
  REQUEST_TIMEOUT_MS_MAX,
  REQUEST_TIMEOUT_MS_MIN
} from '../contract/limits'
import { ProblemSchema } from '../contract/schemas/problems'
import { PROBLEM_TYPE } from './problem'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = Record<string, unknown>

interface SchemaObject {
  readonly $ref?: string
  readonly anyOf?: readonly unknown[]
  readonly required?: readonly string[]
  readonly type?: string
}

interface Operation {
  readonly operationId: string
  parameters?: readonly unknown[]
  readonly requestBody?: { required?: boolean; readonly content: Record<string, { readonly schema: unknown }> }
  readonly responses: Record<string, JsonObject>
}

export interface OpenApiDocument {
  readonly paths?: Record<string, Record<string, Operation>>
  readonly components?: Record<string, JsonObject>
}

const WRITES = ['post', 'put', 'patch', 'delete']

/** Answered by the node alone, at once. */
const NEVER_WAIT = new Set([
  'getCluster',
  'getClusterMetrics',
  'listDiscovered',
  'listInvites',
  'takeSnapshot',
  'followEvents',
  'getWhoami',
  'getSettings',
  'listLogs',
  'getAbout',
  'getHealth',
  'getReadiness'
])

const DESCRIPTIONS: Readonly<Record<string, string>> = { 200: 'Done.', 201: 'Created.', 503: 'Not ready.' }

const PARAMETERS = {
  RequestTimeout: {
    in: 'header',
    name: 'X-Request-Timeout-Ms',
    description: 'How long to wait for a quorum.',
    schema: { type: 'integer', minimum: REQUEST_TIMEOUT_MS_MIN, maximum: REQUEST_TIMEOUT_MS_MAX, default: 10_000 }
  },
  IdempotencyKey: {
    in: 'header',
    name: 'Idempotency-Key',
    description: 'The same key again within a day gives the first answer and applies nothing.',
    schema: { type: 'string', minLength: 1, maxLength: IDEMPOTENCY_KEY_CHARS_MAX }
  }
}

const APPLIED_INDEX = {
  [APPLIED_INDEX_HEADER]: { description: 'Log index that the answer shows.', schema: { type: 'integer' } }
}

export function documentOf(raw: OpenApiDocument): object {
  const schemas: JsonObject = {}
  const document = hoist(JSON.parse(JSON.stringify(raw)) as Json, schemas, false) as OpenApiDocument
  for (const operations of Object.values(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) complete(method, operation, schemas)
  }
  const problem = hoist(JSON.parse(JSON.stringify(ProblemSchema)) as Json, schemas, true)
  return {
    ...document,
    components: {
      ...document.components,
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      parameters: PARAMETERS,
      responses: {
        Problem: { description: 'What went wrong.', content: { [PROBLEM_TYPE]: { schema: problem } } }
      }
    }
  }
}

/** Replaces titled schemas below `value` by references, and collects them. */
function hoist(value: Json, schemas: JsonObject, inSchema: boolean): Json {
  if (Array.isArray(value)) return value.map((item) => hoist(item as Json, schemas, inSchema))
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, Json> = {}
  for (const [key, member] of Object.entries(value)) copy[key] = hoist(member, schemas, inSchema || key === 'schema')
  const { title, ...schema } = copy
  if (!inSchema || typeof title !== 'string') return copy
  const known = schemas[title]
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
    throw new Error(`Two different schemas are called ${title}`)
  }
  schemas[title] = schema
  return { $ref: `#/components/schemas/${title}` }
}

function complete(method: string, operation: Operation, schemas: JsonObject): void {
  const parameters = [...(operation.parameters ?? [])]
  if (!NEVER_WAIT.has(operation.operationId)) parameters.push({ $ref: '#/components/parameters/RequestTimeout' })
  if (WRITES.includes(method)) parameters.push({ $ref: '#/components/parameters/IdempotencyKey' })
  operation.parameters = parameters
  const body = operation.requestBody
  if (body !== undefined) body.required = !mayBeEmpty(body.content['application/json']?.schema, schemas)
  for (const [status, response] of Object.entries(operation.responses)) {
    response.headers = APPLIED_INDEX
    if (response.description === 'Default Response') response.description = DESCRIPTIONS[status] ?? 'Done.'
  }
  operation.responses.default = { $ref: '#/components/responses/Problem' }
}

/** Whether {} fits, which is what an absent body stands for. */
function mayBeEmpty(schema: unknown, schemas: JsonObject): boolean {
  const { $ref, anyOf, required, type } = (schema ?? {}) as SchemaObject
  if ($ref !== undefined) return mayBeEmpty(schemas[$ref.split('/').pop()!], schemas)
  if (anyOf !== undefined) return anyOf.some((each) => mayBeEmpty(each, schemas))
  return type === 'object' && (required ?? []).length === 0
}

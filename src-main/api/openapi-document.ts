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

export interface OpenApiDocument {
  readonly paths?: Record<string, Record<string, JsonObject>>
  readonly components?: Record<string, JsonObject>
}

const WRITES = ['post', 'put', 'patch', 'delete']

/** Routes whose writes are no commands of the farm: a repeat of them is recognised by its effect. */
const NOT_IDEMPOTENCY_KEYED = /\/cluster|\/settings/

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
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) complete(path, method, operation)
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

function complete(path: string, method: string, operation: JsonObject): void {
  const parameters = [...((operation.parameters as readonly unknown[] | undefined) ?? [])]
  parameters.push({ $ref: '#/components/parameters/RequestTimeout' })
  if (WRITES.includes(method) && !NOT_IDEMPOTENCY_KEYED.test(path)) {
    parameters.push({ $ref: '#/components/parameters/IdempotencyKey' })
  }
  operation.parameters = parameters
  operation.operationId ??= operationId(path, method)
  const responses = operation.responses as Record<string, JsonObject>
  for (const response of Object.values(responses)) response.headers = APPLIED_INDEX
  responses.default = { $ref: '#/components/responses/Problem' }
}

/** `post /api/v1/print_jobs/{id}/status` → `postPrintJobsIdStatus` */
function operationId(path: string, method: string): string {
  const words = path.replace(/^\/api\/v1/, '').match(/[A-Za-z0-9]+/g) ?? ['root']
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}

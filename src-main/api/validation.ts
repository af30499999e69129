/** Schemas compiled once, when a route is first called; what does not pass becomes a list of field errors. */
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { FieldError } from '../contract/problems'
import { Failure } from '../runtime/replica'

const FIELD_ERRORS_MAX = 20

const MUST_BE = 'must be '
const WITH_ARTICLE: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array'
}

type Violation = ReturnType<ReturnType<typeof Compile>['Errors']>[number]

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  let compiled: ReturnType<typeof Compile> | null = null
  const integers = httpPart === 'querystring' ? integersOf(schema) : []
  return (value: unknown) => {
    compiled ??= Compile(schema)
    // An absent body is an empty one: what is missing is then named field by field.
    const input = value ?? {}
    for (const key of integers) toNumber(input as Record<string, unknown>, key)
    return compiled.Check(input) ? { value: input } : { error: refusal(compiled.Errors(input)) }
  }
}

function integersOf(schema: TSchema): readonly string[] {
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {}
  return Object.keys(properties).filter((key) => properties[key]?.type === 'integer')
}

/** A query holds text only. */
function toNumber(query: Record<string, unknown>, key: string): void {
  const text = query[key]
  if (typeof text === 'string' && /^-?\d{1,15}$/.test(text)) query[key] = Number(text)
}

function refusal(violations: readonly Violation[]): Failure {
  const byPath = new Map<string, { readonly isType: boolean; readonly message: string }>()
  for (const violation of violations) {
    // Its branches say more.
    if (violation.keyword === 'anyOf') continue
    const isType = violation.keyword === 'type'
    for (const { path, message } of fieldErrors(violation)) {
      const before = byPath.get(path)
      // Branches of a union each say which type they would take; where one takes it, what else is wrong counts.
      if (before === undefined || (before.isType && !isType)) byPath.set(path, { isType, message })
      else if (before.isType)
        byPath.set(path, { isType, message: `${before.message} or ${message.slice(MUST_BE.length)}` })
    }
  }
  // So too where a field within is wrong: then the body was of the right type.
  if (byPath.size > 1 && byPath.get('')?.isType) byPath.delete('')
  const errors = Array.from(byPath, ([path, { message }]) => ({ path, message })).slice(0, FIELD_ERRORS_MAX)
  const detail = errors.map(({ path, message }) => `${path.slice(1) || 'The body'} ${message}`).join('; ')
  return new Failure('invalid_request', `${detail}.`, { errors })
}

function fieldErrors({ keyword, instancePath, params, message }: Violation): readonly FieldError[] {
  if (keyword === 'required') {
    const { requiredProperties } = params as { requiredProperties: readonly string[] }
    return requiredProperties.map((name) => ({
      path: `${instancePath}/${escapePointer(name)}`,
      message: 'is required'
    }))
  }
  if (keyword === 'enum') {
    const { allowedValues } = params as { allowedValues: readonly unknown[] }
    return [{ path: instancePath, message: `must be one of ${allowedValues.join(', ')}` }]
  }
  if (keyword === 'type') {
    const { type } = params as { type: string }
    return [{ path: instancePath, message: MUST_BE + (WITH_ARTICLE[type] ?? type) }]
  }
  const isEmpty = keyword === 'minLength' && (params as { limit: number }).limit === 1
  return [{ path: instancePath, message: isEmpty ? 'must not be empty' : message }]
}

const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** Failures as RFC 9457 problem documents: the one table from what went wrong to what the client reads. */
import type { FastifyReply } from 'fastify'
import { PROBLEMS, type FieldError, type Problem, type ProblemCode } from '../contract/problems'
import { Failure } from '../runtime/replica'

export const PROBLEM_TYPE = 'application/problem+json'

const RETRY_AFTER_SECONDS = 1

/** What Fastify itself refuses, by its error code. */
const FRAMEWORK: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'The body is larger than this route takes.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'Content-Length does not fit the body.'],
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not a valid URL.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'The path is too long.']
}

/** The failure that `error` stands for, or null when it is a defect. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof Failure) return error
  const code = (error as { code?: unknown } | null)?.code
  const known = typeof code === 'string' ? FRAMEWORK[code] : undefined
  return known === undefined ? null : new Failure(known[0], known[1], { cause: error })
}

export function problemOf(failure: Failure, instance: string): Problem {
  const { status, title } = PROBLEMS[failure.code]
  const problem = {
    type: `urn:raft3d:problem:${failure.code}`,
    title,
    status,
    detail: failure.detail,
    instance,
    code: failure.code
  }
  const { errors } = failure.options
  return errors === undefined ? problem : { ...problem, errors }
}

export function sendProblem(reply: FastifyReply, failure: Failure): void {
  const { status } = PROBLEMS[failure.code]
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="raft3d"')
  if (status === 503 || status === 429) {
    reply.header('retry-after', failure.options.retryAfterSeconds ?? RETRY_AFTER_SECONDS)
  }
  reply
    .code(status)
    .header('content-type', PROBLEM_TYPE)
    .send(JSON.stringify(problemOf(failure, pathOf(reply.request.raw.url))))
}

/** Without the query. */
export function pathOf(url: string | undefined): string {
  const path = url ?? '/'
  const query = path.indexOf('?')
  return query < 0 ? path : path.slice(0, query)
}

export function invalid(path: string, message: string): Failure {
  const errors: FieldError[] = [{ path, message }]
  return new Failure('invalid_request', `${path.slice(1) || 'The body'} ${message}.`, { errors })
}

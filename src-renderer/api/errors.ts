/** What can go wrong between the page and the farm, by one code each; the texts stand in the locales under `problem`. */
import { PROBLEMS, type FieldError, type Problem, type ProblemCode } from '@contract/problems'

/** Codes that no node sends: the page itself noticed. */
export const CLIENT_CODES = ['unreachable', 'timed_out', 'bad_answer'] as const
export type ClientCode = (typeof CLIENT_CODES)[number]
export type FailureCode = ProblemCode | ClientCode

export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly code: FailureCode,
    readonly status: number,
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
    /** From Retry-After; null when the node named no time. */
    readonly retryAfterMs: number | null = null
  ) {
    super(`${code}: ${detail}`)
  }
}

export function isProblemCode(code: unknown): code is ProblemCode {
  return typeof code === 'string' && code in PROBLEMS
}

/** The failure of an answer that is not ok, whatever its body. */
export async function failureOf(response: Response): Promise<ApiError> {
  const seconds = Number(response.headers.get('retry-after'))
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null
  const body: unknown = await response.json().catch(() => null)
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>
  const code: FailureCode = isProblemCode(problem.code) ? problem.code : codeOfStatus(response.status)
  return new ApiError(code, response.status, problem.detail ?? '', problem.errors ?? [], retryAfterMs)
}

function codeOfStatus(status: number): FailureCode {
  const known = Object.entries(PROBLEMS).find(([, problem]) => problem.status === status)
  return known ? (known[0] as ProblemCode) : 'bad_answer'
}

/** Field errors by field name, for forms: `/total_weight_in_grams` → `total_weight_in_grams`. */
export function fieldErrors(error: ApiError): Readonly<Record<string, string>> {
  return Object.fromEntries(error.errors.map(({ path, message }) => [path.replace(/^\//, ''), message]))
}

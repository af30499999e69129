/** Every error the API can answer with: one stable code, its HTTP status and its title (RFC 9457). */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  unknown_printer: { status: 400, title: 'There is no such printer' },
  unknown_filament: { status: 400, title: 'There is no such filament' },
  invalid_invite: { status: 400, title: 'The invite is not valid' },
  unauthorized: { status: 401, title: 'A valid token is required' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  duplicate_id: { status: 409, title: 'The id exists already' },
  not_enough_filament: { status: 409, title: 'Not enough filament' },
  illegal_transition: { status: 409, title: 'The print job cannot change to this status' },
  printer_busy: { status: 409, title: 'The printer is already running a job' },
  in_use: { status: 409, title: 'Still in use by open print jobs' },
  below_reserved: { status: 409, title: 'Less than what open print jobs have reserved' },
  idempotency_mismatch: { status: 409, title: 'The Idempotency-Key was used for another request' },
  holds_local_data: { status: 409, title: 'This node holds records of its own' },
  already_member: { status: 409, title: 'Already a member of a cluster' },
  last_voter: { status: 409, title: 'There is no other voter' },
  quorum_at_risk: { status: 409, title: 'No majority of those who would vote then answers now' },
  membership_change_in_progress: { status: 409, title: 'Another membership change is in progress' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  misdirected: { status: 421, title: 'This is not the host you are looking for' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  no_quorum: { status: 503, title: 'No quorum of the cluster can be reached' },
  storage_failed: { status: 503, title: 'This node cannot write to its disk' },
  stopping: { status: 503, title: 'This node is stopping' },
  removed: { status: 503, title: 'This node was removed from its cluster' },
  outcome_unknown: { status: 504, title: 'The outcome could not be learnt in time' }
} as const

export type ProblemCode = keyof typeof PROBLEMS

/** One field that did not pass; `path` is a JSON pointer. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: ProblemCode
  readonly errors?: readonly FieldError[]
}

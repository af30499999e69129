/** Bounds that both sides of the API know; the farm checks the same when it applies a command. */
export const API_PREFIX = '/api/v1'
export const ID_CHARS_MAX = 200
export const TEXT_CHARS_MAX = 1000
export const NODE_NAME_CHARS_MAX = 100
export const FILEPATH_CHARS_MAX = 4096
export const IDEMPOTENCY_KEY_CHARS_MAX = 200
export const PAGE_ITEMS_MAX = 10_000
export const BODY_BYTES_MAX = 1024 * 1024
/** A farm of half a million print jobs; travels in parts. */
export const RESTORE_BYTES_MAX = 256 * 1024 * 1024
export const REQUEST_TIMEOUT_MS_DEFAULT = 10_000
export const REQUEST_TIMEOUT_MS_MIN = 100
export const REQUEST_TIMEOUT_MS_MAX = 60_000
export const INVITE_TTL_SECONDS_DEFAULT = 24 * 60 * 60
export const INVITE_TTL_SECONDS_MIN = 10
export const INVITE_TTL_SECONDS_MAX = 30 * 24 * 60 * 60
export const TOKEN_TTL_SECONDS_MAX = 10 * 365 * 24 * 60 * 60
export const LOG_LINES_MAX = 1000

/** Header names as Node shows them: lower case. */
export const APPLIED_INDEX_HEADER = 'x-raft3d-applied-index'
export const REQUEST_TIMEOUT_HEADER = 'x-request-timeout-ms'
export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key'

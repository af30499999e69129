/** Named bounds of the farm. They are rules of the replicated state: changing one changes outcomes. */

export { FILEPATH_CHARS_MAX, ID_CHARS_MAX, TEXT_CHARS_MAX } from '../contract/limits'
/** Idempotency keys and fingerprints. */
export const KEY_CHARS_MAX = 1000
/** Field errors listed in one refusal. */
export const FIELD_ERRORS_MAX = 20

export const SESSIONS_MAX = 256
export const SESSION_IDLE_MS_MAX = 60 * 60 * 1000
/** Outcomes kept per session; the lowest sequence numbers are forgotten first. */
export const SESSION_OUTCOMES_MAX = 8192
/** Ids of closed sessions remembered, so that a late duplicate of session.open cannot revive one. */
export const CLOSED_SESSIONS_MAX = 1024
/** Idle sessions are looked for once per this span of the farm's clock. */
export const SESSION_SWEEP_MS = 60 * 1000

export const IDEMPOTENCY_RECORDS_MAX = 100_000
export const IDEMPOTENCY_KEEP_MS = 24 * 60 * 60 * 1000
/** Outdated records dropped per entry, so that a jump of the clock costs no entry much. */
export const IDEMPOTENCY_SWEEP_MAX = 64

export const INVITES_MAX = 1000
/** An expired invite is kept this long, so that whoever pastes it learns that it has expired. */
export const INVITE_KEEP_EXPIRED_MS = 24 * 60 * 60 * 1000

/** Parts of one restore. */
export const RESTORE_PARTS_MAX = 4096
/** A restore without another part for so long was given up. */
export const RESTORE_KEEP_MS = 2 * 60 * 1000

/**
 * A chunk is closed once it is this long; a row is far shorter than what is left up to 256 Ki. Requests wait while one
 * is made and written, about a millisecond.
 */
export const CHUNK_CHARS = 32 * 1024

/** Names of people and nodes that share one string instance. */
export const NAMES_INTERNED_MAX = 4096

/**
 * How a node learns that it runs twice: members that are connected with another process of its identity do not let
 * this one in. For a moment that is so after every crash, until the old connections are found dead.
 */

/** Refusals must last this long … */
const REFUSED_MS_MIN = 5000
/** … and be repeated within this, as each attempt to connect is refused anew. */
const REFUSAL_FRESH_MS = 30_000

export class Double {
  #firstMs = 0
  #lastMs = -Infinity

  /** Tells whether it is certain from this moment on. */
  onRefused(nowMs: number): boolean {
    const before = this.isCertain(nowMs)
    if (nowMs - this.#lastMs >= REFUSAL_FRESH_MS) this.#firstMs = nowMs
    this.#lastMs = nowMs
    return !before && this.isCertain(nowMs)
  }

  isCertain(nowMs: number): boolean {
    return nowMs - this.#lastMs < REFUSAL_FRESH_MS && this.#lastMs - this.#firstMs >= REFUSED_MS_MIN
  }
}

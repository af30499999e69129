/** Checks of a command's fields. Values are unknown here: whatever stands in the log must get an outcome. */
import type { FieldError } from '../contract/problems'
import { FIELD_ERRORS_MAX, ID_CHARS_MAX, TEXT_CHARS_MAX } from './bounds'

/** Nearly all ids; looking for what follows takes ten times as long. */
const PLAIN = /^[ -~]*$/
/** What cannot stand in an address or a header. */
const UNPRINTABLE = /[\u0000-\u001f\u007f]|\p{Surrogate}/u
const SHA256 = /^[0-9a-f]{64}$/

/** Collects what is wrong; `path` is a JSON pointer into the request as the client knows it. */
export class FieldCheck {
  private found: FieldError[] | null = null

  constructor(private readonly base = '') {}

  get errors(): readonly FieldError[] {
    return this.found ?? []
  }

  get failed(): boolean {
    return this.found !== null
  }

  get full(): boolean {
    return this.found !== null && this.found.length >= FIELD_ERRORS_MAX
  }

  add(path: string, message: string): false {
    this.found ??= []
    if (!this.full) this.found.push({ path: this.base + path, message })
    return false
  }

  id(path: string, value: unknown): value is string {
    if (typeof value !== 'string') return this.add(path, 'must be a string')
    if (value.length === 0) return this.add(path, 'must not be empty')
    if (value.length > ID_CHARS_MAX) return this.add(path, `must be at most ${ID_CHARS_MAX} characters long`)
    if (!PLAIN.test(value) && UNPRINTABLE.test(value))
      return this.add(path, 'must not contain control characters or lone surrogates')
    if (value === '.' || value === '..') return this.add(path, 'must not be . or ..')
    return true
  }

  /** An id that must exist anyhow, so that its characters need no look. */
  reference(path: string, value: unknown): value is string {
    if (typeof value !== 'string') return this.add(path, 'must be a string')
    return (value.length > 0 && value.length <= ID_CHARS_MAX) || this.id(path, value)
  }

  text(path: string, value: unknown, charsMax = TEXT_CHARS_MAX): value is string {
    if (typeof value !== 'string') return this.add(path, 'must be a string')
    if (value.length > charsMax) return this.add(path, `must be at most ${charsMax} characters long`)
    if (value.trim() === '') return this.add(path, 'must not be empty')
    return true
  }

  /** Absent or a text, which may be empty. */
  name(path: string, value: unknown): value is string | undefined {
    if (value === undefined) return true
    if (typeof value !== 'string') return this.add(path, 'must be a string')
    if (value.length > TEXT_CHARS_MAX) return this.add(path, `must be at most ${TEXT_CHARS_MAX} characters long`)
    return true
  }

  positive(path: string, value: unknown): value is number {
    if (typeof value !== 'number' || !Number.isFinite(value)) return this.add(path, 'must be a finite number of grams')
    return value > 0 || this.add(path, 'must be greater than 0')
  }

  notNegative(path: string, value: unknown): value is number {
    if (typeof value !== 'number' || !Number.isFinite(value)) return this.add(path, 'must be a finite number of grams')
    return value >= 0 || this.add(path, 'must not be less than 0')
  }

  time(path: string, value: unknown): value is number {
    return isTime(value) || this.add(path, 'must be a time in whole milliseconds since 1970')
  }

  sha256(path: string, value: unknown): value is string {
    return (typeof value === 'string' && SHA256.test(value)) || this.add(path, 'must be a lower-case hex SHA-256')
  }
}

/** What a Date can hold. */
const TIME_MAX = 8.64e15

export function isTime(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= TIME_MAX
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An id or any other foreign value, short enough for a sentence. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return text.length > ID_CHARS_MAX ? `${text.slice(0, ID_CHARS_MAX)}…` : text
}

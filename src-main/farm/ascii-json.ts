/**
 * JSON text in ASCII, put together byte by byte: job rows are nearly all of a snapshot, and a string for each of
 * their parts is most of what they cost.
 */

/** Part of every host of ECMAScript, and pure. */
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string }

const decoder = new TextDecoder()
const ROOM = 4096
const QUOTE = 0x22
const BACKSLASH = 0x5c
const ZERO = 0x30
/** Below it, digits are faster than a string of them. */
const DIGITS_BELOW = 1e9

export class AsciiJson {
  private bytes = new Uint8Array(ROOM)
  private end = 0

  get length(): number {
    return this.end
  }

  /** What is there, and begins anew. */
  take(): string {
    const text = decoder.decode(this.bytes.subarray(0, this.end))
    this.end = 0
    return text
  }

  /** `json` is JSON, or part of it, in ASCII. */
  raw(json: string): void {
    this.makeRoom(json.length)
    for (let i = 0; i < json.length; i++) this.bytes[this.end++] = json.charCodeAt(i)
  }

  string(value: string): void {
    this.makeRoom(value.length + 2)
    const { bytes } = this
    let { end } = this
    bytes[end++] = QUOTE
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) return this.raw(escaped(value))
      bytes[end++] = unit
    }
    bytes[end++] = QUOTE
    this.end = end
  }

  number(value: number): void {
    if (!(value >= 0 && value < DIGITS_BELOW && Number.isInteger(value))) return this.raw(String(value))
    this.makeRoom(10)
    let unit = 1
    while (value >= unit * 10) unit *= 10
    for (let rest = value; unit >= 1; unit = (unit / 10) | 0) {
      const digit = (rest / unit) | 0
      this.bytes[this.end++] = ZERO + digit
      rest -= digit * unit
    }
  }

  private makeRoom(length: number): void {
    if (this.end + length <= this.bytes.length) return
    const bytes = new Uint8Array(2 * (this.end + length))
    bytes.set(this.bytes.subarray(0, this.end))
    this.bytes = bytes
  }
}

const escaped = (value: string): string => JSON.stringify(value).replace(/[\u007f-\uffff]/g, escapedUnit)

const escapedUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

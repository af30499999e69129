import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AsciiJson } from '../../src-main/farm/ascii-json'

const value = fc.oneof(
  fc.string({ unit: 'grapheme-ascii' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\u0000', '\u007f', 'Jürgen', '打印机', '\ud800', '\u2028', 'x'.repeat(10_000)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, 9, 10, 999_999_999, 1_000_000_000, 1.5, -1, Number.MAX_SAFE_INTEGER)
)

describe('JSON in ASCII', () => {
  it('reads as what was written, and is as JSON.stringify makes it where that is ASCII', () => {
    const json = new AsciiJson()
    fc.assert(
      fc.property(fc.array(value, { maxLength: 30 }), (values) => {
        json.raw('[')
        for (const [at, one] of values.entries()) {
          if (at > 0) json.raw(',')
          if (typeof one === 'string') json.string(one)
          else json.number(one)
        }
        json.raw(']')
        const { length } = json
        const text = json.take()
        expect(text).toHaveLength(length)
        expect(text).toMatch(/^[ -~]*$/)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(values)))
        if (/^[ -~]*$/.test(JSON.stringify(values))) expect(text).toBe(JSON.stringify(values))
        expect(json.length).toBe(0)
      }),
      { numRuns: 300 }
    )
  })
})

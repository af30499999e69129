import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compare, exact, exceeds, grams, minus, plus, remainingAfter, type Exact } from '../../src-main/farm/weight'

const weight = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
const trade = fc.integer({ min: 0, max: 5_000_000 }).map((n) => n / 1000)

describe('exact weights', () => {
  it('a tenth and two tenths are three tenths', () => {
    expect(compare(plus(exact(0.1), exact(0.2)), exact(0.3))).toBe(0)
    expect(grams(plus(exact(0.1), exact(0.2)))).toBe(0.3)
  })

  it('ten thousand additions and subtractions of 0.1 leave nothing behind', () => {
    let sum: Exact = 0
    for (let i = 0; i < 10_000; i++) sum = plus(sum, exact(0.1))
    expect(grams(sum)).toBe(1000)
    for (let i = 0; i < 10_000; i++) sum = minus(sum, exact(0.1))
    expect(sum).toBe(0)
  })

  it('every finite weight keeps its value', () => {
    fc.assert(fc.property(weight, (w) => void expect(grams(exact(w))).toBe(w)))
  })

  it('weights of the trade are plain numbers', () => {
    fc.assert(fc.property(trade, (w) => void expect(typeof exact(w)).toBe('number')))
  })

  it('sums do not depend on order, and undo exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(weight, trade), { maxLength: 12 }), (weights) => {
        const forth = weights.reduce<Exact>((sum, w) => plus(sum, exact(w)), 0)
        const back = weights.toReversed().reduce<Exact>((sum, w) => plus(sum, exact(w)), 0)
        expect(back).toEqual(forth)
        expect(weights.reduce<Exact>((sum, w) => minus(sum, exact(w)), forth)).toBe(0)
      })
    )
  })

  it('compares as the decimals that JSON shows', () => {
    const decimal = (w: number): bigint => {
      const [mantissa = '', exponent = '0'] = String(w).split('e')
      const [whole = '', fraction = ''] = mantissa.split('.')
      return BigInt(whole + fraction) * 10n ** BigInt(400 + Number(exponent) - fraction.length)
    }
    fc.assert(
      fc.property(weight, weight, weight, (a, b, c) => {
        const order = Math.sign(compare(plus(exact(a), exact(b)), exact(c)))
        const sum = decimal(a) + decimal(b)
        expect(order).toBe(sum < decimal(c) ? -1 : sum > decimal(c) ? 1 : 0)
      })
    )
  })

  it('exceeds a limit as it compares with it', () => {
    const share = fc.constantFrom(0, 0.25, 0.5, 0.75, 1, 1.25, 2, 3)
    fc.assert(
      fc.property(fc.oneof(weight, trade), weight, share, (limit, other, part) => {
        for (const amount of [exact(other), exact(Math.min(limit * part, Number.MAX_VALUE))])
          expect(exceeds(amount, limit)).toBe(compare(amount, exact(limit)) > 0)
      })
    )
  })

  it('what remains is never rounded below what is reserved', () => {
    fc.assert(
      fc.property(weight, weight, (a, b) => {
        const [reserved, used] = [exact(a), exact(b)]
        const total = plus(reserved, used)
        const remaining = grams(total)
        if (!Number.isFinite(remaining) || compare(exact(remaining), total) < 0) return
        const left = remainingAfter(exact(remaining), used, reserved)
        expect(compare(exact(left), reserved)).toBeGreaterThanOrEqual(0)
        expect(left).toBeLessThanOrEqual(remaining)
      })
    )
  })
})

/**
 * Exact sums of weights. A weight in grams stands for the decimal that its JSON text shows: 0.1 is one tenth,
 * not the binary fraction beside it. Sums and differences of such decimals are exact, so that 0.1 + 0.2 fits
 * on a roll of 0.3, no running sum drifts, and each amount has one representation only.
 *
 * Nearly all weights are whole micrograms below 10^15 and stay plain numbers. The rest take the slow way.
 */

/** Whole micrograms while |amount| ≤ 10^15; otherwise digits × 10^-scale grams. */
export type Exact = number | Decimal

export interface Decimal {
  readonly digits: bigint
  /** ≥ 6; digits has no trailing zero unless scale is 6. */
  readonly scale: number
}

const MICROGRAMS = 1e6
const SCALE_MIN = 6
/** Up to 15 digits a decimal and its nearest double determine each other. */
const NUMBER_MAX = 1e15

export function exact(grams: number): Exact {
  const micrograms = Math.round(grams * MICROGRAMS)
  if (micrograms <= NUMBER_MAX && micrograms >= -NUMBER_MAX && micrograms / MICROGRAMS === grams) return micrograms
  return normal(parse(grams))
}

/** The nearest double, whose shortest decimal is the amount itself up to 15 digits. */
export function grams(amount: Exact): number {
  return typeof amount === 'number' ? amount / MICROGRAMS : Number(`${amount.digits}e-${amount.scale}`)
}

export function plus(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (sum <= NUMBER_MAX && sum >= -NUMBER_MAX) return sum
  }
  const [x, y, scale] = aligned(a, b)
  return normal({ digits: x + y, scale })
}

export function minus(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (difference <= NUMBER_MAX && difference >= -NUMBER_MAX) return difference
  }
  const [x, y, scale] = aligned(a, b)
  return normal({ digits: x - y, scale })
}

/** Negative, zero or positive, as for sort. */
export function compare(a: Exact, b: Exact): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [x, y] = aligned(a, b)
  return x < y ? -1 : x > y ? 1 : 0
}

/** Whether `amount` is more than so many grams, of which there are not less than 0. */
export function exceeds(amount: Exact, limit: number): boolean {
  // Nothing to be exact about, and a limit beyond 10^9 g would take the slow way each time.
  if (typeof amount === 'number' && amount / MICROGRAMS <= limit / 2) return false
  return compare(amount, exact(limit)) > 0
}

/**
 * What is left of `remaining` after `weight` was printed: rounded to the nearest double, yet never below
 * `reserved`, so that reserved ≤ remaining outlasts the rounding of weights with more than 15 digits.
 */
export function remainingAfter(remaining: Exact, weight: Exact, reserved: Exact): number {
  const left = grams(minus(remaining, weight))
  return compare(exact(left), reserved) < 0 ? nextUp(left) : left
}

function parse(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) }
}

function normal({ digits, scale }: Decimal): Exact {
  if (scale < SCALE_MIN) {
    digits *= 10n ** BigInt(SCALE_MIN - scale)
    scale = SCALE_MIN
  }
  while (scale > SCALE_MIN && digits % 10n === 0n) {
    digits /= 10n
    scale--
  }
  if (scale === SCALE_MIN && digits <= BigInt(NUMBER_MAX) && digits >= -BigInt(NUMBER_MAX)) return Number(digits)
  return { digits, scale }
}

function aligned(a: Exact, b: Exact): readonly [x: bigint, y: bigint, scale: number] {
  const x = typeof a === 'number' ? { digits: BigInt(a), scale: SCALE_MIN } : a
  const y = typeof b === 'number' ? { digits: BigInt(b), scale: SCALE_MIN } : b
  const scale = Math.max(x.scale, y.scale)
  return [x.digits * 10n ** BigInt(scale - x.scale), y.digits * 10n ** BigInt(scale - y.scale), scale]
}

/** The least double above a finite `value` ≥ 0. */
function nextUp(value: number): number {
  const bits = new BigInt64Array(1)
  const double = new Float64Array(bits.buffer)
  double[0] = value
  bits[0] = (bits[0] ?? 0n) + 1n
  return double[0] ?? value
}

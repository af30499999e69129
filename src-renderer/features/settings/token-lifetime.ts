/** How long a new token works. Times are in days; null: until it is revoked. */
export const LIFETIMES = ['day', 'week', 'month', 'quarter', 'year', 'forever'] as const
export type Lifetime = (typeof LIFETIMES)[number]

const DAYS: Readonly<Record<Lifetime, number | null>> = {
  day: 1,
  week: 7,
  month: 30,
  quarter: 90,
  year: 365,
  forever: null
}
const DAY_SECONDS = 86_400
/** A token that ends within this time is marked, so that its program does not fall silent by surprise. */
export const SOON_MS = 7 * DAY_SECONDS * 1000

/** undefined: the token never expires. */
export function ttlSecondsOf(lifetime: Lifetime): number | undefined {
  const days = DAYS[lifetime]
  return days === null ? undefined : days * DAY_SECONDS
}

export type Standing = 'good' | 'soon' | 'expired'

export function standingOf({ expires_at }: { readonly expires_at: number | null }, now: number): Standing {
  if (expires_at === null || expires_at - now > SOON_MS) return 'good'
  return expires_at > now ? 'soon' : 'expired'
}

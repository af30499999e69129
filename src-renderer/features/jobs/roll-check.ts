/** Whether a roll has enough for one more job, decided while the form is filled in; the farm decides again for good. */
import type { Stock } from '@/stores/filaments'

export type RollCheck =
  /** No roll or no weight yet. */
  | { readonly kind: 'open' }
  | { readonly kind: 'fits'; readonly after: number }
  /** It fits, and leaves the roll low. */
  | { readonly kind: 'tight'; readonly after: number }
  | { readonly kind: 'short'; readonly missing: number }

export function checkRoll(stock: Stock | undefined, wanted: number | null, lowStockGrams: number): RollCheck {
  if (!stock || wanted === null || wanted <= 0) return { kind: 'open' }
  const after = stock.free - wanted
  // Sums of tenths are not exact in binary; a thousandth of a gram is no difference.
  if (after < -0.001) return { kind: 'short', missing: -after }
  return after < lowStockGrams ? { kind: 'tight', after: Math.max(0, after) } : { kind: 'fits', after }
}

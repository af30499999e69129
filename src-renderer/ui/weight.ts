/** Grams in and out: one decimal where it matters, kilograms never, so that figures can be compared at a glance. */
import { useFormat } from './format'

export function useWeight() {
  const { number } = useFormat()
  return {
    grams: (weight: number) => `${number(weight, { maximumFractionDigits: weight < 100 ? 1 : 0 })} g`,
    /** For an input: no grouping, as people type it. */
    typed: (weight: number) => number(weight, { maximumFractionDigits: 2, useGrouping: false }),
    percent: (ratio: number) => number(ratio, { style: 'percent', maximumFractionDigits: 0 })
  }
}

/** A weight as typed, with a comma or a point; null when it is not one. */
export function parseGrams(text: string): number | null {
  const clean = text.trim().replace(/\s*g$/i, '').replace(',', '.')
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(clean)) return null
  const value = Number(clean)
  return Number.isFinite(value) ? value : null
}

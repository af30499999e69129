/** Grams in and out: one decimal where it matters, kilograms never, so that figures can be compared at a glance. */
import { useI18n } from 'vue-i18n'

export function useWeight() {
  const { locale } = useI18n()
  const grams = (weight: number) =>
    `${new Intl.NumberFormat(locale.value, { maximumFractionDigits: weight < 100 ? 1 : 0 }).format(weight)} g`
  const number = (value: number) => new Intl.NumberFormat(locale.value, { maximumFractionDigits: 1 }).format(value)
  const percent = (ratio: number) =>
    new Intl.NumberFormat(locale.value, { style: 'percent', maximumFractionDigits: 0 }).format(ratio)
  return { grams, number, percent }
}

/** A weight as typed, with a comma or a point; null when it is not one. */
export function parseGrams(text: string): number | null {
  const clean = text.trim().replace(/\s*g$/i, '').replace(',', '.')
  if (!/^\d*\.?\d+$|^\d+\.$/.test(clean)) return null
  const value = Number(clean)
  return Number.isFinite(value) ? value : null
}

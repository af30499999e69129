/** Numbers and dates as the person is used to them: the chosen language, in the region that the browser is set to. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

const numbers = new Map<string, Intl.NumberFormat>()
const dates = new Map<string, Intl.DateTimeFormat>()
const distances = new Map<string, Intl.RelativeTimeFormat>()

/** Making a formatter costs far more than using it, and long lists use the same few. */
function kept<T>(cache: Map<string, T>, key: string, make: () => T): T {
  let found = cache.get(key)
  if (found === undefined) cache.set(key, (found = make()))
  return found
}

export function useFormat() {
  const { locale } = useI18n()
  const region = computed(
    () => navigator.languages.find((language) => language.startsWith(`${locale.value}-`)) ?? locale.value
  )

  const number = (value: number, options: Intl.NumberFormatOptions = {}) =>
    kept(numbers, region.value + JSON.stringify(options), () => new Intl.NumberFormat(region.value, options)).format(
      value
    )

  const date = (at: number, options: Intl.DateTimeFormatOptions) =>
    kept(dates, region.value + JSON.stringify(options), () => new Intl.DateTimeFormat(region.value, options)).format(at)

  const distance = (value: number, unit: Intl.RelativeTimeFormatUnit) =>
    kept(distances, region.value, () => new Intl.RelativeTimeFormat(region.value, { style: 'short' })).format(
      value,
      unit
    )

  return { number, date, distance }
}

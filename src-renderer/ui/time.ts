/** Times as people say them, in the chosen language; "3 minutes ago" moves on by itself. */
import { onScopeDispose, readonly, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useFormat } from './format'

const TICK_MS = 20_000
const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** One clock for all, running while anyone looks at it. */
function useClock(): void {
  if (users++ === 0) {
    now.value = Date.now()
    timer = setInterval(() => (now.value = Date.now()), TICK_MS)
  }
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer)
  })
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000]
]

export function useTime() {
  useClock()
  const { t } = useI18n()
  const { date, distance } = useFormat()

  function ago(at: number): string {
    const passed = Math.max(0, now.value - at)
    const unit = UNITS.find(([, length]) => passed >= length)
    if (!unit) return t('time.now')
    return distance(-Math.floor(passed / unit[1]), unit[0])
  }

  /** "1 h 24 min"; never finer than minutes. */
  function lasted(ms: number): string {
    const minutes = Math.max(0, Math.floor(ms / 60_000))
    if (minutes === 0) return t('time.underMinute')
    const days = Math.floor(minutes / 1440)
    const hours = Math.floor((minutes % 1440) / 60)
    if (days > 0) return t('time.daysHours', { days, hours })
    return hours > 0 ? t('time.hoursMinutes', { hours, minutes: minutes % 60 }) : t('time.minutes', { minutes })
  }

  const stamp = (at: number) => date(at, { dateStyle: 'medium', timeStyle: 'short' })

  return { now: readonly(now), ago, lasted, stamp }
}

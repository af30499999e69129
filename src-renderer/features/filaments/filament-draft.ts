/** What the filament form holds and when it may be sent; texts as typed, weights in grams. */
import { computed, reactive } from 'vue'
import type { Filament } from '@contract/filaments'
import type { FilamentDraft } from '@/stores/filaments'
import { parseGrams } from '@/ui/weight'

export type DraftProblem = 'needed' | 'notAWeight' | 'aboveTotal' | 'belowReserved' | 'notPositive'

export function createFilamentDraft(before: Filament | undefined, reserved: number) {
  const typed = reactive({
    name: before?.name ?? '',
    type: before?.type ?? '',
    color: before?.color ?? '',
    total: before ? String(before.total_weight_in_grams) : '1000',
    /** Empty: the roll is full. */
    remaining: before ? String(Math.round(before.remaining_weight_in_grams * 10) / 10) : ''
  })

  const total = computed(() => parseGrams(typed.total))
  const remaining = computed(() => (typed.remaining.trim() === '' ? total.value : parseGrams(typed.remaining)))

  const problems = computed<Readonly<Partial<Record<keyof typeof typed, DraftProblem>>>>(() => ({
    ...(typed.type.trim() ? {} : { type: 'needed' as const }),
    ...(typed.color.trim() ? {} : { color: 'needed' as const }),
    ...weightProblem('total', total.value === null ? 'notAWeight' : total.value <= 0 ? 'notPositive' : null),
    ...weightProblem('remaining', remainingProblem())
  }))

  function remainingProblem(): DraftProblem | null {
    if (typed.remaining.trim() === '' || total.value === null) return null
    if (remaining.value === null) return 'notAWeight'
    if (remaining.value > total.value) return 'aboveTotal'
    return remaining.value < reserved ? 'belowReserved' : null
  }

  /** What to send; null while something is wrong. */
  const ready = computed<FilamentDraft | null>(() =>
    Object.keys(problems.value).length > 0 || total.value === null || remaining.value === null
      ? null
      : {
          name: typed.name.trim(),
          type: typed.type.trim(),
          color: typed.color.trim(),
          total_weight_in_grams: total.value,
          remaining_weight_in_grams: remaining.value
        }
  )

  return { typed, total, remaining, problems, ready }
}

function weightProblem<K extends string>(field: K, problem: DraftProblem | null) {
  return problem === null ? {} : ({ [field]: problem } as Record<K, DraftProblem>)
}

export const MATERIALS = [
  'PLA',
  'PETG',
  'ABS',
  'ASA',
  'TPU 95A',
  'PC',
  'PA-CF',
  'PA12',
  'PVA',
  'HIPS',
  'PLA Silk',
  'PLA+'
]
export const COLORS = [
  'Black',
  'White',
  'Grey',
  'Silver',
  'Red',
  'Orange',
  'Yellow',
  'Green',
  'Blue',
  'Purple',
  'Clear'
]

/** What the job form holds, and what keeps it from being sent. */
import { computed, reactive } from 'vue'
import type { PrintJob } from '@contract/print-jobs'
import type { JobDraft } from '@/stores/jobs'
import type { Stock } from '@/stores/filaments'
import { parseGrams } from '@/ui/weight'
import { checkRoll } from './roll-check'

export type JobProblem = 'needed' | 'notAWeight' | 'notPositive' | 'notEnough'

export interface JobStart {
  readonly printerId?: string | undefined
  readonly filamentId?: string | undefined
  readonly copy?: PrintJob | undefined
}

export function createJobDraft(start: JobStart, stockOf: (filamentId: string) => Stock | undefined) {
  const typed = reactive({
    filepath: start.copy?.filepath ?? '',
    printerId: start.printerId ?? start.copy?.printer_id ?? null,
    filamentId: start.filamentId ?? start.copy?.filament_id ?? null,
    weight: start.copy ? String(start.copy.print_weight_in_grams) : ''
  })
  const weight = computed(() => parseGrams(typed.weight))

  const problems = computed<Readonly<Partial<Record<keyof typeof typed, JobProblem>>>>(() => {
    const found: Partial<Record<keyof typeof typed, JobProblem>> = {}
    if (!typed.filepath.trim()) found.filepath = 'needed'
    if (typed.printerId === null) found.printerId = 'needed'
    if (typed.filamentId === null) found.filamentId = 'needed'
    if (!typed.weight.trim()) found.weight = 'needed'
    else if (weight.value === null) found.weight = 'notAWeight'
    else if (weight.value <= 0) found.weight = 'notPositive'
    else if (typed.filamentId !== null && checkRoll(stockOf(typed.filamentId), weight.value, 0).kind === 'short')
      found.weight = 'notEnough'
    return found
  })

  const ready = computed<JobDraft | null>(() =>
    Object.keys(problems.value).length > 0 ||
    typed.printerId === null ||
    typed.filamentId === null ||
    weight.value === null
      ? null
      : {
          printer_id: typed.printerId,
          filament_id: typed.filamentId,
          filepath: typed.filepath.trim(),
          print_weight_in_grams: weight.value
        }
  )

  return { typed, weight, problems, ready }
}

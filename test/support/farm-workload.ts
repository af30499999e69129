/**
 * What the recorded clients do: mostly what the rules allow, so that the history is one of changes; now and then what
 * they forbid, so that refusals must fit the order of things too.
 */
import type { Command, JobStatus } from '../../src-main/farm/types'
import type { GroupView } from '../sim/model'
import type { Random } from '../sim/random'
import { filamentOf, printerOf } from '../sim/workload'

const ROLL_GRAMS = 1000
/** With more than this a group deletes more than it creates. */
const JOBS_MANY = 12
/** Share of commands that are drawn without a look at the rules. */
const BLIND = 0.06
const STATUSES = ['Queued', 'Running', 'Done', 'Cancelled'] as const

type Jobs = GroupView['jobs']

/** What the clients of a group know of it, from their answers; behind at times, which is fine. */
export interface Knowledge {
  printer: boolean
  filament: boolean
  jobs: Jobs
  /** Names the next job. */
  count: number
}

export const nothingKnown = (): Knowledge => ({ printer: false, filament: false, jobs: [], count: 0 })

export function drawWrite(group: number, known: Knowledge, random: Random): Command {
  if (!known.printer) return { type: 'printer.create', id: printerOf(group), company: 'Prusa', model: 'MK4' }
  const filament = { material: 'PLA', color: 'red', total_weight_in_grams: ROLL_GRAMS }
  if (!known.filament) return { type: 'filament.create', id: filamentOf(group), ...filament }
  if (random.chance(BLIND)) return blind(group, known, random)
  const roll = random.float()
  const crowded = known.jobs.length > JOBS_MANY
  if (roll < (crowded ? 0.1 : 0.35)) return createJob(group, `job-${group}-${known.count++}`, random)
  if (roll < 0.7) {
    const step = nextStep(known.jobs, random)
    if (step !== null) return { type: 'job.setStatus', ...step }
  }
  const over = known.jobs.filter(({ status }) => status === 'Done' || status === 'Cancelled')
  if (roll < 0.92 && over.length > 0) return { type: 'job.delete', id: random.pick(over).id }
  if (roll < 0.96) return { type: 'printer.update', id: printerOf(group), set: { name: `p${random.below(9)}` } }
  // A full roll again, so that weight never runs out.
  return { type: 'filament.update', id: filamentOf(group), set: { remaining_weight_in_grams: ROLL_GRAMS } }
}

/** What a write that was done has changed. */
export function learn(known: Knowledge, command: Command): void {
  switch (command.type) {
    case 'printer.create':
      known.printer = true
      break
    case 'filament.create':
      known.filament = true
      break
    case 'printer.delete':
      known.printer = false
      break
    case 'filament.delete':
      known.filament = false
      break
    case 'job.create':
      known.jobs = [...known.jobs, { id: command.id, weight: command.print_weight_in_grams, status: 'Queued' }]
      break
    case 'job.setStatus':
      known.jobs = known.jobs.map((job) => (job.id === command.id ? { ...job, status: command.status } : job))
      break
    case 'job.delete':
      known.jobs = known.jobs.filter(({ id }) => id !== command.id)
  }
}

function createJob(group: number, id: string, random: Random): Command {
  const print_weight_in_grams = random.between(1, 6) + random.pick([0, 0.5])
  const what = { printer_id: printerOf(group), filament_id: filamentOf(group), filepath: 'a.gcode' }
  return { type: 'job.create', id, ...what, print_weight_in_grams }
}

/** A step that is legal as far as is known; null when there is none. */
function nextStep(jobs: Jobs, random: Random): { readonly id: string; readonly status: JobStatus } | null {
  const running = jobs.find(({ status }) => status === 'Running')
  if (running !== undefined && random.chance(0.7))
    return { id: running.id, status: random.chance(0.8) ? 'Done' : 'Cancelled' }
  const queued = jobs.filter(({ status }) => status === 'Queued')
  if (queued.length === 0) return null
  return { id: random.pick(queued).id, status: running === undefined && random.chance(0.8) ? 'Running' : 'Cancelled' }
}

function blind(group: number, { jobs, count }: Knowledge, random: Random): Command {
  const id = jobs.length > 0 ? random.pick(jobs).id : `job-${group}-${random.below(count + 1)}`
  return random.pick<Command>([
    { type: 'job.setStatus', id, status: random.pick(STATUSES) },
    createJob(group, id, random),
    { type: 'job.delete', id },
    { type: 'filament.update', id: filamentOf(group), set: { remaining_weight_in_grams: random.between(0, 20) } },
    { type: 'printer.delete', id: printerOf(group) },
    { type: 'filament.delete', id: filamentOf(group) }
  ])
}

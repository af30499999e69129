/**
 * What people do while things break: clients that create, move and delete print jobs through any node, read, and
 * ask again where they got no answer. Ids repeat on purpose, so that conflicts, duplicates and revivals happen.
 */
import type { FarmQueries } from '../../src-main/farm/queries'
import type { Command, JobStatus } from '../../src-main/farm/types'
import type { GroupView } from './model'
import type { Random } from './random'

export const JOBS_PER_GROUP = 6

export const printerOf = (group: number): string => `printer-${group}`
export const filamentOf = (group: number): string => `filament-${group}`
const jobOf = (group: number, job: number): string => `job-${group}-${job}`

/** What a client remembers of a group from its last read; often stale, which is fine. */
export interface Impression {
  view: GroupView | null
}

export function readGroup(farm: FarmQueries, group: number): GroupView {
  const filament = farm.filament(filamentOf(group))
  const jobs: GroupView['jobs'][number][] = []
  for (let j = 0; j < JOBS_PER_GROUP; j++) {
    const job = farm.job(jobOf(group, j))
    if (job !== null) jobs.push({ id: job.id, weight: job.print_weight_in_grams, status: job.status })
  }
  return {
    printer: farm.printer(printerOf(group)) !== null,
    filament:
      filament === null
        ? null
        : {
            total: filament.total_weight_in_grams,
            remaining: filament.remaining_weight_in_grams,
            reserved: filament.reserved_weight_in_grams
          },
    jobs
  }
}

const NEXT: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  Queued: ['Running', 'Running', 'Cancelled'],
  Running: ['Done', 'Done', 'Cancelled'],
  Done: ['Done'],
  Cancelled: ['Running']
}

export function drawCommand(group: number, { view }: Impression, random: Random): Command {
  const createPrinter: Command = { type: 'printer.create', id: printerOf(group), company: 'Prusa', model: 'MK4' }
  const createFilament: Command = {
    type: 'filament.create',
    id: filamentOf(group),
    material: 'PLA',
    color: 'red',
    total_weight_in_grams: 1000
  }
  if (view === null || (!view.printer && random.chance(0.7))) return createPrinter
  if (view.filament === null && random.chance(0.8)) return createFilament
  const roll = random.float()
  const known = view.jobs.length > 0 ? random.pick(view.jobs) : null
  if (roll < 0.36 || known === null) {
    return {
      type: 'job.create',
      id: jobOf(group, random.below(JOBS_PER_GROUP)),
      printer_id: printerOf(group),
      filament_id: filamentOf(group),
      filepath: 'a.gcode',
      print_weight_in_grams: random.between(1, 60) + random.pick([0, 0.5])
    }
  }
  if (roll < 0.72) {
    const status = random.chance(0.85)
      ? random.pick(NEXT[known.status])
      : random.pick(['Queued', 'Running', 'Done', 'Cancelled'] as const)
    return { type: 'job.setStatus', id: known.id, status }
  }
  if (roll < 0.86) return { type: 'job.delete', id: known.id }
  if (roll < 0.95) {
    const total = view.filament?.total ?? 1000
    const remaining = random.chance(0.7) ? total : random.between(0, total)
    return { type: 'filament.update', id: filamentOf(group), set: { remaining_weight_in_grams: remaining } }
  }
  return random.pick<Command>([
    { type: 'printer.update', id: printerOf(group), set: { name: `p${random.below(9)}` } },
    { type: 'filament.delete', id: filamentOf(group) },
    { type: 'printer.delete', id: printerOf(group) }
  ])
}

/** Codes of failures after which a write certainly never happens. */
export const NEVER_DONE: ReadonlySet<string> = new Set(['no_quorum', 'too_many_requests'])

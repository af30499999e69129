/** Commands on print jobs: the weight they reserve, the printer they occupy, the filament they use up. */
import { FILEPATH_CHARS_MAX } from './bounds'
import { FieldCheck, shown } from './fields'
import { filamentOf } from './filaments'
import { advanced, isJobStatus, jobOf, mayBecome, nextSteps } from './lifecycle'
import { changed, created, deleted, invalid, refused } from './outcomes'
import type { Stamp, Tables } from './state'
import { JOB_STATUSES, type Applied, type Change, type Command, type JobStatus, type PrintJob } from './types'
import { exact, exceeds, grams, plus, remainingAfter } from './weight'

type Of<Type extends Command['type']> = Extract<Command, { readonly type: Type }>

export function createJob(tables: Tables, command: Of<'job.create'>, stamp: Stamp): Applied {
  const check = new FieldCheck()
  const { id, printer_id, filament_id, filepath, print_weight_in_grams } = command
  check.id('/id', id)
  check.reference('/printer_id', printer_id)
  check.reference('/filament_id', filament_id)
  check.text('/filepath', filepath, FILEPATH_CHARS_MAX)
  check.positive('/print_weight_in_grams', print_weight_in_grams)
  if (check.failed) return invalid(check)
  if (tables.jobs.table.has(id)) return refused('duplicate_id', `Print job ${id} exists already.`)
  const printer = tables.printers.get(printer_id)
  if (printer === null) return unknown('unknown_printer', 'printer', printer_id)
  const filament = tables.filaments.get(filament_id)
  if (filament === null) return unknown('unknown_filament', 'filament', filament_id)

  const remaining = filament.remaining_weight_in_grams
  const reserved = tables.jobs.reservedOn(filament_id)
  if (exceeds(plus(reserved, exact(print_weight_in_grams)), remaining)) {
    return refused(
      'not_enough_filament',
      `Filament ${filament_id} has ${remaining} g left, of which ${grams(reserved)} g are reserved; ` +
        `this job needs ${print_weight_in_grams} g.`
    )
  }
  const event = { status: 'Queued', at: stamp.at, by: stamp.by, node: stamp.node } as const
  const job = jobOf(id, printer.id, filament.id, filepath, print_weight_in_grams, [event])
  tables.jobs.add(job)
  return created(job, [jobChange(job), filamentChange(tables, filament.id)])
}

export function setJobStatus(tables: Tables, { id, status }: Of<'job.setStatus'>, stamp: Stamp): Applied {
  if (!isJobStatus(status)) {
    const check = new FieldCheck()
    check.add('/status', `must be one of ${JOB_STATUSES.join(', ')}`)
    return invalid(check)
  }
  const { jobs } = tables
  const serial = jobs.table.serialOf(id)
  const before = jobs.table.at(serial)
  if (before === null) return noJob(id)
  if (!mayBecome(before.status, status)) {
    return refused(
      'illegal_transition',
      `Print job ${id} is ${before.status} and ${nextSteps(before.status)}; it cannot become ${status}.`
    )
  }
  if (status === 'Running') {
    const running = jobs.runningOn(before.printer_id)
    if (running !== null) {
      return refused(
        'printer_busy',
        `Printer ${before.printer_id} is running print job ${running.id}; ` +
          `print job ${id} can start once that is Done or Cancelled.`
      )
    }
  }
  const job = advanced(before, { status: statusText(status), at: stamp.at, by: stamp.by, node: stamp.node })
  jobs.replace(serial, job)
  if (status === 'Running') return changed(job, [jobChange(job)])
  if (status === 'Done') useUp(tables, job, stamp)
  return changed(job, [jobChange(job), filamentChange(tables, job.filament_id)])
}

export function deleteJob(tables: Tables, { id }: Of<'job.delete'>): Applied {
  const { jobs } = tables
  const serial = jobs.table.serialOf(id)
  const job = jobs.table.at(serial)
  if (job === null) return noJob(id)
  if (job.status === 'Running') {
    return refused('in_use', `Print job ${id} is running on printer ${job.printer_id}; cancel or finish it first.`)
  }
  jobs.remove(serial)
  const change: Change = { kind: 'print_job', id: job.id, record: null }
  return deleted(job.status === 'Queued' ? [change, filamentChange(tables, job.filament_id)] : [change])
}

/** Takes a Done job's weight off its filament. The reservation is gone already. */
function useUp(tables: Tables, job: PrintJob, { at }: Stamp): void {
  const serial = tables.filaments.serialOf(job.filament_id)
  const before = tables.filaments.at(serial)
  if (before === null) return
  const remaining = remainingAfter(
    exact(before.remaining_weight_in_grams),
    exact(job.print_weight_in_grams),
    tables.jobs.reservedOn(before.id)
  )
  const { id, type, color, total_weight_in_grams: total, name, created_at } = before
  tables.filaments.replace(serial, filamentOf(id, type, color, total, remaining, name, created_at, at))
}

/** The canonical instance, so that a status from the log does not keep a string of its own. */
function statusText(status: JobStatus): JobStatus {
  return JOB_STATUSES[JOB_STATUSES.indexOf(status)] ?? status
}

function jobChange(job: PrintJob): Change {
  return { kind: 'print_job', id: job.id, record: job }
}

function filamentChange(tables: Tables, id: string): Change {
  const filament = tables.filaments.get(id)
  return { kind: 'filament', id, record: filament === null ? null : tables.filamentView(filament) }
}

function unknown(code: 'unknown_printer' | 'unknown_filament', kind: 'printer' | 'filament', id: string): Applied {
  return refused(code, `There is no ${kind} ${id}.`, [{ path: `/${kind}_id`, message: 'names nothing that exists' }])
}

function noJob(id: unknown): Applied {
  return refused('not_found', `There is no print job ${shown(id)}.`)
}

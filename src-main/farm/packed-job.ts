/**
 * A print job as one list instead of the record, its history and an object for each event: as its table takes and gives
 * it (job-columns.ts) and a snapshot writes it.
 *
 *   [id, printer, filament, filepath, weight, created_at, by, node, (number of status, Δat, by, node)*]
 */
import { jobOf } from './lifecycle'
import { JOB_STATUSES, type JobEvent, type PrintJob } from './types'

export type PackedJob = readonly unknown[]

/** The places of every packed job. */
export type CreatedJob = readonly [
  id: string,
  printer: string,
  filament: string,
  filepath: string,
  weight: number,
  created_at: number,
  by: string,
  node: string
]

/** Places of a job that is still as it was created. */
export const CREATED_PLACES = 8
/** Places of each later event. */
export const EVENT_PLACES = 4

export function packJob(job: PrintJob): PackedJob {
  const { id, printer_id, filament_id, filepath, print_weight_in_grams, history } = job
  const { at, by, node } = history[0] as JobEvent
  if (history.length === 1) return [id, printer_id, filament_id, filepath, print_weight_in_grams, at, by, node]
  // Made in its full length, for a list that grows keeps room to grow.
  const packed = new Array<unknown>(CREATED_PLACES + EVENT_PLACES * (history.length - 1))
  packed[0] = id
  packed[1] = printer_id
  packed[2] = filament_id
  packed[3] = filepath
  packed[4] = print_weight_in_grams
  packed[5] = at
  packed[6] = by
  packed[7] = node
  for (let i = 1, place = CREATED_PLACES, before = at; i < history.length; i++, place += EVENT_PLACES) {
    const event = history[i] as JobEvent
    packed[place] = JOB_STATUSES.indexOf(event.status)
    packed[place + 1] = event.at - before
    packed[place + 2] = event.by
    packed[place + 3] = event.node
    before = event.at
  }
  return packed
}

export function unpackJob(packed: PackedJob): PrintJob {
  let at = packed[5] as number
  const history: JobEvent[] = [{ status: 'Queued', at, by: packed[6] as string, node: packed[7] as string }]
  for (let place = CREATED_PLACES; place < packed.length; place += EVENT_PLACES) {
    at += packed[place + 1] as number
    const status = JOB_STATUSES[packed[place] as number] as PrintJob['status']
    history.push({ status, at, by: packed[place + 2] as string, node: packed[place + 3] as string })
  }
  const [id, printer, filament, filepath] = packed as readonly [string, string, string, string]
  return jobOf(id, printer, filament, filepath, packed[4] as number, history)
}

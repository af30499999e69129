/** Recounts what the farm keeps as running figures, and checks the invariants. For tests and the simulator. */
import { IDEMPOTENCY_RECORDS_MAX, SESSIONS_MAX, SESSION_OUTCOMES_MAX } from './bounds'
import type { Idempotency } from './idempotency'
import { isOpen } from './job-table'
import { mayBecome } from './lifecycle'
import type { Sessions } from './sessions'
import type { Tables } from './state'
import { JOB_STATUSES, type PrintJob } from './types'
import { compare, exact, exceeds, plus, type Exact } from './weight'

/** One sentence for each invariant that does not hold. Takes time proportional to the farm. */
export function audit(tables: Tables, sessions: Sessions, idempotency: Idempotency): readonly string[] {
  return [...auditJobs(tables), ...auditFilaments(tables), ...auditRetries(sessions, idempotency)]
}

function* auditJobs({ jobs, printers, filaments }: Tables): Generator<string> {
  const counts = { Queued: 0, Running: 0, Done: 0, Cancelled: 0 }
  const running = new Map<string, string>()
  const openOnPrinter = new Map<string, number>()
  for (const job of jobs.table) {
    counts[job.status]++
    yield* auditHistory(job)
    if (!isOpen(job.status)) continue
    openOnPrinter.set(job.printer_id, (openOnPrinter.get(job.printer_id) ?? 0) + 1)
    if (!printers.has(job.printer_id)) yield `Open job ${job.id} is on printer ${job.printer_id}, which is gone.`
    if (!filaments.has(job.filament_id)) yield `Open job ${job.id} needs filament ${job.filament_id}, which is gone.`
    if (job.status !== 'Running') continue
    const other = running.get(job.printer_id)
    if (other !== undefined) yield `Jobs ${other} and ${job.id} both run on printer ${job.printer_id}.`
    running.set(job.printer_id, job.id)
  }
  const kept = jobs.counts()
  for (const status of JOB_STATUSES) {
    if (kept[status] !== counts[status]) yield `${counts[status]} jobs are ${status}, the count says ${kept[status]}.`
  }
  for (const { id } of printers) {
    const open = openOnPrinter.get(id) ?? 0
    if (jobs.openOnPrinter(id) !== open) yield `Printer ${id} has ${open} open jobs, not ${jobs.openOnPrinter(id)}.`
    if ((jobs.runningOn(id)?.id ?? null) !== (running.get(id) ?? null)) yield `Printer ${id} runs another job.`
  }
}

function* auditHistory(job: PrintJob): Generator<string> {
  const [first, ...later] = job.history
  const last = job.history.at(-1)
  if (first?.status !== 'Queued' || first.at !== job.created_at) yield `Job ${job.id} does not begin as Queued.`
  if (last?.status !== job.status || last.at !== job.updated_at) yield `Job ${job.id} is not what its last event says.`
  for (const [i, { status }] of later.entries()) {
    const from = job.history[i]?.status
    if (from === undefined || !mayBecome(from, status)) yield `Job ${job.id} became ${status} after ${from}.`
  }
}

function* auditFilaments({ jobs, filaments }: Tables): Generator<string> {
  const reserved = new Map<string, Exact>()
  for (const job of jobs.table) {
    if (!isOpen(job.status)) continue
    reserved.set(job.filament_id, plus(reserved.get(job.filament_id) ?? 0, exact(job.print_weight_in_grams)))
  }
  for (const { id, total_weight_in_grams: total, remaining_weight_in_grams: remaining } of filaments) {
    const recount = reserved.get(id) ?? 0
    if (compare(recount, jobs.reservedOn(id)) !== 0) yield `The sum reserved on filament ${id} is not its recount.`
    if (exceeds(recount, remaining)) yield `More is reserved on filament ${id} than remains.`
    if (remaining < 0 || remaining > total) yield `Filament ${id} has ${remaining} g left of ${total} g.`
  }
}

function* auditRetries(sessions: Sessions, idempotency: Idempotency): Generator<string> {
  if (sessions.open.size > SESSIONS_MAX) yield `${sessions.open.size} sessions are open.`
  if (idempotency.size > IDEMPOTENCY_RECORDS_MAX) yield `${idempotency.size} idempotency records are kept.`
  for (const { id, low, outcomes } of sessions.open.values()) {
    if (outcomes.size > SESSION_OUTCOMES_MAX) yield `Session ${id} keeps ${outcomes.size} outcomes.`
    for (const seq of outcomes.keys()) if (seq < low) yield `Session ${id} keeps ${seq}, below ${low}.`
  }
}

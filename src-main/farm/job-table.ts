/**
 * The print jobs with everything that is derived from them: which slots hold which status, the jobs of each
 * printer and filament, the weight that open jobs reserve on each filament, the job that runs on each printer.
 *
 * Invariant: what is derived equals a recount at all times, the sums bit for bit (weight.ts).
 */
import { pageOf } from './pages'
import type { JobFilter, Page, PageOf } from './queries'
import { SlotSet } from './slots'
import { Table, type TableView } from './table'
import type { JobStatus, PrintJob } from './types'
import { exact, minus, plus, type Exact } from './weight'

/** The jobs that name one printer or one filament. Slots ascend; some may be holes. */
interface Load {
  readonly slots: number[]
  /** Queued and Running jobs. */
  open: number
}

interface PrinterLoad extends Load {
  /** Slot of the Running job, or -1. */
  running: number
}

interface FilamentLoad extends Load {
  reserved: Exact
}

export function isOpen(status: JobStatus): boolean {
  return status === 'Queued' || status === 'Running'
}

export class JobTable {
  readonly table: Table<PrintJob>
  private readonly byStatus: Readonly<Record<JobStatus, SlotSet>> = {
    Queued: new SlotSet(),
    Running: new SlotSet(),
    Done: new SlotSet(),
    Cancelled: new SlotSet()
  }
  private readonly byPrinter = new Map<string, PrinterLoad>()
  private readonly byFilament = new Map<string, FilamentLoad>()

  constructor(nextSerial?: number) {
    this.table = new Table(nextSerial)
  }

  add(job: PrintJob, serial?: number): void {
    this.index(this.table.add(job, serial), job)
  }

  /** `job` differs from what is in the slot by its status, times and history only. */
  replace(slot: number, job: PrintJob): void {
    const before = this.table.at(slot)
    if (before === null) return
    this.table.replace(slot, job)
    this.release(slot, before)
    this.occupy(slot, job)
  }

  remove(slot: number): void {
    const job = this.table.at(slot)
    if (job === null) return
    this.table.remove(slot)
    this.release(slot, job)
    if (this.table.sparse) this.compact()
  }

  view(): TableView<PrintJob> {
    return this.table.view()
  }

  /** Sum of the weights of the Queued and Running jobs on a filament. */
  reservedOn(filamentId: string): Exact {
    return this.byFilament.get(filamentId)?.reserved ?? 0
  }

  openOnFilament(filamentId: string): number {
    return this.byFilament.get(filamentId)?.open ?? 0
  }

  openOnPrinter(printerId: string): number {
    return this.byPrinter.get(printerId)?.open ?? 0
  }

  runningOn(printerId: string): PrintJob | null {
    const slot = this.byPrinter.get(printerId)?.running ?? -1
    return slot < 0 ? null : this.table.at(slot)
  }

  /** Ids of the first few open jobs that match, for a sentence. */
  openIds(filter: JobFilter, limit: number): readonly string[] {
    const ids: string[] = []
    for (const slot of this.loadOf(filter)?.slots ?? []) {
      const job = this.table.at(slot)
      if (job !== null && isOpen(job.status) && ids.push(job.id) >= limit) break
    }
    return ids
  }

  counts(): Readonly<Record<JobStatus, number>> {
    const { Queued, Running, Done, Cancelled } = this.byStatus
    return { Queued: Queued.size, Running: Running.size, Done: Done.size, Cancelled: Cancelled.size }
  }

  /** Walks the smallest of the indexes that apply and checks the rest of the filter. */
  page(filter: JobFilter, page?: Page): PageOf<PrintJob> {
    const { status, printer_id: printerId, filament_id: filamentId } = filter
    const statusSlots = status === undefined ? null : this.byStatus[status]
    const named = printerId !== undefined || filamentId !== undefined
    if (named) {
      const slots = this.loadOf(filter)?.slots ?? []
      if (statusSlots === null || slots.length <= statusSlots.size) {
        return pageOf(this.table, page, (from) => {
          for (let i = position(slots, from); i < slots.length; i++) {
            const slot = slots[i] ?? -1
            if (this.matches(slot, filter)) return slot
          }
          return -1
        })
      }
    }
    const all = (from: number): number => (from < this.table.length ? from : -1)
    const step = statusSlots === null ? all : (from: number): number => statusSlots.next(from)
    if (!named) return pageOf(this.table, page, step)
    return pageOf(this.table, page, (from) => {
      let slot = step(from)
      while (slot >= 0 && !this.matches(slot, filter)) slot = step(slot + 1)
      return slot
    })
  }

  /** The shorter list of those that the filter names. */
  private loadOf({ printer_id: printerId, filament_id: filamentId }: JobFilter): Load | undefined {
    const printer = printerId === undefined ? undefined : this.byPrinter.get(printerId)
    const filament = filamentId === undefined ? undefined : this.byFilament.get(filamentId)
    if (printerId === undefined) return filament
    if (filamentId === undefined) return printer
    if (printer === undefined || filament === undefined) return undefined
    return printer.slots.length <= filament.slots.length ? printer : filament
  }

  private matches(slot: number, filter: JobFilter): boolean {
    const job = this.table.at(slot)
    return (
      job !== null &&
      (filter.status === undefined || job.status === filter.status) &&
      (filter.printer_id === undefined || job.printer_id === filter.printer_id) &&
      (filter.filament_id === undefined || job.filament_id === filter.filament_id)
    )
  }

  private index(slot: number, job: PrintJob): void {
    let printer = this.byPrinter.get(job.printer_id)
    if (printer === undefined) {
      printer = { slots: [], open: 0, running: -1 }
      this.byPrinter.set(job.printer_id, printer)
    }
    let filament = this.byFilament.get(job.filament_id)
    if (filament === undefined) {
      filament = { slots: [], open: 0, reserved: 0 }
      this.byFilament.set(job.filament_id, filament)
    }
    printer.slots.push(slot)
    filament.slots.push(slot)
    this.occupy(slot, job)
  }

  private occupy(slot: number, job: PrintJob): void {
    this.byStatus[job.status].add(slot)
    if (!isOpen(job.status)) return
    const printer = this.byPrinter.get(job.printer_id)
    const filament = this.byFilament.get(job.filament_id)
    if (printer === undefined || filament === undefined) return
    printer.open++
    if (job.status === 'Running') printer.running = slot
    filament.open++
    filament.reserved = plus(filament.reserved, exact(job.print_weight_in_grams))
  }

  private release(slot: number, job: PrintJob): void {
    this.byStatus[job.status].delete(slot)
    if (!isOpen(job.status)) return
    const printer = this.byPrinter.get(job.printer_id)
    const filament = this.byFilament.get(job.filament_id)
    if (printer === undefined || filament === undefined) return
    printer.open--
    if (job.status === 'Running') printer.running = -1
    filament.open--
    filament.reserved = minus(filament.reserved, exact(job.print_weight_in_grams))
  }

  /** Closes the holes in the table and derives everything anew. */
  private compact(): void {
    this.table.compact()
    for (const slots of Object.values(this.byStatus)) slots.clear()
    this.byPrinter.clear()
    this.byFilament.clear()
    for (let slot = 0; slot < this.table.length; slot++) {
      const job = this.table.at(slot)
      if (job !== null) this.index(slot, job)
    }
  }
}

/** Index of the first element ≥ `from` in an ascending list. */
function position(slots: readonly number[], from: number): number {
  let low = 0
  let high = slots.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((slots[middle] ?? 0) >= from) high = middle
    else low = middle + 1
  }
  return low
}

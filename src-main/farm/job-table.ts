/**
 * The print jobs with everything that is derived from them: which jobs have which status, the jobs of each
 * printer and filament, the weight that open jobs reserve on each filament, the job that runs on each printer.
 *
 * Invariant: what is derived equals a recount at all times, the sums bit for bit (weight.ts).
 */
import { JOB_PACKING } from './job-columns'
import { JobList } from './job-list'
import { pageOf } from './pages'
import type { JobFilter, Page, PageOf } from './queries'
import { SerialSet } from './serial-set'
import { Table, type TableView } from './table'
import type { JobStatus, PrintJob } from './types'
import { exact, minus, plus, type Exact } from './weight'

/** The jobs on one printer. */
interface PrinterLoad {
  readonly jobs: JobList
  /** Queued and Running jobs. */
  open: number
  /** Serial of the Running job, or 0. */
  running: number
}

/** The jobs on one filament. */
interface FilamentLoad {
  readonly jobs: JobList
  open: number
  reserved: Exact
}

/** Some of the jobs, in creation order. */
interface Index {
  readonly size: number
  next(from: number): number
}

const NONE: Index = { size: 0, next: () => -1 }

export function isOpen(status: JobStatus): boolean {
  return status === 'Queued' || status === 'Running'
}

export class JobTable {
  readonly table: Table<PrintJob>
  private readonly byStatus: Readonly<Record<JobStatus, SerialSet>> = {
    Queued: new SerialSet(),
    Running: new SerialSet(),
    Done: new SerialSet(),
    Cancelled: new SerialSet()
  }
  private readonly byPrinter = new Map<string, PrinterLoad>()
  private readonly byFilament = new Map<string, FilamentLoad>()

  constructor(nextSerial?: number) {
    this.table = new Table(nextSerial, JOB_PACKING)
  }

  add(job: PrintJob, at?: number): void {
    const serial = this.table.add(job, at)
    const printer = this.printerLoad(job.printer_id)
    const filament = this.filamentLoad(job.filament_id)
    printer.jobs.add(serial)
    filament.jobs.add(serial)
    this.occupy(serial, job, printer, filament)
  }

  /** `job` differs from what is there by its status, times and history only. */
  replace(serial: number, job: PrintJob): void {
    const before = this.table.at(serial)
    if (before === null) return
    this.table.replace(serial, job)
    const printer = this.printerLoad(job.printer_id)
    const filament = this.filamentLoad(job.filament_id)
    this.release(serial, before, printer, filament)
    this.occupy(serial, job, printer, filament)
  }

  remove(serial: number): void {
    const job = this.table.at(serial)
    if (job === null) return
    this.table.remove(serial)
    const printer = this.printerLoad(job.printer_id)
    const filament = this.filamentLoad(job.filament_id)
    this.release(serial, job, printer, filament)
    const isThere = (other: number): boolean => this.table.at(other) !== null
    printer.jobs.remove(isThere)
    filament.jobs.remove(isThere)
    if (printer.jobs.size === 0) this.byPrinter.delete(job.printer_id)
    if (filament.jobs.size === 0) this.byFilament.delete(job.filament_id)
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
    return this.table.at(this.byPrinter.get(printerId)?.running ?? 0)
  }

  /** Ids of the first few open jobs on a printer or filament, for a sentence. */
  openIds(filter: JobFilter, limit: number): readonly string[] {
    const queued = this.page({ ...filter, status: 'Queued' }, { limit }).items
    const running = this.page({ ...filter, status: 'Running' }, { limit }).items
    return [...running, ...queued].slice(0, limit).map(({ id }) => id)
  }

  counts(): Readonly<Record<JobStatus, number>> {
    const { Queued, Running, Done, Cancelled } = this.byStatus
    return { Queued: Queued.size, Running: Running.size, Done: Done.size, Cancelled: Cancelled.size }
  }

  /** Walks the smallest of the indexes that apply and checks the rest of the filter. */
  page(filter: JobFilter, page?: Page): PageOf<PrintJob> {
    const { status, printer_id, filament_id } = filter
    const indexes: Index[] = []
    if (status !== undefined) indexes.push(this.byStatus[status])
    if (printer_id !== undefined) indexes.push(this.byPrinter.get(printer_id)?.jobs ?? NONE)
    if (filament_id !== undefined) indexes.push(this.byFilament.get(filament_id)?.jobs ?? NONE)
    const index = indexes.reduce<Index>((least, other) => (other.size < least.size ? other : least), this.table)
    return pageOf(this.table, page, (from) => {
      let serial = index.next(from)
      while (serial >= 0 && !this.matches(serial, filter)) serial = index.next(serial + 1)
      return serial
    })
  }

  private matches(serial: number, filter: JobFilter): boolean {
    const job = this.table.at(serial)
    return (
      job !== null &&
      (filter.status === undefined || job.status === filter.status) &&
      (filter.printer_id === undefined || job.printer_id === filter.printer_id) &&
      (filter.filament_id === undefined || job.filament_id === filter.filament_id)
    )
  }

  private printerLoad(id: string): PrinterLoad {
    let load = this.byPrinter.get(id)
    if (load === undefined) {
      load = { jobs: new JobList(), open: 0, running: 0 }
      this.byPrinter.set(id, load)
    }
    return load
  }

  private filamentLoad(id: string): FilamentLoad {
    let load = this.byFilament.get(id)
    if (load === undefined) {
      load = { jobs: new JobList(), open: 0, reserved: 0 }
      this.byFilament.set(id, load)
    }
    return load
  }

  private occupy(serial: number, job: PrintJob, printer: PrinterLoad, filament: FilamentLoad): void {
    this.byStatus[job.status].add(serial)
    if (!isOpen(job.status)) return
    printer.open++
    if (job.status === 'Running') printer.running = serial
    filament.open++
    filament.reserved = plus(filament.reserved, exact(job.print_weight_in_grams))
  }

  private release(serial: number, job: PrintJob, printer: PrinterLoad, filament: FilamentLoad): void {
    this.byStatus[job.status].delete(serial)
    if (!isOpen(job.status)) return
    printer.open--
    if (job.status === 'Running') printer.running = 0
    filament.open--
    filament.reserved = minus(filament.reserved, exact(job.print_weight_in_grams))
  }
}

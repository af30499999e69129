/** What readers may ask of the farm. Lists are in creation order. */
import type { Filament, Invite, JobStatus, PrintJob, Printer, Token } from './types'

export interface Page {
  /** Upper bound of records; absent: all. */
  readonly limit?: number
  /** Opaque position from an earlier page's `next`. */
  readonly cursor?: string
}

export interface PageOf<T> {
  readonly items: readonly T[]
  /** Cursor of the next page; null at the end. */
  readonly next: string | null
}

export interface JobFilter {
  readonly status?: JobStatus
  readonly printer_id?: string
  readonly filament_id?: string
}

/** A filament with what is derived: the sum of its Queued and Running jobs, kept as a running sum. */
export interface FilamentView extends Filament {
  readonly reserved_weight_in_grams: number
}

export interface FarmQueries {
  printer(id: string): Printer | null
  printers(page?: Page): PageOf<Printer>
  filament(id: string): FilamentView | null
  filaments(page?: Page): PageOf<FilamentView>
  job(id: string): PrintJob | null
  jobs(filter: JobFilter, page?: Page): PageOf<PrintJob>
  token(id: string): Token | null
  tokens(): readonly Token[]
  tokenByHash(hash: string): Token | null
  invites(): readonly Invite[]
  counts(): {
    readonly printers: number
    readonly filaments: number
    readonly jobs: Readonly<Record<JobStatus, number>>
  }
  /** True when no user records exist: joining another cluster would lose nothing. */
  isEmpty(): boolean
}

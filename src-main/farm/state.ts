/** The farm's tables as one whole, and what the commands of every kind need of an entry. */
import { JobTable } from './job-table'
import { Names } from './names'
import type { FilamentView } from './queries'
import { Table } from './table'
import type { Filament, Invite, Printer, Token } from './types'
import { grams } from './weight'

/** Who, where and when: taken from the envelope, never from the machine. */
export interface Stamp {
  readonly at: number
  readonly by: string
  readonly node: string
}

export class Tables {
  /** Token by the hash of its secret. */
  readonly tokensByHash = new Map<string, Token>()
  readonly names = new Names()

  constructor(
    readonly printers = new Table<Printer>(),
    readonly filaments = new Table<Filament>(),
    readonly jobs = new JobTable(),
    readonly tokens = new Table<Token>(),
    readonly invites = new Table<Invite>()
  ) {
    for (const token of tokens) this.tokensByHash.set(token.hash, token)
  }

  filamentView(filament: Filament): FilamentView {
    const { id, type, color, total_weight_in_grams, remaining_weight_in_grams, name, created_at, updated_at } = filament
    const reserved_weight_in_grams = grams(this.jobs.reservedOn(id))
    // Spelled out: a spread costs as much as the rest of a job's creation together.
    const view = {
      id,
      type,
      color,
      total_weight_in_grams,
      remaining_weight_in_grams,
      reserved_weight_in_grams,
      created_at,
      updated_at
    }
    return name === undefined ? view : { ...view, name }
  }
}

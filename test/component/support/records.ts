import type { Filament } from '@contract/filaments'
import type { JobStatus, PrintJob } from '@contract/print-jobs'
import type { Printer } from '@contract/printers'

export const printer = (id: string, more: Partial<Printer> = {}): Printer => ({
  id,
  company: 'Prusa',
  model: 'MK4S',
  created_at: 1,
  updated_at: 1,
  ...more
})

export const filament = (id: string, more: Partial<Filament> = {}): Filament => ({
  id,
  type: 'PLA',
  color: 'Galaxy Black',
  total_weight_in_grams: 1000,
  remaining_weight_in_grams: 1000,
  reserved_weight_in_grams: 0,
  created_at: 1,
  updated_at: 1,
  ...more
})

export const job = (id: string, status: JobStatus = 'Queued', more: Partial<PrintJob> = {}): PrintJob => ({
  id,
  printer_id: 'p1',
  filament_id: 'f1',
  filepath: `parts/${id}.gcode`,
  print_weight_in_grams: 10,
  status,
  created_at: 1,
  updated_at: 1,
  history: [{ status: 'Queued', at: 1, by: 'local', node: 'n1' }],
  ...more
})

/** The events by which a store learns of these records. */
export const put = <T extends { readonly id: string }>(records: readonly T[]) =>
  records.map((record, index) => ({ id: record.id, record, index }))

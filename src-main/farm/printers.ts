/** Commands on printers. */
import { FieldCheck, isObject, shown } from './fields'
import { changed, created, deleted, invalid, refused } from './outcomes'
import type { Stamp, Tables } from './state'
import type { Applied, Command, Printer } from './types'

type Of<Type extends Command['type']> = Extract<Command, { readonly type: Type }>

const JOBS_NAMED_MAX = 3

export function createPrinter(tables: Tables, command: Of<'printer.create'>, { at }: Stamp): Applied {
  const check = new FieldCheck()
  const { id, company, model, name } = command
  check.id('/id', id)
  check.text('/company', company)
  check.text('/model', model)
  check.name('/name', name)
  if (check.failed) return invalid(check)
  if (tables.printers.has(id)) return refused('duplicate_id', `Printer ${id} exists already.`)
  const printer = printerOf(id, company, model, name, at, at)
  tables.printers.add(printer)
  return created(printer, [{ kind: 'printer', id, record: printer }])
}

export function updatePrinter(tables: Tables, command: Of<'printer.update'>, { at }: Stamp): Applied {
  const { id, set } = command
  const check = new FieldCheck()
  if (!isObject(set)) check.add('', 'must be an object')
  else {
    if (set.company !== undefined) check.text('/company', set.company)
    if (set.model !== undefined) check.text('/model', set.model)
    check.name('/name', set.name)
  }
  if (check.failed) return invalid(check)
  const serial = tables.printers.serialOf(id)
  const before = tables.printers.at(serial)
  if (before === null) return noPrinter(id)
  const { company = before.company, model = before.model, name = before.name } = set
  const printer = printerOf(before.id, company, model, name, before.created_at, at)
  if (company === before.company && model === before.model && printer.name === before.name) return changed(before, [])
  tables.printers.replace(serial, printer)
  return changed(printer, [{ kind: 'printer', id: printer.id, record: printer }])
}

export function deletePrinter(tables: Tables, { id }: Of<'printer.delete'>): Applied {
  const serial = tables.printers.serialOf(id)
  if (serial === 0) return noPrinter(id)
  const open = tables.jobs.openOnPrinter(id)
  if (open > 0) {
    const jobs = tables.jobs.openIds({ printer_id: id }, JOBS_NAMED_MAX)
    return refused('in_use', `Printer ${id} has ${openJobs(open, jobs)}; finish or cancel them first.`)
  }
  tables.printers.remove(serial)
  return deleted([{ kind: 'printer', id, record: null }])
}

/** Leaves an empty name away. */
export function printerOf(
  id: string,
  company: string,
  model: string,
  name: string | undefined,
  created_at: number,
  updated_at: number
): Printer {
  return name === undefined || name === ''
    ? { id, company, model, created_at, updated_at }
    : { id, company, model, name, created_at, updated_at }
}

/** "2 open print jobs (j1, j2)". */
export function openJobs(count: number, ids: readonly string[]): string {
  return `${count} open print job${count === 1 ? '' : 's'} (${ids.join(', ')}${count > ids.length ? ', …' : ''})`
}

function noPrinter(id: unknown): Applied {
  return refused('not_found', `There is no printer ${shown(id)}.`)
}

/** Commands on filaments. Weights: 0 ≤ reserved ≤ remaining ≤ total, 0 < total. */
import { FieldCheck, isObject, shown } from './fields'
import { changed, created, deleted, invalid, refused } from './outcomes'
import { openJobs } from './printers'
import type { Stamp, Tables } from './state'
import type { Applied, Command, Filament } from './types'
import { exceeds, grams } from './weight'

type Of<Type extends Command['type']> = Extract<Command, { readonly type: Type }>

const JOBS_NAMED_MAX = 3

export function createFilament(tables: Tables, command: Of<'filament.create'>, { at }: Stamp): Applied {
  const check = new FieldCheck()
  const { id, material, color, name } = command
  const total = command.total_weight_in_grams
  const remaining = command.remaining_weight_in_grams === undefined ? total : command.remaining_weight_in_grams
  check.id('/id', id)
  check.text('/type', material)
  check.text('/color', color)
  check.name('/name', name)
  checkWeights(check, total, remaining, 'remaining_weight_in_grams')
  if (check.failed) return invalid(check)
  if (tables.filaments.has(id)) return refused('duplicate_id', `Filament ${id} exists already.`)
  const filament = filamentOf(id, material, color, total, remaining, name, at, at)
  tables.filaments.add(filament)
  const view = tables.filamentView(filament)
  return created(view, [{ kind: 'filament', id, record: view }])
}

export function updateFilament(tables: Tables, command: Of<'filament.update'>, { at }: Stamp): Applied {
  const { id, set } = command
  const check = new FieldCheck()
  if (!isObject(set)) {
    check.add('', 'must be an object')
    return invalid(check)
  }
  if (set.type !== undefined) check.text('/type', set.type)
  if (set.color !== undefined) check.text('/color', set.color)
  check.name('/name', set.name)
  if (set.total_weight_in_grams !== undefined) check.positive('/total_weight_in_grams', set.total_weight_in_grams)
  if (set.remaining_weight_in_grams !== undefined) {
    check.notNegative('/remaining_weight_in_grams', set.remaining_weight_in_grams)
  }
  if (check.failed) return invalid(check)

  const serial = tables.filaments.serialOf(id)
  const before = tables.filaments.at(serial)
  if (before === null) return noFilament(id)
  const { type = before.type, color = before.color, name = before.name } = set
  const total = set.total_weight_in_grams ?? before.total_weight_in_grams
  const remaining = set.remaining_weight_in_grams ?? before.remaining_weight_in_grams
  const lowered = set.remaining_weight_in_grams === undefined ? 'total_weight_in_grams' : 'remaining_weight_in_grams'
  if (!checkWeights(check, total, remaining, lowered)) return invalid(check)
  const reserved = tables.jobs.reservedOn(id)
  if (exceeds(reserved, remaining)) {
    return refused(
      'below_reserved',
      `Open print jobs have reserved ${grams(reserved)} g of filament ${id}; ${remaining} g would not be enough.`
    )
  }
  const filament = filamentOf(before.id, type, color, total, remaining, name, before.created_at, at)
  if (sameContent(before, filament)) return changed(tables.filamentView(before), [])
  tables.filaments.replace(serial, filament)
  const view = tables.filamentView(filament)
  return changed(view, [{ kind: 'filament', id: filament.id, record: view }])
}

export function deleteFilament(tables: Tables, { id }: Of<'filament.delete'>): Applied {
  const serial = tables.filaments.serialOf(id)
  if (serial === 0) return noFilament(id)
  const open = tables.jobs.openOnFilament(id)
  if (open > 0) {
    const jobs = tables.jobs.openIds({ filament_id: id }, JOBS_NAMED_MAX)
    return refused('in_use', `Filament ${id} has ${openJobs(open, jobs)}; finish or cancel them first.`)
  }
  tables.filaments.remove(serial)
  return deleted([{ kind: 'filament', id, record: null }])
}

/** `blamed` is the field to name when remaining > total. */
export function checkWeights(check: FieldCheck, total: unknown, remaining: unknown, blamed: string): boolean {
  const each = [
    check.positive('/total_weight_in_grams', total),
    Object.is(remaining, total) || check.notNegative('/remaining_weight_in_grams', remaining)
  ]
  if (each.includes(false) || (remaining as number) <= (total as number)) return !each.includes(false)
  return blamed === 'total_weight_in_grams'
    ? check.add('/total_weight_in_grams', `must not be less than the remaining weight, ${remaining} g`)
    : check.add('/remaining_weight_in_grams', `must not be more than the total weight, ${total} g`)
}

/** Leaves an empty name away; weights lose the sign of a zero. */
export function filamentOf(
  id: string,
  type: string,
  color: string,
  total_weight_in_grams: number,
  remaining: number,
  name: string | undefined,
  created_at: number,
  updated_at: number
): Filament {
  const remaining_weight_in_grams = remaining + 0
  return name === undefined || name === ''
    ? { id, type, color, total_weight_in_grams, remaining_weight_in_grams, created_at, updated_at }
    : { id, type, color, total_weight_in_grams, remaining_weight_in_grams, name, created_at, updated_at }
}

function sameContent(a: Filament, b: Filament): boolean {
  return (
    a.type === b.type &&
    a.color === b.color &&
    a.name === b.name &&
    a.total_weight_in_grams === b.total_weight_in_grams &&
    a.remaining_weight_in_grams === b.remaining_weight_in_grams
  )
}

function noFilament(id: unknown): Applied {
  return refused('not_found', `There is no filament ${shown(id)}.`)
}

/**
 * The farm as a client understands it, written down a second time and much more simply: one printer, one filament
 * and the jobs of both (a group). Groups do not touch each other, so each has a history of its own to check.
 *
 * Where several rules are broken at once, any of their codes is a right answer.
 */
import type { Command, JobStatus, Outcome } from '../../src-main/farm/types'
import type { SequentialModel } from './linearizability'

export interface ModelJob {
  readonly weight: number
  readonly status: JobStatus
}

export interface GroupState {
  readonly printer: boolean
  /** null: there is none. */
  readonly filament: { readonly total: number; readonly remaining: number } | null
  readonly jobs: ReadonlyMap<string, ModelJob>
}

/** What a linearizable read of a group saw, at one instant. */
export interface GroupView {
  readonly printer: boolean
  readonly filament: { readonly total: number; readonly remaining: number; readonly reserved: number } | null
  readonly jobs: readonly { readonly id: string; readonly weight: number; readonly status: JobStatus }[]
}

export type GroupInput =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'read' }
  /** The whole farm was replaced; this is what the group becomes. */
  | { readonly kind: 'restore'; readonly to: GroupState }

export type GroupOutput =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'view'; readonly view: GroupView }

export const EMPTY_GROUP: GroupState = { printer: false, filament: null, jobs: new Map() }

const isOpen = (job: ModelJob): boolean => job.status === 'Queued' || job.status === 'Running'

export function reservedOf(state: GroupState): number {
  let sum = 0
  for (const job of state.jobs.values()) if (isOpen(job)) sum += job.weight
  return sum
}

const hasOpen = (state: GroupState): boolean => [...state.jobs.values()].some(isOpen)

const LEGAL: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  Queued: ['Running', 'Cancelled'],
  Running: ['Done', 'Cancelled'],
  Done: [],
  Cancelled: []
}

/** The state after a command, or the codes of all rules that it breaks. */
export function applyToGroup(state: GroupState, command: Command): GroupState | readonly string[] {
  switch (command.type) {
    case 'printer.create':
      return state.printer ? ['duplicate_id'] : { ...state, printer: true }
    case 'printer.update':
      return state.printer ? state : ['not_found']
    case 'printer.delete':
      if (!state.printer) return ['not_found']
      return hasOpen(state) ? ['in_use'] : { ...state, printer: false }
    case 'filament.create': {
      if (state.filament !== null) return ['duplicate_id']
      const total = command.total_weight_in_grams
      return { ...state, filament: { total, remaining: command.remaining_weight_in_grams ?? total } }
    }
    case 'filament.update': {
      if (state.filament === null) return ['not_found']
      const total = command.set.total_weight_in_grams ?? state.filament.total
      const remaining = command.set.remaining_weight_in_grams ?? state.filament.remaining
      const broken: string[] = []
      if (remaining > total) broken.push('invalid_request')
      if (remaining < reservedOf(state)) broken.push('below_reserved')
      return broken.length > 0 ? broken : { ...state, filament: { total, remaining } }
    }
    case 'filament.delete':
      if (state.filament === null) return ['not_found']
      return hasOpen(state) ? ['in_use'] : { ...state, filament: null }
    case 'job.create': {
      const broken: string[] = []
      if (state.jobs.has(command.id)) broken.push('duplicate_id')
      if (!state.printer) broken.push('unknown_printer')
      if (state.filament === null) broken.push('unknown_filament')
      else if (command.print_weight_in_grams > state.filament.remaining - reservedOf(state)) {
        broken.push('not_enough_filament')
      }
      if (broken.length > 0) return broken
      const jobs = new Map(state.jobs).set(command.id, { weight: command.print_weight_in_grams, status: 'Queued' })
      return { ...state, jobs }
    }
    case 'job.setStatus': {
      const job = state.jobs.get(command.id)
      if (job === undefined) return ['not_found']
      const broken: string[] = []
      if (!LEGAL[job.status].includes(command.status)) broken.push('illegal_transition')
      else if (command.status === 'Running' && [...state.jobs.values()].some((j) => j.status === 'Running')) {
        broken.push('printer_busy')
      }
      if (broken.length > 0) return broken
      const jobs = new Map(state.jobs).set(command.id, { ...job, status: command.status })
      const filament =
        command.status === 'Done' && state.filament !== null
          ? { ...state.filament, remaining: state.filament.remaining - job.weight }
          : state.filament
      return { ...state, filament, jobs }
    }
    case 'job.delete': {
      if (!state.jobs.has(command.id)) return ['not_found']
      if (state.jobs.get(command.id)?.status === 'Running') return ['in_use']
      const jobs = new Map(state.jobs)
      jobs.delete(command.id)
      return { ...state, jobs }
    }
    default:
      return state
  }
}

function sameView(state: GroupState, view: GroupView): boolean {
  if (state.printer !== view.printer) return false
  if ((state.filament === null) !== (view.filament === null)) return false
  if (state.filament !== null && view.filament !== null) {
    if (state.filament.total !== view.filament.total || state.filament.remaining !== view.filament.remaining)
      return false
    if (view.filament.reserved !== reservedOf(state)) return false
  }
  if (view.jobs.length !== state.jobs.size) return false
  return view.jobs.every((job) => {
    const mine = state.jobs.get(job.id)
    return mine !== undefined && mine.status === job.status && mine.weight === job.weight
  })
}

/** The numbers and names of an answer's body that the model can tell. */
function fits(state: GroupState, command: Command, body: object | null): boolean {
  if (body === null) return true
  const told = body as Record<string, unknown>
  if (command.type === 'job.create' || command.type === 'job.setStatus') {
    return told.status === state.jobs.get(command.id)?.status
  }
  if (command.type === 'filament.create' || command.type === 'filament.update') {
    return told.remaining_weight_in_grams === state.filament?.remaining
  }
  return true
}

export const GROUP_MODEL: SequentialModel<GroupState, GroupInput, GroupOutput> = {
  initial: EMPTY_GROUP,
  step(state, input, output) {
    switch (input.kind) {
      case 'read':
        if (output === undefined) return state
        return output.kind === 'view' && sameView(state, output.view) ? state : null
      case 'restore':
        return output === undefined || (output.kind === 'outcome' && output.outcome.ok) ? input.to : null
      case 'command': {
        const after = applyToGroup(state, input.command)
        const refused = Array.isArray(after)
        const next = refused ? state : (after as GroupState)
        if (output === undefined) return next
        if (output.kind !== 'outcome') return null
        const { outcome } = output
        if (outcome.ok) return !refused && fits(next, input.command, outcome.body) ? next : null
        return refused && (after as readonly string[]).includes(outcome.code) ? state : null
      }
    }
  },
  key(state) {
    let key = KEYS.get(state)
    if (key === undefined) KEYS.set(state, (key = keyOf(state)))
    return key
  }
}

/** States are never changed, and the search comes back to each again and again. */
const KEYS = new WeakMap<GroupState, string>()

function keyOf(state: GroupState): string {
  let key = state.printer ? 'P' : '-'
  key += state.filament === null ? '-' : `${state.filament.total}/${state.filament.remaining}`
  for (const id of [...state.jobs.keys()].sort()) {
    const job = state.jobs.get(id) as ModelJob
    key += `;${id}${job.status[0]}${job.weight}`
  }
  return key
}

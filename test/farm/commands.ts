/** Random commands over few ids, so that they meet: duplicates, conflicts, repeats and refusals are common. */
import fc from 'fast-check'
import type { Command, Envelope } from '../../src-main/farm/types'
import { JOB_STATUSES } from '../../src-main/farm/types'

/** Numbers only, so that fast-check can make a failing run small. */
export interface Draft {
  readonly kind: (typeof KINDS)[number]
  readonly id: number
  readonly printer: number
  readonly filament: number
  /** Tenths of a gram. */
  readonly weight: number
  readonly other: number
  readonly status: number
  /** Fields of the envelope besides the command. */
  readonly more: Partial<Envelope>
}

/** Every command that a client's request becomes, but for a restore. */
export const KINDS = [
  'printer.create',
  'printer.update',
  'printer.delete',
  'filament.create',
  'filament.update',
  'filament.delete',
  'job.create',
  'job.setStatus',
  'job.delete',
  'token.create',
  'token.delete',
  'invite.create',
  'invite.redeem',
  'invite.delete'
] as const

/** Jobs are what most rules are about. */
const JOBS = ['job.create', 'job.setStatus'] as const
const WEIGHTED = [...KINDS, ...JOBS, ...JOBS, ...JOBS]

export function randomCommands({ min = 0, max = 80 } = {}): fc.Arbitrary<readonly Draft[]> {
  const drafts = fc.array(draft, { minLength: min, maxLength: max, size: 'max' })
  return fc.oneof(
    { weight: 1, arbitrary: drafts },
    { weight: 2, arbitrary: drafts.map((rest) => [...STOCKED, ...rest]) }
  )
}

/** Two printers and two rolls to begin with, so that jobs find what they need. */
const STOCKED: readonly Draft[] = (['printer.create', 'filament.create'] as const).flatMap((kind) =>
  [0, 1].map((n) => ({ kind, id: 1, printer: n, filament: n, weight: 400, other: n, status: 0, more: {} }))
)

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom(...WEIGHTED),
  id: fc.nat(12),
  printer: fc.nat(2),
  filament: fc.nat(2),
  weight: fc.integer({ min: -1, max: 400 }),
  other: fc.nat(400),
  // Started more often than not: a printer is busy only while another job runs on it.
  status: fc.constantFrom(0, 1, 1, 1, 1, 2, 3),
  more: fc.oneof(
    { weight: 6, arbitrary: fc.constant({}) },
    {
      weight: 2,
      arbitrary: fc.record({
        a: fc.constantFrom('anna', 'ben'),
        k: fc.record({ key: fc.constantFrom('k1', 'k2', 'k3', 'k4'), request: fc.constantFrom('x', 'x', 'x', 'y') })
      })
    },
    { weight: 1, arbitrary: fc.record({ w: fc.constant(1), q: fc.integer({ min: 2, max: 20 }) }) }
  )
})

export function commandFrom({ kind, id, printer, filament, weight, other, status }: Draft): Command {
  const grams = weight / 10
  const hash = (id % 10).toString().repeat(64)
  switch (kind) {
    case 'printer.create':
      return { type: kind, id: `p${printer}`, company: 'Prusa', model: `M${other}` }
    case 'printer.update':
      return { type: kind, id: `p${printer}`, set: { model: `M${other}`, name: id % 2 === 0 ? '' : `n${id}` } }
    case 'printer.delete':
      return { type: kind, id: `p${printer}` }
    case 'filament.create': {
      const total_weight_in_grams = (weight * 15) / 10
      const remaining = id % 3 === 0 ? { remaining_weight_in_grams: other / 2 } : {}
      return { type: kind, id: `f${filament}`, material: 'PLA', color: `c${id}`, total_weight_in_grams, ...remaining }
    }
    case 'filament.update': {
      const total = id % 2 === 0 ? { total_weight_in_grams: weight } : {}
      const remaining = id % 3 !== 0 ? { remaining_weight_in_grams: other / 2 } : {}
      return { type: kind, id: `f${filament}`, set: { ...total, ...remaining } }
    }
    case 'filament.delete':
      return { type: kind, id: `f${filament}` }
    case 'job.create':
      return {
        type: kind,
        id: `j${id}`,
        printer_id: `p${printer}`,
        filament_id: `f${filament}`,
        filepath: `/${other}.gcode`,
        print_weight_in_grams: grams
      }
    case 'job.setStatus':
      return { type: kind, id: `j${id}`, status: JOB_STATUSES[status] ?? 'Queued' }
    case 'job.delete':
      return { type: kind, id: `j${id}` }
    case 'token.create':
      return { type: kind, id: `t${printer}`, name: `n${other}`, role: 'viewer', hash, expires_at: null }
    case 'token.delete':
      return { type: kind, id: `t${printer}` }
    case 'invite.create':
      return { type: kind, id: `i${printer}`, hash, expires_at: Date.UTC(2026, 0, 1) + other - 50 }
    case 'invite.redeem':
      return { type: kind, id: `i${printer}`, hash }
    case 'invite.delete':
      return { type: kind, id: `i${printer}` }
  }
}

/**
 * The rules of the farm told a second time, as plainly as can be: arrays, linear searches, sums counted anew for
 * every question, weights in whole tenths of a gram. Slow and obvious; the farm must agree with it.
 */
import type { Command, Envelope } from '../../src-main/farm/types'

export type Verdict = { readonly status: number; readonly body: object | null } | { readonly code: string }

interface ModelPrinter {
  id: string
  company: string
  model: string
  name?: string
}

interface ModelFilament {
  id: string
  type: string
  color: string
  name?: string
  total: number
  remaining: number
}

interface ModelJob {
  id: string
  printer: string
  filament: string
  filepath: string
  weight: number
  status: string
  by: string[]
}

const tenths = (grams: number): number => Math.round(grams * 10)

export class Model {
  printers: ModelPrinter[] = []
  filaments: ModelFilament[] = []
  jobs: ModelJob[] = []
  tokens: { id: string; hash: string }[] = []
  invites: { id: string; hash: string; expires_at: number }[] = []
  answers: { key: string; request: string; verdict: Verdict }[] = []
  sessionAnswers: { seq: number; verdict: Verdict }[] = []
  low = 1

  apply({ q, w, t, a, k, c }: Envelope): Verdict {
    this.low = Math.max(this.low, w)
    this.sessionAnswers = this.sessionAnswers.filter(({ seq }) => seq >= this.low)
    if (q < this.low) return { code: 'outcome_unknown' }
    const kept = this.sessionAnswers.find(({ seq }) => seq === q)
    if (kept !== undefined) return kept.verdict
    const verdict = this.once(k, () => this.decide(c, a, t))
    this.sessionAnswers.push({ seq: q, verdict })
    return verdict
  }

  reserved(filament: string): number {
    let sum = 0
    for (const job of this.open()) if (job.filament === filament) sum += job.weight
    return sum
  }

  private once(k: Envelope['k'], decide: () => Verdict): Verdict {
    if (k === undefined) return decide()
    const first = this.answers.find(({ key }) => key === k.key)
    if (first !== undefined) return first.request === k.request ? first.verdict : { code: 'idempotency_mismatch' }
    const verdict = decide()
    this.answers.push({ ...k, verdict })
    return verdict
  }

  private open(): ModelJob[] {
    return this.jobs.filter(({ status }) => status === 'Queued' || status === 'Running')
  }

  private decide(c: Command, by: string, t: number): Verdict {
    const find = <T extends { id: string }>(list: T[]): T | undefined => list.find(({ id }) => 'id' in c && id === c.id)
    switch (c.type) {
      case 'printer.create': {
        if (find(this.printers)) return { code: 'duplicate_id' }
        const printer = { id: c.id, company: c.company, model: c.model }
        this.printers.push(printer)
        return { status: 201, body: { ...printer } }
      }
      case 'printer.update': {
        const printer = find(this.printers)
        if (!printer) return { code: 'not_found' }
        Object.assign(printer, c.set)
        if (printer.name === '') delete printer.name
        return { status: 200, body: { ...printer } }
      }
      case 'printer.delete': {
        const printer = find(this.printers)
        if (!printer) return { code: 'not_found' }
        if (this.open().some((job) => job.printer === c.id)) return { code: 'in_use' }
        this.printers = this.printers.filter((other) => other !== printer)
        return { status: 204, body: null }
      }
      case 'filament.create': {
        const total = tenths(c.total_weight_in_grams)
        const remaining = tenths(c.remaining_weight_in_grams ?? c.total_weight_in_grams)
        if (total <= 0 || remaining < 0 || remaining > total) return { code: 'invalid_request' }
        if (find(this.filaments)) return { code: 'duplicate_id' }
        const filament = { id: c.id, type: c.material, color: c.color, total, remaining }
        this.filaments.push(filament)
        return { status: 201, body: this.shownFilament(filament) }
      }
      case 'filament.update': {
        const total = c.set.total_weight_in_grams
        const remaining = c.set.remaining_weight_in_grams
        if ((total !== undefined && total <= 0) || (remaining !== undefined && remaining < 0)) {
          return { code: 'invalid_request' }
        }
        const filament = find(this.filaments)
        if (!filament) return { code: 'not_found' }
        const after = { ...filament }
        if (total !== undefined) after.total = tenths(total)
        if (remaining !== undefined) after.remaining = tenths(remaining)
        if (after.remaining > after.total) return { code: 'invalid_request' }
        if (after.remaining < this.reserved(c.id)) return { code: 'below_reserved' }
        Object.assign(filament, after)
        return { status: 200, body: this.shownFilament(filament) }
      }
      case 'filament.delete': {
        const filament = find(this.filaments)
        if (!filament) return { code: 'not_found' }
        if (this.open().some((job) => job.filament === c.id)) return { code: 'in_use' }
        this.filaments = this.filaments.filter((other) => other !== filament)
        return { status: 204, body: null }
      }
      case 'job.create': {
        const weight = tenths(c.print_weight_in_grams)
        if (weight <= 0) return { code: 'invalid_request' }
        if (find(this.jobs)) return { code: 'duplicate_id' }
        if (!this.printers.some(({ id }) => id === c.printer_id)) return { code: 'unknown_printer' }
        const filament = this.filaments.find(({ id }) => id === c.filament_id)
        if (!filament) return { code: 'unknown_filament' }
        if (weight > filament.remaining - this.reserved(filament.id)) return { code: 'not_enough_filament' }
        const { id, printer_id: printer, filepath } = c
        const job = { id, printer, filament: filament.id, filepath, weight, status: 'Queued', by: [by] }
        this.jobs.push(job)
        return { status: 201, body: shownJob(job) }
      }
      case 'job.setStatus': {
        const job = find(this.jobs)
        if (!job) return { code: 'not_found' }
        const step = `${job.status} ${c.status}`
        if (!['Queued Running', 'Queued Cancelled', 'Running Done', 'Running Cancelled'].includes(step)) {
          return { code: 'illegal_transition' }
        }
        const busy = this.jobs.some(({ printer, status }) => printer === job.printer && status === 'Running')
        if (c.status === 'Running' && busy) return { code: 'printer_busy' }
        job.status = c.status
        job.by = [...job.by, by]
        const filament = this.filaments.find(({ id }) => id === job.filament)
        if (c.status === 'Done' && filament) filament.remaining -= job.weight
        return { status: 200, body: shownJob(job) }
      }
      case 'job.delete': {
        const job = find(this.jobs)
        if (!job) return { code: 'not_found' }
        if (job.status === 'Running') return { code: 'in_use' }
        this.jobs = this.jobs.filter((other) => other !== job)
        return { status: 204, body: null }
      }
      case 'token.create': {
        if (find(this.tokens) || this.tokens.some(({ hash }) => hash === c.hash)) return { code: 'duplicate_id' }
        const { id, name, role, hash } = c
        this.tokens.push({ id, hash })
        return { status: 201, body: { id, name, role, hash, expires_at: null } }
      }
      case 'token.delete': {
        if (!find(this.tokens)) return { code: 'not_found' }
        this.tokens = this.tokens.filter(({ id }) => id !== c.id)
        return { status: 204, body: null }
      }
      case 'invite.create': {
        if (find(this.invites)) return { code: 'duplicate_id' }
        const { id, hash, expires_at } = c
        this.invites.push({ id, hash, expires_at })
        return { status: 201, body: { id, hash, expires_at } }
      }
      case 'invite.redeem': {
        const invite = find(this.invites)
        if (!invite || invite.hash !== c.hash || invite.expires_at <= t) return { code: 'invalid_invite' }
        this.invites = this.invites.filter((other) => other !== invite)
        return { status: 200, body: { ...invite } }
      }
      case 'invite.delete': {
        if (!find(this.invites)) return { code: 'not_found' }
        this.invites = this.invites.filter(({ id }) => id !== c.id)
        return { status: 204, body: null }
      }
      default:
        throw new Error(`The model does not know ${c.type}`)
    }
  }

  shownFilament({ id, type, color, total, remaining }: ModelFilament): object {
    return {
      id,
      type,
      color,
      total_weight_in_grams: total / 10,
      remaining_weight_in_grams: remaining / 10,
      reserved_weight_in_grams: this.reserved(id) / 10
    }
  }
}

export function shownJob({ id, printer, filament, filepath, weight, status, by }: ModelJob): object {
  return {
    id,
    printer_id: printer,
    filament_id: filament,
    filepath,
    print_weight_in_grams: weight / 10,
    status,
    history: by
  }
}

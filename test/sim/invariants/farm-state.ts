/**
 * The farm's own rules on any copy: hashes agree at equal applied index; per filament, reserved is the recount and fits
 * into what remains; a printer runs one job at a time. (That Done takes off its weight once is what the histories show.)
 */
import type { FarmQueries } from '../../../src-main/farm/queries'
import { Violation } from './violation'

export class FarmHashes {
  private readonly at = new Map<number, { readonly hash: string; readonly who: string }>()

  seen(who: string, index: number, hash: string): void {
    const known = this.at.get(index)
    if (known === undefined) this.at.set(index, { hash, who })
    else if (known.hash !== hash) {
      throw new Violation('equal state at equal index', `${who} and ${known.who} differ at ${index}`)
    }
  }
}

export function checkWeights(who: string, farm: FarmQueries): void {
  const reserved = new Map<string, number>()
  const running = new Map<string, string>()
  for (const job of farm.jobs({}).items) {
    if (job.status !== 'Queued' && job.status !== 'Running') continue
    reserved.set(job.filament_id, (reserved.get(job.filament_id) ?? 0) + job.print_weight_in_grams)
    if (job.status !== 'Running') continue
    const other = running.get(job.printer_id)
    if (other !== undefined) {
      throw new Violation('one job per printer', `${who}: ${job.printer_id} runs ${other} and ${job.id}`)
    }
    running.set(job.printer_id, job.id)
  }
  for (const filament of farm.filaments().items) {
    const recount = reserved.get(filament.id) ?? 0
    if (filament.reserved_weight_in_grams !== recount) {
      throw new Violation(
        'reserved is the recount',
        `${who}: ${filament.id} reserves ${filament.reserved_weight_in_grams}, its open jobs weigh ${recount}`
      )
    }
    if (recount > filament.remaining_weight_in_grams) {
      throw new Violation(
        'reserved fits',
        `${who}: ${filament.id} has ${filament.remaining_weight_in_grams}, reserved ${recount}`
      )
    }
    if (filament.remaining_weight_in_grams < 0 || filament.remaining_weight_in_grams > filament.total_weight_in_grams) {
      throw new Violation('remaining within total', `${who}: ${filament.id} has ${filament.remaining_weight_in_grams}`)
    }
  }
}

/** What the farm's own recount of itself has to say. */
export function checkAudit(who: string, complaints: readonly string[]): void {
  if (complaints.length > 0) throw new Violation('farm audit', `${who}: ${complaints.join(' ')}`)
}

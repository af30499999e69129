/** Drives a farm as the log would: one session, one entry after the other, a clock that the test moves. */
import { Farm } from '../../src-main/farm/farm'
import type { Applied, Command, Envelope, Outcome } from '../../src-main/farm/types'

export const START = Date.UTC(2026, 0, 1)

export class Log {
  farm: Farm
  /** Every envelope applied so far, in order. */
  readonly entries: Envelope[] = []
  now = START
  private seq = 0

  constructor(
    readonly session = 'session-a',
    farm = new Farm()
  ) {
    this.farm = farm
    this.command({ type: 'session.open', session })
  }

  /** The next envelope, not applied yet. */
  envelope(command: unknown, more: Partial<Envelope> = {}): Envelope {
    const q = ++this.seq
    return { s: this.session, q, w: q, t: this.now, a: 'local', n: 'node-1', c: command as Command, ...more }
  }

  apply(envelope: Envelope): Applied {
    this.entries.push(envelope)
    return this.farm.apply(this.farm.appliedIndex + 1, envelope)
  }

  command(command: unknown, more: Partial<Envelope> = {}): Applied {
    return this.apply(this.envelope(command, more))
  }

  outcome(command: unknown, more: Partial<Envelope> = {}): Outcome {
    return this.command(command, more).outcome
  }

  /** Applies a command that must succeed; gives its body. */
  ok<Body = object>(command: unknown): Body {
    const outcome = this.outcome(command)
    if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.detail}`)
    return outcome.body as Body
  }

  /** Applies a command that must be refused; gives the code and the sentence. */
  refusal(command: unknown): { readonly code: string; readonly detail: string; readonly errors?: unknown } {
    const { outcome, changes, reset } = this.command(command)
    if (outcome.ok) throw new Error(`accepted: ${JSON.stringify(outcome.body)}`)
    if (changes.length > 0 || reset) throw new Error('refused, yet something changed')
    return outcome
  }

  code(command: unknown): string {
    return this.refusal(command).code
  }

  printer(id = 'p1'): void {
    this.ok({ type: 'printer.create', id, company: 'Prusa', model: 'MK4' })
  }

  filament(id = 'f1', grams = 1000): void {
    this.ok({ type: 'filament.create', id, material: 'PLA', color: 'red', total_weight_in_grams: grams })
  }

  job(id: string, grams = 10, printer_id = 'p1', filament_id = 'f1'): void {
    this.ok(jobCreate(id, grams, printer_id, filament_id))
  }

  status(id: string, status: string): void {
    this.ok({ type: 'job.setStatus', id, status })
  }
}

/** A farm with printers p1, p2 and the filament f1 of 1,000 g. */
export function smallFarm(): Log {
  const log = new Log()
  log.printer('p1')
  log.printer('p2')
  log.filament('f1', 1000)
  return log
}

export function jobCreate(id: string, grams = 10, printer_id = 'p1', filament_id = 'f1'): Command {
  return {
    type: 'job.create',
    id,
    printer_id,
    filament_id,
    filepath: `/prints/${id}.gcode`,
    print_weight_in_grams: grams
  }
}

export const sha256 = (digit: string): string => digit.repeat(64)

export function chunksOf(farm: Farm): readonly string[] {
  return [...farm.snapshot().chunks]
}

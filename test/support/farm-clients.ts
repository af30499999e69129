/**
 * Clients of the REST API that record what they asked, what they were told, and when, for the linearizability
 * checker. A write without a definite answer is asked again under its idempotency key, elsewhere, until it has one.
 */
import type { Command, Outcome } from '../../src-main/farm/types'
import type { Operation, SequentialModel } from '../sim/linearizability'
import { EMPTY_GROUP, GROUP_MODEL, reservedOf, type GroupState, type GroupView } from '../sim/model'
import type { Random } from '../sim/random'
import { filamentOf } from '../sim/workload'
import { drawWrite, learn, nothingKnown, type Knowledge } from './farm-workload'
import type { NodeProcess } from './processes'
import { pause } from './write-load'

type Jobs = GroupView['jobs']
type Filament = GroupView['filament']

export type Asked =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'jobs' }
  | { readonly kind: 'filament' }

export type Told =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'jobs'; readonly jobs: Jobs }
  | { readonly kind: 'filament'; readonly filament: Filament }

/** A group (one printer, one filament, their jobs) as the API shows it: the jobs in one answer, the filament in another. */
export const API_MODEL: SequentialModel<GroupState, Asked, Told> = {
  initial: EMPTY_GROUP,
  step(state, asked, told) {
    if (asked.kind === 'command') {
      return GROUP_MODEL.step(state, asked, told?.kind === 'outcome' ? told : undefined)
    }
    if (told === undefined) return state
    if (told.kind === 'jobs') return sameJobs(state, told.jobs) ? state : null
    return told.kind === 'filament' && sameFilament(state, told.filament) ? state : null
  },
  key: (state) => GROUP_MODEL.key(state)
}

function sameJobs(state: GroupState, jobs: Jobs): boolean {
  return (
    jobs.length === state.jobs.size &&
    jobs.every(({ id, weight, status }) => {
      const mine = state.jobs.get(id)
      return mine?.weight === weight && mine.status === status
    })
  )
}

function sameFilament(state: GroupState, filament: Filament): boolean {
  const mine = state.filament
  if (mine === null || filament === null) return mine === filament
  const { total, remaining, reserved } = filament
  return mine.total === total && mine.remaining === remaining && reservedOf(state) === reserved
}

interface Recorded {
  readonly client: number
  readonly call: number
  readonly input: Asked
  returned: number
  output: Told | undefined
}

const ATTEMPT_MS = 3000
const PAUSE_MS = 30

export class FarmClients {
  readonly counts = { writes: 0, reads: 0, again: 0, refused: 0 }
  private readonly groups = new Map<number, { readonly operations: Recorded[]; readonly known: Knowledge }>()
  private time = 0
  private working = true
  private giveUpAtMs = Infinity
  /** Groups in use: they change, so that no history grows long. */
  private current: readonly number[] = []

  constructor(
    private readonly nodes: readonly NodeProcess[],
    private readonly random: Random
  ) {}

  use(groups: readonly number[]): void {
    this.current = groups
  }

  start(count: number): Promise<void>[] {
    return Array.from({ length: count }, (_, client) => this.work(client))
  }

  /** Clients finish what they have begun; what has no answer after `withinMs` stays unknown. */
  finish(withinMs: number): void {
    this.working = false
    this.giveUpAtMs = performance.now() + withinMs
  }

  histories(): Map<number, readonly Operation<Asked, Told>[]> {
    return new Map([...this.groups].map(([group, { operations }]) => [group, operations]))
  }

  async readAll(client: number): Promise<void> {
    for (const group of this.groups.keys()) {
      await this.readJobs(client, group, this.random)
      await this.readFilament(client, group, this.random)
    }
  }

  private async work(client: number): Promise<void> {
    const random = this.random.fork(`client ${client}`)
    for (let n = 0; this.working; n++) {
      const group = random.pick(this.current)
      const roll = random.float()
      if (roll < 0.25) await this.readJobs(client, group, random)
      else if (roll < 0.4) await this.readFilament(client, group, random)
      else await this.write(client, group, random, `key-${client}-${n}`)
      await pause(random.below(PAUSE_MS))
    }
  }

  private async write(client: number, group: number, random: Random, key: string): Promise<void> {
    const { known } = this.of(group)
    const command = drawWrite(group, known, random)
    const recorded = this.call(client, group, { kind: 'command', command })
    this.counts.writes++
    const { path, method, json } = requestOf(command)
    const answer = await this.definite(random, path, { method, json, headers: { 'idempotency-key': key } })
    if (answer === null) return
    const { status, body } = answer
    const outcome =
      status < 300 ? { ok: true, body } : { ok: false, code: String((body as { code?: string } | null)?.code) }
    if (outcome.ok) learn(known, command)
    else this.counts.refused++
    this.answer(recorded, { kind: 'outcome', outcome: outcome as Outcome })
  }

  private async readJobs(client: number, group: number, random: Random): Promise<void> {
    const recorded = this.call(client, group, { kind: 'jobs' })
    const answer = await this.definite(random, `/print_jobs?filament_id=${filamentOf(group)}`, {})
    this.counts.reads++
    if (answer === null) return
    const rows = answer.body as { id: string; print_weight_in_grams: number; status: Jobs[number]['status'] }[]
    const jobs = rows.map(({ id, print_weight_in_grams, status }) => ({ id, weight: print_weight_in_grams, status }))
    this.answer(recorded, { kind: 'jobs', jobs })
    this.of(group).known.jobs = jobs
  }

  private async readFilament(client: number, group: number, random: Random): Promise<void> {
    const recorded = this.call(client, group, { kind: 'filament' })
    const answer = await this.definite(random, `/filaments/${filamentOf(group)}`, {})
    this.counts.reads++
    if (answer === null) return
    const row = answer.body as Record<string, number>
    const filament =
      answer.status === 404
        ? null
        : {
            total: row.total_weight_in_grams!,
            remaining: row.remaining_weight_in_grams!,
            reserved: row.reserved_weight_in_grams!
          }
    this.answer(recorded, { kind: 'filament', filament })
    this.of(group).known.filament = filament !== null
  }

  /** The answer of the first node that knows; null when none did until the end. */
  private async definite(
    random: Random,
    path: string,
    init: RequestInit & { json?: unknown }
  ): Promise<{ readonly status: number; readonly body: unknown } | null> {
    while (performance.now() < this.giveUpAtMs) {
      const node = random.pick(this.nodes)
      try {
        const answer = await node.fetch(path, { ...init, signal: AbortSignal.timeout(ATTEMPT_MS) })
        const text = await answer.text()
        if (answer.status < 429)
          return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as unknown) }
        if (answer.status < 503) throw new Error(`${path}: ${answer.status} ${text}`)
      } catch (error) {
        if (error instanceof Error && /: (429|500)/.test(error.message)) throw error
      }
      this.counts.again++
      await pause(20 + random.below(50))
    }
    return null
  }

  private of(group: number) {
    let found = this.groups.get(group)
    if (found === undefined) this.groups.set(group, (found = { operations: [], known: nothingKnown() }))
    return found
  }

  private call(client: number, group: number, input: Asked): Recorded {
    const recorded: Recorded = { client, call: ++this.time, input, returned: Infinity, output: undefined }
    this.of(group).operations.push(recorded)
    return recorded
  }

  private answer(recorded: Recorded, output: Told): void {
    recorded.returned = ++this.time
    recorded.output = output
  }
}

function requestOf(command: Command): { readonly method: string; readonly path: string; readonly json?: unknown } {
  switch (command.type) {
    case 'printer.create':
      return { method: 'POST', path: '/printers', json: command }
    case 'printer.update':
      return { method: 'PATCH', path: `/printers/${command.id}`, json: command.set }
    case 'filament.create':
      return { method: 'POST', path: '/filaments', json: { ...command, type: command.material } }
    case 'filament.update':
      return { method: 'PATCH', path: `/filaments/${command.id}`, json: command.set }
    case 'job.create':
      return { method: 'POST', path: '/print_jobs', json: command }
    case 'job.setStatus':
      return { method: 'POST', path: `/print_jobs/${command.id}/status?status=${command.status}` }
    case 'printer.delete':
      return { method: 'DELETE', path: `/printers/${command.id}` }
    case 'filament.delete':
      return { method: 'DELETE', path: `/filaments/${command.id}` }
    case 'job.delete':
      return { method: 'DELETE', path: `/print_jobs/${command.id}` }
    default:
      throw new Error(`no client sends ${command.type}`)
  }
}

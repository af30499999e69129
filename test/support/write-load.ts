/**
 * Clients that create print jobs as fast as they are answered, each request on one of the nodes that may be asked.
 *
 * Every job carries a tag of its own and, but for every fourth, no id: a write that was done twice shows as two jobs
 * with one tag, a lost one as none. Nothing is tried again: whatever is not a 201 is a failure.
 */
import { expect } from 'vitest'
import type { NodeProcess } from './processes'
import { quantile } from './trial'

const PRINTER = 'load-printer'
const FILAMENT = 'load-filament'
const WEIGHT = 0.5
const PAGE = 1000

export interface Failed {
  readonly tag: string
  readonly node: string
  readonly why: string
  readonly afterMs: number
}

interface Job {
  readonly id: string
  readonly filepath: string
  readonly print_weight_in_grams: number
  readonly status: string
}

export class WriteLoad {
  readonly failed: Failed[] = []
  /** Tag → id, for every 201. */
  readonly acknowledged = new Map<string, string>()
  /** When each 201 came, and how long it took; monotonic ms. */
  readonly answers: { readonly atMs: number; readonly tookMs: number }[] = []
  /** Of the latest 201. */
  latestId = ''
  private targets: readonly NodeProcess[]
  private readonly inFlight = new Map<NodeProcess, number>()
  private running = false
  private clients: Promise<void>[] = []

  constructor(
    targets: readonly NodeProcess[],
    private readonly clientCount = 16,
    private readonly name = 'w'
  ) {
    this.targets = targets
  }

  async begin(): Promise<this> {
    const [node] = this.targets
    const post = (json: unknown) => ({ method: 'POST', json })
    const roll = { id: FILAMENT, type: 'PLA', color: 'red', total_weight_in_grams: 1e9 }
    // An earlier load of this cluster may have made them.
    for (const [path, record] of [
      ['/printers', { id: PRINTER, company: 'Prusa', model: 'MK4' }],
      ['/filaments', roll]
    ] as const) {
      const answer = await node!.fetch(path, post(record))
      if (answer.status !== 201 && answer.status !== 409) throw new Error(`${path}: ${answer.status}`)
      await answer.arrayBuffer()
    }
    return this.resume()
  }

  resume(): this {
    this.running = true
    this.clients = Array.from({ length: this.clientCount }, (_, client) => this.write(client))
    return this
  }

  /** From now on requests go to these; resolves when no other is waited for any more. */
  async moveTo(targets: readonly NodeProcess[]): Promise<void> {
    this.turnTo(targets)
    while ([...this.inFlight].some(([node, count]) => count > 0 && !targets.includes(node))) await pause(2)
  }

  /** From now on requests go to these; what is under way elsewhere still counts. */
  turnTo(targets: readonly NodeProcess[]): void {
    this.targets = targets
  }

  async end(): Promise<void> {
    this.running = false
    await Promise.all(this.clients)
  }

  /** Longest time without any 201 between two moments. */
  longestGap(fromMs: number, toMs: number): number {
    let last = fromMs
    let longest = 0
    for (const { atMs } of this.answers) {
      if (atMs < fromMs || atMs > toMs) continue
      longest = Math.max(longest, atMs - last)
      last = atMs
    }
    return Math.max(longest, toMs - last)
  }

  p99(fromMs: number, toMs: number): number {
    const took = this.answers.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).map(({ tookMs }) => tookMs)
    return quantile(took, 0.99)
  }

  /** Everything acknowledged is there exactly once, nothing twice, and the reservation equals a recount. */
  async verify(node: NodeProcess): Promise<void> {
    expect(this.failed.slice(0, 5)).toEqual([])
    const jobs = await allJobs(node)
    const times = new Map<string, number>()
    for (const { filepath } of jobs) times.set(filepath, (times.get(filepath) ?? 0) + 1)
    expect([...times].filter(([, count]) => count > 1)).toEqual([])
    expect([...this.acknowledged.keys()].filter((tag) => !times.has(tag))).toEqual([])
    const ids = new Set(jobs.map(({ id }) => id))
    expect([...this.acknowledged.values()].filter((id) => !ids.has(id))).toEqual([])
    const { reserved_weight_in_grams } = await node.json<{ reserved_weight_in_grams: number }>(`/filaments/${FILAMENT}`)
    expect(reserved_weight_in_grams).toBeCloseTo(jobs.length * WEIGHT, 6)
  }

  private async write(client: number): Promise<void> {
    for (let n = 0; this.running; n++) {
      const targets = this.targets
      const node = targets[(client + n) % targets.length]!
      const tag = `${this.name}-${client}-${n}.gcode`
      this.inFlight.set(node, (this.inFlight.get(node) ?? 0) + 1)
      const began = performance.now()
      try {
        const answer = await node.fetch('/print_jobs', {
          method: 'POST',
          json: {
            ...(n % 4 === 0 ? { id: tag } : {}),
            printer_id: PRINTER,
            filament_id: FILAMENT,
            filepath: tag,
            print_weight_in_grams: WEIGHT
          }
        })
        const text = await answer.text()
        const atMs = performance.now()
        if (answer.status === 201) {
          this.latestId = (JSON.parse(text) as Job).id
          this.acknowledged.set(tag, this.latestId)
          this.answers.push({ atMs, tookMs: atMs - began })
        } else this.fail(tag, node, `${answer.status} ${text}`, began)
      } catch (error) {
        const cause = (error as Error).cause
        this.fail(tag, node, `${String(error)} ${cause instanceof Error ? cause.message : ''}`, began)
        await pause(50)
      }
      this.inFlight.set(node, this.inFlight.get(node)! - 1)
    }
  }

  private fail(tag: string, node: NodeProcess, why: string, began: number): void {
    this.failed.push({ tag, node: node.name, why, afterMs: Math.round(performance.now() - began) })
  }
}

/** All jobs, page by page. */
export async function allJobs(node: NodeProcess): Promise<Job[]> {
  const jobs: Job[] = []
  let path: string | null = `/print_jobs?limit=${PAGE}`
  while (path !== null) {
    const answer = await node.fetch(path)
    if (!answer.ok) throw new Error(`${node.name} ${path}: ${answer.status} ${await answer.text()}`)
    jobs.push(...((await answer.json()) as Job[]))
    path = /<[^>]*\/api\/v1([^>]*)>;\s*rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? null
  }
  return jobs
}

export const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms))

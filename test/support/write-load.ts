/**
 * Clients that create print jobs as fast as they are answered, each request on one of the nodes that may be asked.
 *
 * Every job carries a tag of its own and, but for every fourth, no id: a write that was done twice shows as two jobs
 * with one tag, a lost one as none. Nothing is tried again: whatever is not a 201 is a failure. With `elsewhere`, what
 * a node that is stopping or gone does not answer is asked of the next one, under the same Idempotency-Key.
 */
import { expect } from 'vitest'
import type { NodeProcess } from './processes'
import { quantile, type Figure } from './trial'

const PRINTER = 'load-printer'
const FILAMENT = 'load-filament'
const WEIGHT = 0.5
const PAGE = 1000
const ATTEMPTS_MAX = 6

export interface Failed {
  readonly tag: string
  readonly node: string
  readonly why: string
  readonly afterMs: number
}

interface Attempt {
  readonly node: string
  readonly why: string
  /** It was not answered, or by a node that is stopping and says so. */
  readonly mayAskAgain: boolean
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
  /** With `elsewhere`: why requests were asked again, and how often. */
  readonly again = new Map<string, number>()
  private readonly inFlight = new Map<NodeProcess, number>()
  private running = false
  private clients: Promise<void>[] = []

  constructor(
    targets: readonly NodeProcess[],
    private readonly clientCount = 16,
    private readonly name = 'w',
    private readonly elsewhere = false
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

  /** For a report: what became of the writes, as the farm of this node tells. */
  async figure(node: NodeProcess): Promise<Figure> {
    const { lost, doubled } = await this.books(node)
    const counts = [`${this.failed.length} failed`, `${lost.length} lost`, `${doubled.length} doubled`]
    const seen = `${this.acknowledged.size} acknowledged, ${counts.join(', ')}`
    return { what: 'writes', seen, bar: '0 failed, lost, doubled' }
  }

  /** Everything acknowledged is there exactly once, nothing twice, and the reservation equals a recount. */
  async verify(node: NodeProcess): Promise<void> {
    expect(this.failed.slice(0, 5)).toEqual([])
    const { lost, doubled, count } = await this.books(node)
    expect({ lost, doubled }).toEqual({ lost: [], doubled: [] })
    const { reserved_weight_in_grams } = await node.json<{ reserved_weight_in_grams: number }>(`/filaments/${FILAMENT}`)
    expect(reserved_weight_in_grams).toBeCloseTo(count * WEIGHT, 6)
  }

  /** Tags of jobs that were acknowledged and are not there, or not under the id that was told; and of those there twice. */
  private async books(node: NodeProcess): Promise<{ lost: string[]; doubled: string[]; count: number }> {
    const jobs = await allJobs(node)
    const times = new Map<string, number>()
    for (const { filepath } of jobs) times.set(filepath, (times.get(filepath) ?? 0) + 1)
    const ids = new Set(jobs.map(({ id }) => id))
    const lost = [...this.acknowledged].filter(([tag, id]) => !times.has(tag) || !ids.has(id)).map(([tag]) => tag)
    const doubled = [...times].filter(([, count]) => count > 1).map(([tag]) => tag)
    return { lost, doubled, count: jobs.length }
  }

  private async write(client: number): Promise<void> {
    for (let n = 0; this.running; n++) {
      const tag = `${this.name}-${client}-${n}.gcode`
      const began = performance.now()
      let failure: Attempt | null = null
      for (let attempt = 0; attempt < (this.elsewhere ? ATTEMPTS_MAX : 1); attempt++) {
        const node = this.targets[(client + n + attempt) % this.targets.length]!
        failure = await this.attempt(node, tag, n, began)
        if (failure === null || !failure.mayAskAgain) break
        this.again.set(failure.why, (this.again.get(failure.why) ?? 0) + 1)
      }
      if (failure === null) continue
      const { node, why } = failure
      this.failed.push({ tag, node, why, afterMs: Math.round(performance.now() - began) })
      await pause(50)
    }
  }

  /** null when it was acknowledged. */
  private async attempt(node: NodeProcess, tag: string, n: number, began: number): Promise<Attempt | null> {
    this.inFlight.set(node, (this.inFlight.get(node) ?? 0) + 1)
    try {
      const answer = await node.fetch('/print_jobs', {
        method: 'POST',
        ...(this.elsewhere ? { headers: { 'idempotency-key': tag } } : {}),
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
        return null
      }
      const { code = '' } = JSON.parse(text) as { code?: string }
      if (code !== 'stopping') return { node: node.name, why: `${answer.status} ${text}`, mayAskAgain: false }
      const closes = answer.headers.get('connection') === 'close'
      return { node: node.name, why: closes ? 'stopping, and closes' : 'stopping, but stays open', mayAskAgain: closes }
    } catch (error) {
      const { cause } = error as Error & { cause?: NodeJS.ErrnoException }
      const why = cause?.code ?? `${String(error)} ${cause?.message ?? ''}`
      return { node: node.name, why, mayAskAgain: true }
    } finally {
      this.inFlight.set(node, this.inFlight.get(node)! - 1)
    }
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

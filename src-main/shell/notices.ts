/**
 * What happens on the node, told to the shell: a summary for the tray when it changes, and notices for people.
 * A change of the leader takes the farm away for a moment; only what lasts is worth a word.
 */
import type { FilamentView } from '../farm/queries'
import type { Change, PrintJob } from '../farm/types'
import type { FarmNode } from '../node'
import type { FromWorker, Notice, NodeSummary } from './messages'

export const SUMMARY_EVERY_MS = 1_000
/** A roll with less than this to give is low, until the page says otherwise; the page's own initial choice. */
export const LOW_STOCK_GRAMS = 150
/** Notices about jobs and rolls within one summary period; what goes beyond is left out. */
export const BURST_MAX = 3
/** Not being able to save for this long is worth a word. */
export const QUORUM_GRACE_MS = 5_000

type Watched = Pick<FarmNode, 'member'>
type FarmReplica = ReturnType<FarmNode['member']>['replica']

export interface Watcher {
  /** From now on; rolls that this makes low are nothing new. */
  setLowStock(grams: number): void
  stop(): void
}

export function watchNode(node: Watched, send: (message: FromWorker) => void, lowStockGrams: number): Watcher {
  let watch = new NodeWatch(node, send, lowStockGrams)
  let told = ''
  const tell = (): void => {
    // Another replica stands behind the node after it has joined a cluster.
    if (node.member().replica !== watch.replica) {
      watch.stop()
      watch = new NodeWatch(node, send, watch.lowStockGrams)
    }
    watch.burst = 0
    const summary = summarize(watch.replica)
    const text = JSON.stringify(summary)
    if (text === told) return
    told = text
    send({ type: 'summary', summary })
  }
  tell()
  const timer = setInterval(tell, SUMMARY_EVERY_MS)
  return {
    setLowStock: (grams) => watch.setLowStock(grams),
    stop() {
      clearInterval(timer)
      watch.stop()
    }
  }
}

/** The notices of one replica. */
class NodeWatch {
  readonly replica: FarmReplica
  burst = 0
  /** Nobody was promised anything before the node has served for the first time. */
  private served: boolean
  private lost: 'no' | 'perhaps' | 'told' = 'no'
  private grace: NodeJS.Timeout | undefined
  private names: Map<string, string>
  private low: Set<string>
  private readonly unsubscribe: () => void

  constructor(
    private readonly node: Watched,
    private readonly send: (message: FromWorker) => void,
    public lowStockGrams: number
  ) {
    this.replica = node.member().replica
    this.served = this.replica.readiness().ready
    this.names = memberNames(node)
    this.low = this.lowRolls()
    this.unsubscribe = this.replica.subscribe((event) => {
      if (event.type === 'changes') event.changes.forEach((change) => this.onChange(change))
      else if (event.type === 'reset') this.low = this.lowRolls()
      else if (event.type === 'membership') this.onMembership()
      else if (event.type === 'readiness') this.onReadiness(event.readiness.ready)
    })
  }

  stop(): void {
    clearTimeout(this.grace)
    this.unsubscribe()
  }

  setLowStock(grams: number): void {
    this.lowStockGrams = grams
    this.low = this.lowRolls()
  }

  private onChange(change: Change): void {
    const { farm } = this.replica
    if (change.kind === 'print_job' && change.record !== null) {
      const job = change.record as PrintJob
      if (job.status !== 'Done') return
      const printer = farm.printer(job.printer_id)
      const name = printer?.name ?? printer?.model ?? job.printer_id
      this.oneOfMany({ kind: 'jobDone', job: job.id, file: job.filepath, printer: name })
    }
    if (change.kind === 'filament') {
      const filament = change.record === null ? null : farm.filament(change.id)
      if (filament === null || !this.isLow(filament)) return void this.low.delete(change.id)
      if (this.low.has(change.id)) return
      this.low.add(change.id)
      this.oneOfMany({
        kind: 'filamentLow',
        id: filament.id,
        name: filament.name ?? `${filament.type} ${filament.color}`,
        grams: free(filament)
      })
    }
  }

  private onMembership(): void {
    const now = memberNames(this.node)
    for (const [id, name] of now) if (!this.names.has(id)) this.notice({ kind: 'memberJoined', name })
    for (const [id, name] of this.names) if (!now.has(id)) this.notice({ kind: 'memberLeft', name })
    this.names = now
  }

  private onReadiness(ready: boolean): void {
    if (ready) {
      clearTimeout(this.grace)
      if (this.lost === 'told') this.notice({ kind: 'quorumBack' })
      this.lost = 'no'
      this.served = true
    } else if (this.served && this.lost === 'no') {
      this.lost = 'perhaps'
      this.grace = setTimeout(() => {
        this.lost = 'told'
        this.notice({ kind: 'quorumLost' })
      }, QUORUM_GRACE_MS)
    }
  }

  private isLow(filament: FilamentView): boolean {
    return free(filament) < this.lowStockGrams
  }

  private lowRolls(): Set<string> {
    const { items } = this.replica.farm.filaments()
    return new Set(items.filter((filament) => this.isLow(filament)).map(({ id }) => id))
  }

  private oneOfMany(notice: Notice): void {
    // While it catches up, a node hears of what happened long ago.
    if (!this.replica.readiness().ready) return
    if (this.burst++ < BURST_MAX) this.notice(notice)
  }

  private notice(notice: Notice): void {
    this.send({ type: 'notice', notice })
  }
}

function summarize(replica: FarmReplica): NodeSummary {
  const { name, members } = replica.status()
  const { jobs } = replica.farm.counts()
  return {
    name,
    ready: replica.readiness().ready,
    members: members.length,
    reachable: members.filter((member) => member.reachable).length,
    jobs: { queued: jobs.Queued, running: jobs.Running }
  }
}

/** What a new job may still take from the roll. */
function free(filament: FilamentView): number {
  return Math.max(0, filament.remaining_weight_in_grams - filament.reserved_weight_in_grams)
}

function memberNames(node: Watched): Map<string, string> {
  return new Map(Object.entries(node.member().members()).map(([id, info]) => [id, info.name]))
}

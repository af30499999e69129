/** What happens on the node, told to the shell: a summary for the tray when it changes, and notices for people. */
import type { FilamentView } from '../farm/queries'
import type { PrintJob } from '../farm/types'
import type { FarmNode } from '../node'
import type { Change } from '../farm/types'
import type { FromWorker, NodeSummary } from './messages'

const SUMMARY_EVERY_MS = 1_000
/** A roll with less than this share left is low. */
const LOW_SHARE = 0.1
/** Notices of one burst beyond this are left out. */
const BURST_MAX = 3

export function watchNode(node: FarmNode, send: (message: FromWorker) => void): () => void {
  let replica = node.member().replica
  /** null until the node has served for the first time: nobody was promised anything yet. */
  let ready: boolean | null = replica.readiness().ready || null
  let told = ''
  let burst = 0
  let names = memberNames(node)
  const low = new Set<string>()

  const notice = (notice: Extract<FromWorker, { type: 'notice' }>['notice']): void => {
    if (burst++ < BURST_MAX) send({ type: 'notice', notice })
  }
  const onChange = (change: Change): void => {
    const { farm } = replica
    if (change.kind === 'print_job' && change.record !== null) {
      const job = change.record as PrintJob
      if (job.status !== 'Done') return
      const printer = farm.printer(job.printer_id)
      notice({
        kind: 'jobDone',
        job: job.id,
        file: job.filepath,
        printer: printer?.name ?? printer?.model ?? job.printer_id
      })
    }
    if (change.kind === 'filament') {
      const filament = change.record === null ? null : farm.filament(change.id)
      if (filament === null || !isLow(filament)) return void low.delete(change.id)
      if (low.has(change.id)) return
      low.add(change.id)
      notice({
        kind: 'filamentLow',
        filament: filament.name ?? `${filament.type} ${filament.color}`,
        grams: filament.remaining_weight_in_grams
      })
    }
  }
  const onMembership = (): void => {
    const now = memberNames(node)
    for (const [id, name] of now) if (!names.has(id)) notice({ kind: 'memberJoined', name })
    for (const [id, name] of names) if (!now.has(id)) notice({ kind: 'memberLeft', name })
    names = now
  }
  const subscribe = (): (() => void) =>
    replica.subscribe((event) => {
      if (event.type === 'changes') event.changes.forEach(onChange)
      else if (event.type === 'membership') onMembership()
      else if (event.type === 'readiness' && event.readiness.ready !== ready) {
        const first = ready === null
        if (first && !event.readiness.ready) return
        ready = event.readiness.ready
        if (!first) notice(ready ? { kind: 'quorumBack' } : { kind: 'quorumLost', reason: event.readiness.reason })
      }
    })
  let unsubscribe = subscribe()
  const tell = (): void => {
    burst = 0
    // Another replica stands behind the node after it has joined a cluster.
    if (node.member().replica !== replica) {
      unsubscribe()
      replica = node.member().replica
      names = memberNames(node)
      unsubscribe = subscribe()
    }
    const summary = summarize(node)
    const text = JSON.stringify(summary)
    if (text === told) return
    told = text
    send({ type: 'summary', summary })
  }
  tell()
  const timer = setInterval(tell, SUMMARY_EVERY_MS)
  return () => {
    clearInterval(timer)
    unsubscribe()
  }
}

function summarize(node: FarmNode): NodeSummary {
  const { replica } = node.member()
  const { name, role, members } = replica.status()
  const { ready, reason } = replica.readiness()
  const { jobs } = replica.farm.counts()
  return {
    name,
    ready,
    reason,
    role,
    members: members.length,
    reachable: members.filter((member) => member.reachable).length,
    jobs: { queued: jobs.Queued, running: jobs.Running }
  }
}

function isLow(filament: FilamentView): boolean {
  return filament.remaining_weight_in_grams <= filament.total_weight_in_grams * LOW_SHARE
}

function memberNames(node: FarmNode): Map<string, string> {
  return new Map(Object.entries(node.member().members()).map(([id, info]) => [id, info.name]))
}

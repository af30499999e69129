/**
 * Keeps the stores equal to what this node has applied: subscribes first, then loads the lists, then applies events.
 * Lists are read with `consistency=stale`, which is the same local copy that the events come from; the log index
 * decides what is newer. Whether that copy itself is fresh is the cluster store's matter.
 */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { Cluster, Invite } from '@contract/cluster'
import type { EventData, RecordEvent } from '@contract/events'
import type { Filament } from '@contract/filaments'
import type { PrintJob } from '@contract/print-jobs'
import type { Printer } from '@contract/printers'
import type { Token } from '@contract/tokens'
import type { ApiError } from '@/api/errors'
import { openEventStream, type EventStream } from '@/api/event-stream'
import { call } from '@/api/http'
import type { ServerEvent } from '@/api/sse-parser'
import { useCluster } from './cluster'
import type { Load } from './collection'
import { useFilaments } from './filaments'
import { createFrameBatch } from './frame-batch'
import { useInvites } from './invites'
import { useJobs } from './jobs'
import { usePrinters } from './printers'
import { useTokens } from './tokens'

/** Jobs per request: large enough to be quick, small enough that parsing one page never drops a frame. */
export const PAGE_JOBS = 1000
const RELOAD_PAUSE_MS = 1500

export type Link = 'connecting' | 'live' | 'lost' | 'refused'

export const useSync = defineStore('sync', () => {
  const printers = usePrinters()
  const filaments = useFilaments()
  const jobs = useJobs()
  const tokens = useTokens()
  const invites = useInvites()
  const cluster = useCluster()

  const link = ref<Link>('connecting')
  /** When the page was last known to show what its node has; null while it does. */
  const staleSince = ref<number | null>(null)
  const loaded = ref(false)
  const jobsLoaded = ref(false)
  const failure = ref<ApiError | null>(null)
  let stream: EventStream | null = null
  let loads = 0
  /** Everything was loaded once since the last reset; from then on events alone keep the stores right. */
  let complete = false

  const batch = createFrameBatch<ServerEvent>(apply, () => void load())

  function apply(events: readonly ServerEvent[]): void {
    const parsed = events.map(({ event, data }) => ({ event, data: JSON.parse(data) as unknown }))
    const of = <T>(kind: string) =>
      parsed.filter(({ event }) => event === kind).map(({ data }) => data as RecordEvent<T>)
    printers.records.apply(of<Printer>('printer'))
    filaments.records.apply(of<Filament>('filament'))
    jobs.records.apply(of<PrintJob>('print_job'))
    tokens.records.apply(of<Token>('token'))
    invites.records.apply(of<Invite>('invite'))
    const last = parsed.findLast(({ event }) => event === 'cluster')
    if (last) cluster.show(last.data as Cluster)
  }

  /** A stream that could not resume, or a reset, or a load that never came to its end: everything is loaded again. */
  function loadNeeded({ event, data }: ServerEvent): boolean {
    if (event === 'reset') return true
    return event === 'hello' && !(complete && (JSON.parse(data) as EventData['hello']).resumed)
  }

  function receive(events: readonly ServerEvent[]): void {
    if (events.some(loadNeeded)) void load()
    batch.push(events)
  }

  async function list<T>(into: Load<T>, path: string, mine: number): Promise<void> {
    for (let next: string | null = path; next !== null && mine === loads;) {
      const page: { data: T[]; appliedIndex: number | null; next: string | null } = await call<T[]>('GET', next)
      into.add(page.data, page.appliedIndex ?? 0)
      next = page.next
    }
  }

  /** Open jobs come first, for they are what the first view shows; the finished ones follow in the background. */
  async function load(): Promise<void> {
    const mine = ++loads
    complete = false
    const into = {
      printers: printers.records.beginLoad(),
      filaments: filaments.records.beginLoad(),
      jobs: jobs.records.beginLoad()
    }
    try {
      await Promise.all([
        list(into.printers, '/printers?consistency=stale', mine),
        list(into.filaments, '/filaments?consistency=stale', mine),
        list(into.jobs, '/print_jobs?consistency=stale&status=Running', mine),
        list(into.jobs, '/print_jobs?consistency=stale&status=Queued', mine),
        cluster.refresh()
      ])
      if (mine !== loads) return
      into.printers.finish()
      into.filaments.finish()
      jobs.openLoaded = true
      loaded.value = true
      await list(into.jobs, `/print_jobs?consistency=stale&limit=${PAGE_JOBS}`, mine)
      if (mine !== loads) return
      into.jobs.finish()
      jobsLoaded.value = true
      await Promise.all([tokens, invites].filter(({ wanted }) => wanted).map((store) => store.load()))
      if (mine !== loads) return
      complete = true
      failure.value = null
    } catch (error) {
      failure.value = error as ApiError
      setTimeout(() => {
        if (mine === loads && link.value === 'live') void load()
      }, RELOAD_PAUSE_MS)
    }
  }

  /** The network is back, or somebody looks again: no reason to wait for the next try. */
  const hurry = (): void => (document.hidden ? undefined : stream?.hurry())

  function start(): void {
    stop()
    window.addEventListener('online', hurry)
    document.addEventListener('visibilitychange', hurry)
    link.value = 'connecting'
    stream = openEventStream({
      opened() {
        link.value = 'live'
        staleSince.value = null
      },
      events: receive,
      lost(error, retryInMs) {
        failure.value = error
        staleSince.value ??= Date.now()
        link.value = retryInMs === null ? 'refused' : 'lost'
      }
    })
  }

  function stop(): void {
    window.removeEventListener('online', hurry)
    document.removeEventListener('visibilitychange', hurry)
    stream?.close()
    stream = null
    batch.clear()
    loads++
  }

  return {
    link,
    staleSince,
    loaded,
    jobsLoaded,
    failure,
    live: computed(() => link.value === 'live'),
    start,
    stop,
    retry: () => stream?.hurry()
  }
})

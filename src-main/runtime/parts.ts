/** The parts of a running replica, built in order over the given ports; what they tell goes to {@link PartEvents}. */
import type { LogIndex, NodeId } from '../raft/types'
import type { RuntimeMessage, Transport, TransportHandlers } from '../transport/ports'
import { Applier, type ApplierListener, type LoadFarm } from './applier'
import { ApplyOrder } from './apply-order'
import { AUTOPILOT_LIMITS } from './autopilot'
import { AutopilotRunner } from './autopilot-runner'
import { ClusterStory } from './cluster-story'
import { DiskWatch } from './disk-watch'
import { Driver, type EffectSink } from './driver'
import { Handover } from './handover'
import { LeaderQuestions } from './leader-questions'
import { LeaderViews } from './leader-views'
import { raftLimitsOf, runtimeLimitsOf, type RuntimeLimits } from './limits'
import { LogWriter, type LogWriterListener } from './log-writer'
import { Membership } from './membership'
import { Neighbours } from './neighbours'
import type { ReplicaOptions } from './options'
import { Pacing } from './pacing'
import { Proposals } from './proposals'
import { ReadinessMonitor, type ReadinessFacts } from './readiness'
import { Reads } from './reads'
import type { Recovery } from './recovery'
import type { Readiness } from './replica'
import { Requests, type RequestHandler } from './requests'
import { HELD_MS, Router } from './router'
import { loadFarm } from './snapshot-loading'
import { SnapshotReceiving } from './snapshot-receiving'
import { SnapshotSender } from './snapshot-sender'
import { Snapshotter, type SnapshotSource } from './snapshotter'
import { Ticker } from './ticker'

export interface PartEvents extends EffectSink, TransportHandlers, LogWriterListener, ApplierListener {
  snapshotSource(): SnapshotSource | null
  facts(): ReadinessFacts
  onReadiness(readiness: Readiness): void
  answer: RequestHandler
}

export class Parts {
  readonly limits: RuntimeLimits
  /** A member not heard from for so long counts as not reachable. */
  readonly silentMs: number
  readonly writer: LogWriter
  readonly pacing: Pacing
  readonly driver: Driver
  readonly disk: DiskWatch
  readonly proposals: Proposals
  readonly router: Router
  readonly reads: Reads
  readonly order: ApplyOrder
  readonly applier: Applier
  readonly snapshotter: Snapshotter
  readonly sender: SnapshotSender
  readonly receiving: SnapshotReceiving
  readonly handover: Handover
  readonly membership: Membership
  readonly requests: Requests
  readonly questions: LeaderQuestions
  readonly views: LeaderViews
  readonly autopilot: AutopilotRunner
  readonly story: ClusterStory
  readonly readiness: ReadinessMonitor
  readonly ticker: Ticker
  readonly neighbours: Neighbours
  readonly transport: Transport

  constructor(
    readonly options: ReplicaOptions,
    recovery: Recovery,
    events: PartEvents
  ) {
    const { id: self, clock, random, log, logStore, snapshotStore: store } = options
    const limits = (this.limits = runtimeLimitsOf(options.limits))
    const { electionTicks } = raftLimitsOf(options.raftLimits)
    const drawn = (): number => Math.floor(random() * 2 ** 32)
    const wake = (): void => this.driver.wake()
    const appliedIndex = (): LogIndex => this.applier.appliedIndex
    const onFailure = (error: unknown): void => events.onFailure(error)
    const sendRuntime = (to: NodeId, message: RuntimeMessage): void => {
      if (!this.driver.halted) this.transport.sendRuntime(to, message)
    }
    this.silentMs = electionTicks * limits.tickMs

    // From the core outwards: disk, commands, reads.
    this.writer = new LogWriter(logStore, clock, events)
    const pacing = new Pacing({
      self,
      clock,
      send: (message) => this.transport.send(message),
      halted: () => this.driver.halted
    })
    this.pacing = pacing
    const driver = new Driver(recovery.raft, clock, this.writer, (message) => pacing.pass(message), events)
    this.driver = driver
    this.disk = new DiskWatch(limits, log, this.writer, () => driver.submit({ type: 'diskStalled' }))
    this.proposals = new Proposals({ clock, random, limits, log, nodeId: self, nodeName: options.name, wake })
    const writing = (): boolean => this.writer.isWriting(HELD_MS)
    this.router = new Router({ clock, limits, driver, proposals: this.proposals, writing, sendRuntime })
    const submit = (context: number): void => driver.submit({ type: 'readIndex', context })
    this.reads = new Reads({ clock, limits, appliedIndex, firstContext: drawn(), submit, wake })

    // The farm and its snapshots.
    const load: LoadFarm = (...given) => loadFarm(store, ...given)
    const order = new ApplyOrder({
      clock,
      isLeader: () => driver.isLeader,
      hasCommands: () => this.router.hasCommands,
      hasRecord: () => this.writer.waiting > 0
    })
    this.order = order
    this.applier = new Applier(
      { clock, limits, log, proposals: this.proposals, order, load, listener: events },
      recovery
    )
    this.snapshotter = new Snapshotter(
      {
        self,
        clock,
        limits,
        log,
        store,
        source: () => events.snapshotSource(),
        applied: () => ({ entries: this.applier.appliedEntries, chars: this.applier.appliedChars }),
        onCreated: (meta) => driver.submit({ type: 'snapshotCreated', meta }),
        onFailure
      },
      recovery.recovered.snapshot
    )
    this.sender = new SnapshotSender({
      clock,
      log,
      store,
      transport: () => this.transport,
      nameOf: (id) => this.story.name(id),
      onEnded: (to, success) => driver.submit({ type: 'snapshotSent', to, success })
    })
    this.receiving = new SnapshotReceiving({
      log,
      store,
      term: () => driver.term,
      appliedIndex,
      accepting: () => !driver.halted && !driver.isLeader,
      nameOf: (id) => this.story.name(id),
      onFailure
    })

    // The cluster.
    this.handover = new Handover(clock, driver, limits.handOverStopMs)
    const { handover } = this
    this.membership = new Membership({ self, clock, driver, handover, silentTicksMax: electionTicks })
    const { membership } = this
    pacing.onConfiguration(membership.configuration)
    const { requestsMax, viewsMs, tickMs } = limits
    this.requests = new Requests({ clock, requestsMax, firstId: drawn(), sendRuntime, handle: events.answer })
    const { requests } = this
    this.questions = new LeaderQuestions({ self, clock, limits, driver, membership, handover, requests })
    this.views = new LeaderViews({ clock, viewsMs, requests })
    const autopilotLimits = { ...AUTOPILOT_LIMITS, ...options.autopilot }
    this.autopilot = new AutopilotRunner({ self, clock, limits: autopilotLimits, tickMs, log, driver })
    membership.onManualSuffrage = (member) => this.autopilot.onManualSuffrage(member)
    this.story = new ClusterStory(self, log, (id) => membership.configuration.members[id]?.name)
    this.neighbours = new Neighbours({
      self,
      limits,
      driver,
      membership,
      requests,
      setPeers: (peers) => this.transport.setPeers(peers),
      others: () => this.transport.stats().map(({ id }) => id),
      onRemoved: () => events.onRemoved()
    })
    this.readiness = new ReadinessMonitor(
      () => events.facts(),
      () => this.reads.linearize(limits.requestAttemptMs),
      (readiness) => events.onReadiness(readiness)
    )
    this.ticker = new Ticker(clock, limits, wake)
    this.transport = options.connect(events)
  }
}

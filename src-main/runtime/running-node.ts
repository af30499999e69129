/**
 * The composition root of a running replica: every part is built here, in order, and this is where effects of the
 * core and events of the network find the part that they concern.
 *
 * Invariant: after a failure of storage, or a broken invariant, nothing is acknowledged and no message leaves.
 */
import type { FarmQueries } from '../farm/queries'
import type { Command, Outcome } from '../farm/types'
import type { ProblemCode } from '../contract/problems'
import type { Effect, LogIndex, NodeId, RaftStatus, SnapshotMeta, Term } from '../raft/types'
import { StoragePoisoned, type SnapshotReceiver } from '../storage/ports'
import type { RuntimeMessage, Transport, TransportHandlers } from '../transport/ports'
import { Applier, type ApplierListener } from './applier'
import { AUTOPILOT_LIMITS } from './autopilot'
import { AutopilotRunner } from './autopilot-runner'
import { clusterStatus, viewsOf } from './cluster-status'
import { ClusterStory } from './cluster-story'
import { DiskWatch } from './disk-watch'
import { Driver, type EffectSink } from './driver'
import { Expulsion } from './expulsion'
import type { Persist } from './group-commit'
import { Handover } from './handover'
import { Hearsay, tell, type Told } from './hearsay'
import { LeaderQuestions, parseQuestion, type Question } from './leader-questions'
import { LeaderViews } from './leader-views'
import { raftLimitsOf, runtimeLimitsOf, type RuntimeLimits } from './limits'
import { LogWriter, type LogWriterListener } from './log-writer'
import { Membership, type Result } from './membership'
import { nodeMetrics } from './node-metrics'
import type { ReplicaOptions } from './options'
import { Peers } from './peers'
import { Proposals } from './proposals'
import { ReadinessMonitor, type ReadinessFacts } from './readiness'
import { Reads } from './reads'
import type { Recovery } from './recovery'
import {
  Failure,
  type ClusterStatus,
  type ProposeOptions,
  type Readiness,
  type ReplicaEvent,
  type ReplicaMetrics
} from './replica'
import { Requests } from './requests'
import { Router } from './router'
import { inSlices } from './sliced-chunks'
import { loadFarm } from './snapshot-loading'
import { SnapshotReceiving } from './snapshot-receiving'
import { SnapshotSender } from './snapshot-sender'
import { Snapshotter, type SnapshotSource } from './snapshotter'
import { Ticker, type Passed } from './ticker'

type Of<Type extends Effect['type']> = Extract<Effect, { type: Type }>

export class RunningNode implements EffectSink, TransportHandlers, LogWriterListener, ApplierListener {
  readonly limits: RuntimeLimits
  readonly driver: Driver
  readonly writer: LogWriter
  readonly disk: DiskWatch
  readonly proposals: Proposals
  readonly router: Router
  readonly reads: Reads
  readonly applier: Applier
  readonly snapshotter: Snapshotter
  readonly sender: SnapshotSender
  readonly receiving: SnapshotReceiving
  readonly membership: Membership
  readonly story: ClusterStory
  readonly #transport: Transport
  readonly #requests: Requests
  readonly #questions: LeaderQuestions
  readonly #handover: Handover
  readonly #autopilot: AutopilotRunner
  readonly #views: LeaderViews
  readonly #peers: Peers
  readonly #expulsion: Expulsion
  readonly #hearsay: Hearsay
  readonly #readiness: ReadinessMonitor
  readonly #ticker: Ticker
  readonly #silentMs: number
  #halted: string | null = null
  #stopping = false
  #removed = false

  constructor(
    readonly options: ReplicaOptions,
    recovery: Recovery
  ) {
    const { id, clock, random, log, logStore, snapshotStore: store } = options
    const limits = (this.limits = runtimeLimitsOf(options.limits))
    const { electionTicks } = raftLimitsOf(options.raftLimits)
    this.#silentMs = electionTicks * limits.tickMs
    const wake = (): void => this.driver.wake()
    const sendRuntime = (to: NodeId, message: RuntimeMessage): void => {
      if (!this.driver.halted) this.#transport.sendRuntime(to, message)
    }
    const appliedIndex = (): LogIndex => this.applier.appliedIndex

    this.writer = new LogWriter(logStore, clock, this)
    this.driver = new Driver(recovery.raft, clock, this.writer, (message) => this.#transport.send(message), this)
    this.disk = new DiskWatch(limits, log, this.writer, () => this.driver.submit({ type: 'diskStalled' }))
    this.proposals = new Proposals({ clock, random, limits, log, nodeId: id, nodeName: options.name, wake })
    this.router = new Router({ clock, limits, driver: this.driver, proposals: this.proposals, sendRuntime })
    this.reads = new Reads({
      clock,
      limits,
      appliedIndex,
      firstContext: Math.floor(random() * 2 ** 32),
      submit: (context) => this.driver.submit({ type: 'readIndex', context }),
      wake
    })
    this.applier = new Applier(
      {
        clock,
        limits,
        log,
        proposals: this.proposals,
        load: (meta, slices, superseded) => loadFarm(store, meta, slices, superseded),
        listener: this
      },
      recovery
    )
    this.snapshotter = new Snapshotter(
      {
        clock,
        limits,
        log,
        store,
        source: () => this.#snapshotSource(),
        applied: () => ({ entries: this.applier.appliedEntries, chars: this.applier.appliedChars }),
        onCreated: (meta) => this.driver.submit({ type: 'snapshotCreated', meta }),
        onFailure: (error) => this.onFailure(error)
      },
      recovery.recovered.snapshot
    )
    this.sender = new SnapshotSender({
      clock,
      log,
      store,
      transport: () => this.#transport,
      onEnded: (to, success) => this.driver.submit({ type: 'snapshotSent', to, success })
    })
    this.receiving = new SnapshotReceiving({
      log,
      store,
      term: () => this.driver.term,
      appliedIndex,
      accepting: () => !this.driver.halted && !this.driver.isLeader,
      onFailure: (error) => this.onFailure(error)
    })
    this.#handover = new Handover(clock, this.driver, limits.handOverStopMs)
    this.membership = new Membership({
      self: id,
      clock,
      driver: this.driver,
      handover: this.#handover,
      silentTicksMax: electionTicks
    })
    this.#requests = new Requests({
      clock,
      requestsMax: limits.requestsMax,
      firstId: Math.floor(random() * 2 ** 32),
      sendRuntime,
      handle: (_from, method, body) => this.#answer(method, body)
    })
    this.#questions = new LeaderQuestions({
      self: id,
      clock,
      limits,
      driver: this.driver,
      membership: this.membership,
      handover: this.#handover,
      requests: this.#requests
    })
    this.#views = new LeaderViews({ clock, viewsMs: limits.viewsMs, requests: this.#requests })
    this.#autopilot = new AutopilotRunner({
      self: id,
      clock,
      limits: { ...AUTOPILOT_LIMITS, ...options.autopilot },
      tickMs: limits.tickMs,
      log,
      driver: this.driver
    })
    this.membership.onManualSuffrage = (member) => this.#autopilot.onManualSuffrage(member)
    this.story = new ClusterStory(id, log)
    this.#expulsion = new Expulsion(id)
    this.#hearsay = new Hearsay({
      requests: this.#requests,
      everyMs: limits.viewsMs,
      onTold: (told) => this.#onTold(told)
    })
    this.#readiness = new ReadinessMonitor(
      () => this.#facts(),
      () => this.reads.linearize(limits.requestAttemptMs),
      (readiness) => this.#onReadiness(readiness)
    )
    this.#ticker = new Ticker(clock, limits, wake)
    this.#transport = options.connect(this)
    this.#peers = new Peers(id, limits.departMs, (peers) => this.#transport.setPeers(peers))
  }

  /** Takes part from here on. */
  begin(): void {
    if (this.membership.configurationIndex > 0) this.#setPeers()
    this.#readiness.update()
    this.#ticker.start()
  }

  // --- for callers -------------------------------------------------------------------------------------------

  get farm(): FarmQueries {
    return this.applier.farm
  }

  get appliedIndex(): LogIndex {
    return this.applier.appliedIndex
  }

  propose(command: Command, options: ProposeOptions): Promise<Outcome> {
    return this.proposals.propose(command, options)
  }

  linearize(timeoutMs: number): Promise<void> {
    return this.reads.linearize(timeoutMs)
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    return this.applier.subscribe(listener)
  }

  /** Asks the leader; once it is done, waits a little for this node to have seen it too. */
  async ask(question: Question, timeoutMs: number): Promise<Extract<Result, { code: 'done' }>> {
    const result = await this.#questions.ask(question, timeoutMs)
    if (!this.#removed) await this.reads.linearize(this.limits.viewsMs).catch(() => {})
    return result
  }

  async takeSnapshot(): Promise<{ readonly index: LogIndex; readonly bytes: number }> {
    const { index, bytes } = await this.snapshotter.take()
    return { index, bytes }
  }

  backup(): { readonly index: LogIndex; readonly chunks: AsyncIterable<string> } {
    const { clock } = this.options
    const chunks = inSlices(this.applier.farm.backup(), clock, this.limits.sliceMs)
    return { index: this.appliedIndex, chunks }
  }

  raftStatus(): RaftStatus {
    return this.driver.raft.status()
  }

  status(): ClusterStatus {
    const raft = this.raftStatus()
    const { clusterId, name } = this.options
    return clusterStatus({
      clusterId,
      name,
      raft: this.driver.halted ? { ...raft, role: 'follower', leaderId: null, progress: [] } : raft,
      appliedIndex: this.appliedIndex,
      peers: this.#transport.stats(),
      tickMs: this.limits.tickMs,
      silentMs: this.#silentMs,
      leaderViews: raft.role === 'leader' ? [] : this.#views.of(this.driver.leaderId)
    })
  }

  readiness(): Readiness {
    return this.#readiness.current
  }

  metrics(): ReplicaMetrics {
    return nodeMetrics(this, this.#transport.stats())
  }

  // --- lifecycle ---------------------------------------------------------------------------------------------

  /** Leadership to another voter, if this node leads and there is one. */
  async handOver(timeoutMs: number = this.limits.handOverStopMs): Promise<void> {
    if (!this.driver.isLeader || this.membership.configuration.voters.length === 1) return
    const to = await this.#handover.run(null, timeoutMs)
    this.options.log.info({ event: 'handed_over', to }, to === null ? 'Nobody took over.' : 'Handed over leadership.')
  }

  async suspend(): Promise<void> {
    this.options.log.info({ event: 'suspend' }, 'The machine is about to sleep.')
    await this.handOver(this.limits.handOverSuspendMs)
  }

  resume(): void {
    this.options.log.info({ event: 'resume' }, 'The machine woke up.')
    if (this.driver.halted) return
    this.#ticker.slept()
    this.#transport.reconnect()
  }

  async stop(): Promise<void> {
    const { clock, log, logStore, snapshotStore } = this.options
    const failure = new Failure('stopping', 'This node is stopping.', { retryAfterSeconds: 1 })
    this.#stopping = true
    this.#readiness.update()
    this.proposals.close(failure)
    this.#questions.close(failure)
    await this.handOver()
    await this.#drained()
    this.#end(failure)
    await this.writer.flush()
    await this.snapshotter.stop(failure)
    await this.#transport.stop()
    await logStore.close()
    await snapshotStore.close()
    log.info({ event: 'stopped', ms: Math.round(clock.monotonicMs()) }, 'Stopped.')
  }

  /** Proposals and reads that are under way have ended, or had their time. */
  async #drained(): Promise<void> {
    const { clock } = this.options
    const untilMs = clock.monotonicMs() + this.limits.drainMs
    while (!this.driver.halted && this.proposals.size + this.reads.size > 0 && clock.monotonicMs() < untilMs) {
      await new Promise<void>((resolve) => void clock.after(this.limits.tickMs / 5, resolve))
    }
  }

  /** Ends all participation and all waiting. */
  #end(failure: Failure): void {
    this.#ticker.stop()
    this.driver.halt()
    this.proposals.abandon(failure)
    this.reads.abandon(failure)
    this.#questions.close(failure)
    this.#requests.abandon()
    this.membership.onRole()
    this.applier.stop()
    this.sender.abort()
    void this.snapshotter.stop(failure)
  }

  #fail(code: ProblemCode, reason: string, error: unknown): void {
    if (this.#halted !== null || this.driver.halted) return
    this.#halted = reason
    this.options.log.error({ event: 'halted', code, err: error }, reason)
    this.#end(new Failure(code, reason, { cause: error }))
    this.#readiness.update()
    // Broken connections tell the others at once.
    void this.#transport.stop()
  }

  // --- what fails --------------------------------------------------------------------------------------------

  onFailure(error: unknown): void {
    if (!(error instanceof StoragePoisoned)) return this.onBroken(error)
    const what = error.code === 'disk_full' ? 'The disk is full' : 'The disk failed'
    this.#fail('storage_failed', `${what}: this node has stopped taking part until it is restarted.`, error)
  }

  onBroken(error: unknown): void {
    this.#fail('internal', 'This node has stopped taking part after an internal error.', error)
  }

  // --- effects of the core -----------------------------------------------------------------------------------

  gather(): void {
    const passed = this.#ticker.take()
    if (passed !== null) this.#onTime(passed)
    this.reads.gather()
    this.router.gather()
  }

  onTurnEnd(): void {
    this.snapshotter.consider()
  }

  onDurable(covered: readonly Persist[], barrierMs: number): void {
    this.disk.onBarrier(barrierMs)
    this.driver.durable(covered)
  }

  onApply({ entries }: Of<'apply'>): void {
    this.applier.apply(entries)
  }

  onInstallSnapshot({ meta }: Of<'installSnapshot'>): void {
    this.options.log.info({ event: 'snapshot_install', index: meta.index }, 'Installing a snapshot.')
    this.applier.install(meta)
    this.#readiness.update()
  }

  onSendSnapshot({ to }: Of<'sendSnapshot'>): void {
    this.sender.send(to, this.driver.term)
  }

  onReadReady(context: number, index: LogIndex): void {
    this.reads.onReady(context, index)
  }

  onReadFailed(context: number): void {
    this.reads.onFailed(context)
  }

  onConfiguration({ configuration, index, committed }: Of<'configuration'>): void {
    this.membership.onConfiguration()
    this.story.onConfiguration(configuration, index, committed)
    this.#setPeers()
    this.applier.emit({ type: 'membership' })
    this.#readiness.update()
  }

  #setPeers(): void {
    const { configuration, configurationIndex, committed } = this.membership
    this.#peers.onConfiguration(configuration, configurationIndex, committed, this.#nowMs())
  }

  onRole({ role, term, leaderId }: Of<'role'>): void {
    this.story.onRole(role, term, leaderId)
    this.membership.onRole()
    if (role !== 'leader') this.sender.abort()
    if (leaderId !== null) {
      this.#expulsion.clear()
      if (leaderId !== this.options.id) this.#handover.onLeader(leaderId)
      this.router.onLeader()
      this.reads.onLeader()
    }
    this.applier.emit({ type: 'cluster', role, term, leaderId })
    this.#readiness.onLeader(leaderId, term)
  }

  onRemoved(): void {
    if (this.#removed) return
    this.#removed = true
    const failure = new Failure('removed', 'This node was removed from its cluster.')
    this.options.log.warn({ event: 'removed' }, failure.detail)
    this.proposals.abandon(failure)
    this.reads.abandon(failure)
    this.#questions.close(failure)
    this.#readiness.update()
  }

  onTransferEnded(to: NodeId, success: boolean): void {
    this.options.log.info({ event: 'transfer_ended', to, success }, 'Leadership transfer ended.')
    this.#handover.onEnded(to, success)
  }

  onApplied(index: LogIndex): void {
    this.driver.submit({ type: 'applied', index })
    this.reads.onApplied(index)
  }

  onInstalled(meta: SnapshotMeta): void {
    this.options.log.info({ event: 'snapshot_installed', index: meta.index }, 'Snapshot installed.')
    this.snapshotter.replacedBy(meta)
    this.#readiness.update()
  }

  // --- the network -------------------------------------------------------------------------------------------

  onMessage(_from: NodeId, message: Parameters<TransportHandlers['onMessage']>[1]): void {
    this.driver.submit({ type: 'receive', message })
  }

  onRuntimeMessage(from: NodeId, message: RuntimeMessage): void {
    if (this.driver.halted) return
    switch (message.type) {
      case 'Forward':
        return this.router.onForward(from, message)
      case 'ForwardRefused':
        return this.router.onForwardRefused(message)
      case 'Request':
        return this.#requests.onRequest(from, message)
      case 'Response':
        return this.#requests.onResponse(from, message)
    }
  }

  /** A member does not take this node in, for it does not know it (any more). */
  refusedBy(peer: NodeId, code: string): void {
    if (code === 'not_a_member') this.#expulsion.onRefused(peer, this.#nowMs())
  }

  onPeerUp(peer: NodeId): void {
    this.story.onPeerUp(peer)
    this.#expulsion.clear(peer)
    if (peer === this.driver.leaderId) this.router.onLeader()
  }

  onPeerDown(peer: NodeId, reason: string): void {
    this.story.onPeerDown(peer, reason)
    this.#requests.onPeerDown(peer)
    this.driver.submit({ type: 'unreachable', peer })
  }

  onSnapshotOffer(from: NodeId, term: Term, meta: SnapshotMeta, chunks: number): Promise<SnapshotReceiver | null> {
    return this.receiving.offer(from, term, meta, chunks)
  }

  onSnapshotReceived(from: NodeId, term: Term, meta: SnapshotMeta): void {
    this.receiving.onReceived(meta)
    this.driver.submit({ type: 'snapshotReceived', from, term, meta })
  }

  // --- time --------------------------------------------------------------------------------------------------

  #onTime(passed: Passed): void {
    this.driver.submit(passed)
    this.#housekeeping()
    if (passed.type === 'tick') return this.#autopilot.onTick(this.#nowMs())
    this.options.log.warn({ event: 'time_gap', ms: Math.round(passed.elapsedMs) }, 'This process stood still.')
    this.#autopilot.onGap()
  }

  #housekeeping(): void {
    const nowMs = this.#nowMs()
    this.proposals.expire(nowMs)
    this.router.onTick(nowMs)
    this.reads.onTick(nowMs)
    this.disk.onTick(nowMs)
    this.#peers.onTick(nowMs)
    this.#readiness.onTick()
    if (this.#removed) return
    const { leaderId } = this.driver
    if (leaderId === null && this.#isExpelled(nowMs)) this.onRemoved()
    const others = leaderId === null ? this.#transport.stats().map(({ id }) => id) : []
    this.#hearsay.onTick(nowMs, leaderId, others)
  }

  #isExpelled(nowMs: number): boolean {
    return !this.#expulsion.isEmpty && this.#expulsion.isCertain(this.#committedConfiguration().configuration, nowMs)
  }

  /** Another member knows a committed configuration; this node may have missed it. */
  #onTold(told: Told): void {
    const known = this.#committedConfiguration()
    if (this.driver.halted || this.#removed || told.index <= known.index) return
    const { id } = this.options
    if (told.configuration.members[id] !== undefined) this.#peers.onTold(told)
    else if (known.configuration.members[id] !== undefined) this.onRemoved()
  }

  #committedConfiguration(): Told {
    const { raft } = this.driver
    return raft.configurationAsOf(raft.status().commitIndex)
  }

  #nowMs(): number {
    return this.options.clock.monotonicMs()
  }

  // --- answers -----------------------------------------------------------------------------------------------

  async #answer(method: string, body: unknown): Promise<{ ok: boolean; body: unknown }> {
    if (method === 'members') {
      if (!this.driver.isLeader) return { ok: false, body: { code: 'not_leader' } }
      return { ok: true, body: viewsOf(this.raftStatus(), this.limits.tickMs) }
    }
    if (method === 'configuration') return { ok: true, body: tell(this.#committedConfiguration()) }
    const asked = method === 'leader' ? parseQuestion(body) : null
    if (asked === null) return { ok: false, body: { code: 'invalid_request' } }
    return { ok: true, body: await this.#questions.answer(asked.question, asked.timeoutMs) }
  }

  #snapshotSource(): SnapshotSource | null {
    const { applier, driver } = this
    if (applier.installing || driver.halted) return null
    const index = applier.appliedIndex
    const term = driver.raft.termAt(index)
    if (term === undefined || index === 0) return null
    const placed = driver.raft.configurationAsOf(index)
    const { farm } = applier
    return {
      index,
      term,
      configuration: placed.configuration,
      configurationIndex: placed.index,
      open: () => farm.snapshot()
    }
  }

  #facts(): ReadinessFacts {
    return {
      halted: this.#halted,
      stopping: this.#stopping,
      removed: this.#removed,
      member: this.membership.configuration.members[this.options.id] !== undefined,
      leaderId: this.driver.leaderId,
      installing: this.applier.installing
    }
  }

  #onReadiness(readiness: Readiness): void {
    this.options.log.info(
      { event: readiness.ready ? 'serving' : 'not_serving', ...readiness },
      readinessLine(readiness)
    )
    this.applier.emit({ type: 'readiness', readiness })
  }
}

const readinessLine = ({ ready, reason }: Readiness): string => (ready ? 'Ready to serve.' : reason)

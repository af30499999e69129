/**
 * Where what happens finds the part that it concerns: effects of the core, events of the network, the disk and time.
 *
 * Decides nothing but who is told, and in which order.
 */
import type { Effect, LogIndex, NodeId, SnapshotMeta, Term } from '../raft/types'
import { StoragePoisoned, type SnapshotReceiver } from '../storage/ports'
import type { RuntimeMessage, TransportHandlers } from '../transport/ports'
import { viewsOf } from './cluster-status'
import type { Persist } from './group-commit'
import { parseQuestion } from './leader-questions'
import type { Logger } from './log'
import type { PartEvents, Parts } from './parts'
import type { ReadinessFacts } from './readiness'
import { Failure, type Readiness } from './replica'
import type { RequestHandler } from './requests'
import type { SnapshotSource } from './snapshotter'
import type { Standing } from './standing'
import type { Passed } from './ticker'

type Of<Type extends Effect['type']> = Extract<Effect, { type: Type }>

const REMOVED = new Failure('removed', 'This node was removed from its cluster.')

export class NodeEvents implements PartEvents {
  /** Set once the parts are built, before anything can happen. */
  parts!: Parts

  constructor(
    private readonly standing: Standing,
    private readonly log: Logger,
    private readonly onHalt: (code: 'storage_failed' | 'internal', reason: string, error: unknown) => void
  ) {}

  // --- what fails --------------------------------------------------------------------------------------------

  onFailure(error: unknown): void {
    if (!(error instanceof StoragePoisoned)) return this.onBroken(error)
    const what = error.code === 'disk_full' ? 'The disk is full' : 'The disk failed'
    this.onHalt('storage_failed', `${what}: this node has stopped taking part until it is restarted.`, error)
  }

  onBroken(error: unknown): void {
    this.onHalt('internal', 'This node has stopped taking part after an internal error.', error)
  }

  // --- the turn and the disk ---------------------------------------------------------------------------------

  gather(): void {
    const { ticker, reads, router } = this.parts
    const passed = ticker.take()
    if (passed !== null) this.#onTime(passed)
    reads.gather()
    router.gather()
  }

  onTurnEnd(): void {
    this.parts.snapshotter.consider()
  }

  onDurable(covered: readonly Persist[], barrierMs: number): void {
    this.parts.disk.onBarrier(barrierMs)
    this.parts.driver.durable(covered)
    this.parts.order.onDurable()
  }

  #onTime(passed: Passed): void {
    const { driver, autopilot } = this.parts
    driver.submit(passed)
    this.#housekeeping()
    if (passed.type === 'tick') return autopilot.onTick(this.#nowMs())
    const ms = Math.round(passed.elapsedMs)
    this.log.warn({ event: 'time_gap', ms }, `This process stood still for ${(ms / 1000).toFixed(1)} s.`)
    autopilot.onGap()
  }

  #housekeeping(): void {
    const { proposals, router, reads, disk, readiness, neighbours } = this.parts
    const nowMs = this.#nowMs()
    proposals.expire(nowMs)
    router.onTick(nowMs)
    reads.onTick(nowMs)
    disk.onTick(nowMs)
    readiness.onTick()
    neighbours.onTick(nowMs)
  }

  #nowMs(): number {
    return this.parts.options.clock.monotonicMs()
  }

  // --- effects of the core -----------------------------------------------------------------------------------

  onApply({ entries }: Of<'apply'>): void {
    this.parts.applier.apply(entries)
  }

  onApplied(index: LogIndex): void {
    this.parts.driver.submit({ type: 'applied', index })
    this.parts.reads.onApplied(index)
  }

  onInstallSnapshot({ meta }: Of<'installSnapshot'>): void {
    this.log.info({ event: 'snapshot_install', index: meta.index }, `Taking in the farm as of entry ${meta.index}.`)
    this.parts.applier.install(meta)
    this.parts.readiness.update()
  }

  onInstalled(meta: SnapshotMeta): void {
    this.log.info(
      { event: 'snapshot_installed', index: meta.index },
      `This machine has the farm as of entry ${meta.index}.`
    )
    this.parts.snapshotter.replacedBy(meta)
    this.parts.readiness.update()
  }

  onSendSnapshot({ to }: Of<'sendSnapshot'>): void {
    this.parts.sender.send(to, this.parts.driver.term)
  }

  onReadReady(context: number, index: LogIndex): void {
    this.parts.reads.onReady(context, index)
  }

  onReadFailed(context: number): void {
    this.parts.reads.onFailed(context)
  }

  onConfiguration({ configuration, index, committed }: Of<'configuration'>): void {
    const { membership, pacing, story, neighbours, applier, readiness, options } = this.parts
    membership.onConfiguration()
    pacing.onConfiguration(membership.configuration)
    if (committed && configuration.members[options.id] !== undefined) this.#onReadmitted()
    story.onConfiguration(configuration, index, committed)
    neighbours.onConfiguration(this.#nowMs())
    applier.emit({ type: 'membership' })
    readiness.update()
  }

  onRole({ role, term, leaderId }: Of<'role'>): void {
    const { story, membership, sender, neighbours, handover, router, reads, applier, readiness, options } = this.parts
    story.onRole(role, term, leaderId)
    membership.onRole()
    if (role !== 'leader') sender.abort()
    if (leaderId !== null) {
      neighbours.onLeader()
      if (leaderId !== options.id) handover.onLeader(leaderId)
      router.onLeader()
      reads.onLeader()
    }
    applier.emit({ type: 'cluster', role, term, leaderId })
    readiness.onLeader(leaderId, term)
  }

  onRemoved(): void {
    if (this.standing.removed) return
    this.standing.removed = true
    this.parts.options.onRemoved?.(true)
    const { proposals, reads, questions, readiness } = this.parts
    this.log.warn({ event: 'removed' }, REMOVED.detail)
    proposals.abandon(REMOVED)
    reads.abandon(REMOVED)
    questions.close(REMOVED)
    readiness.update()
  }

  /** It was removed, and is a member again: an addition that was asked for before came after the removal. */
  #onReadmitted(): void {
    if (!this.standing.removed) return
    this.standing.removed = false
    this.parts.options.onRemoved?.(false)
    this.log.info({ event: 'readmitted' }, 'This node is a member of its cluster again.')
    const { proposals, reads, questions } = this.parts
    for (const part of [proposals, reads, questions]) part.reopen(REMOVED)
  }

  onTransferEnded(to: NodeId, success: boolean): void {
    const name = this.parts.story.name(to)
    const line = success ? `Leadership was handed over to ${name}.` : `${name} could not take over leadership.`
    this.log.info({ event: 'transfer_ended', to, success }, line)
    this.parts.handover.onEnded(to, success)
  }

  // --- the network -------------------------------------------------------------------------------------------

  onMessage(from: NodeId, message: Parameters<TransportHandlers['onMessage']>[1]): void {
    const { pacing } = this.parts
    if (message.type === 'AppendEntriesReply') pacing.onReply(message)
    else if (message.type === 'ReadIndex') pacing.waits(from)
    this.parts.driver.submit({ type: 'receive', message })
  }

  onRuntimeMessage(from: NodeId, message: RuntimeMessage): void {
    const { driver, router, requests, pacing } = this.parts
    if (driver.halted) return
    switch (message.type) {
      case 'Forward':
        pacing.waits(from)
        return router.onForward(from, message)
      case 'ForwardRefused':
        return router.onForwardRefused(message)
      case 'Request':
        return requests.onRequest(from, message)
      case 'Response':
        return requests.onResponse(from, message)
    }
  }

  onPeerUp(peer: NodeId): void {
    const { story, neighbours, driver, router } = this.parts
    story.onPeerUp(peer)
    neighbours.onPeerUp(peer)
    if (peer === driver.leaderId) router.onLeader()
  }

  onPeerDown(peer: NodeId, reason: string): void {
    const { story, requests, driver } = this.parts
    story.onPeerDown(peer, reason)
    requests.onPeerDown(peer)
    driver.submit({ type: 'unreachable', peer })
  }

  onSnapshotOffer(from: NodeId, term: Term, meta: SnapshotMeta, chunks: number): Promise<SnapshotReceiver | null> {
    return this.parts.receiving.offer(from, term, meta, chunks)
  }

  onSnapshotReceived(from: NodeId, term: Term, meta: SnapshotMeta): void {
    this.parts.receiving.onReceived(meta)
    this.parts.driver.submit({ type: 'snapshotReceived', from, term, meta })
  }

  readonly answer: RequestHandler = async (_from, method, body) => {
    const { driver, limits, neighbours, questions } = this.parts
    if (method === 'members') {
      if (!driver.isLeader) return { ok: false, body: { code: 'not_leader' } }
      return { ok: true, body: viewsOf(driver.raft.status(), limits.tickMs) }
    }
    if (method === 'configuration') return { ok: true, body: neighbours.tell() }
    const asked = method === 'leader' ? parseQuestion(body) : null
    if (asked === null) return { ok: false, body: { code: 'invalid_request' } }
    return { ok: true, body: await questions.answer(asked.question, asked.timeoutMs) }
  }

  // --- what parts ask ----------------------------------------------------------------------------------------

  snapshotSource(): SnapshotSource | null {
    const { applier, driver } = this.parts
    if (applier.installing || driver.halted) return null
    const index = applier.appliedIndex
    const term = driver.raft.termAt(index)
    if (term === undefined || index === 0) return null
    const { configuration, index: configurationIndex } = driver.raft.configurationAsOf(index)
    const { farm } = applier
    return { index, term, configuration, configurationIndex, open: () => farm.snapshot() }
  }

  facts(): ReadinessFacts {
    const { halted, stopping, removed, double } = this.standing
    const { membership, driver, applier, options } = this.parts
    return {
      halted,
      stopping,
      removed,
      runsTwice: double.isCertain(options.clock.monotonicMs()),
      member: membership.configuration.members[options.id] !== undefined,
      leaderId: driver.leaderId,
      installing: applier.installing
    }
  }

  onReadiness(readiness: Readiness): void {
    const line = readiness.ready ? 'Ready to serve.' : readiness.reason
    this.log.info({ event: readiness.ready ? 'serving' : 'not_serving', ...readiness }, line)
    this.parts.applier.emit({ type: 'readiness', readiness })
  }
}

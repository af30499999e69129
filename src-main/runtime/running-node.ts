/**
 * A replica between start and stop: what callers may ask of it, and how it ends.
 *
 * Invariant: after a failure of storage, or a broken invariant, nothing is acknowledged and no message leaves.
 */
import type { FarmQueries } from '../farm/queries'
import type { Command, Outcome } from '../farm/types'
import type { ProblemCode } from '../contract/problems'
import type { LogIndex, NodeId, RaftStatus } from '../raft/types'
import { clusterStatus } from './cluster-status'
import type { Question } from './leader-questions'
import type { Result } from './membership'
import { NodeEvents } from './node-events'
import { nodeMetrics } from './node-metrics'
import type { ReplicaOptions } from './options'
import { Parts } from './parts'
import type { Recovery } from './recovery'
import {
  Failure,
  type ClusterStatus,
  type ProposeOptions,
  type Readiness,
  type ReplicaEvent,
  type ReplicaMetrics
} from './replica'
import { inSlices } from './sliced-chunks'
import { RUNS_TWICE } from './readiness'
import { Standing } from './standing'

export class RunningNode {
  readonly #standing = new Standing()
  readonly #events: NodeEvents
  readonly #parts: Parts

  constructor(
    private readonly options: ReplicaOptions,
    recovery: Recovery
  ) {
    this.#events = new NodeEvents(this.#standing, options.log, (...failure) => this.#fail(...failure))
    this.#parts = this.#events.parts = new Parts(options, recovery, this.#events)
  }

  /** Takes part from here on. */
  begin(): void {
    const { neighbours, membership, readiness, ticker } = this.#parts
    const { id, clock, wasRemoved = false } = this.options
    neighbours.begin(clock.monotonicMs())
    if (wasRemoved && membership.configuration.members[id] === undefined) this.#events.onRemoved()
    readiness.update()
    ticker.start()
  }

  // --- for callers -------------------------------------------------------------------------------------------

  get farm(): FarmQueries {
    return this.#parts.applier.farm
  }

  get appliedIndex(): LogIndex {
    return this.#parts.applier.appliedIndex
  }

  propose(command: Command, options: ProposeOptions): Promise<Outcome> {
    return this.#parts.proposals.propose(command, options)
  }

  linearize(timeoutMs: number): Promise<void> {
    return this.#parts.reads.linearize(timeoutMs)
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    return this.#parts.applier.subscribe(listener)
  }

  /** Asks the leader; once it is done, waits a little for this node to have seen it too. */
  async ask(question: Question, timeoutMs: number): Promise<Extract<Result, { code: 'done' }>> {
    const { questions, reads, limits } = this.#parts
    const result = await questions.ask(question, timeoutMs)
    if (!this.#standing.removed) await reads.linearize(limits.viewsMs).catch(() => {})
    return result
  }

  async takeSnapshot(): Promise<{ readonly index: LogIndex; readonly bytes: number }> {
    const { index, bytes } = await this.#parts.snapshotter.take()
    return { index, bytes }
  }

  backup(): { readonly index: LogIndex; readonly chunks: AsyncIterable<string> } {
    const { applier, limits } = this.#parts
    return { index: applier.appliedIndex, chunks: inSlices(applier.farm.backup(), this.options.clock, limits.sliceMs) }
  }

  raftStatus(): RaftStatus {
    return this.#parts.driver.raft.status()
  }

  status(): ClusterStatus {
    const { driver, applier, transport, limits, silentMs, views } = this.#parts
    const { clusterId, name } = this.options
    const raft = driver.raft.status()
    return clusterStatus({
      clusterId,
      name,
      raft: driver.halted ? { ...raft, role: 'follower', leaderId: null, progress: [] } : raft,
      appliedIndex: applier.appliedIndex,
      peers: transport.stats(),
      tickMs: limits.tickMs,
      silentMs,
      leaderViews: driver.isLeader ? [] : views.of(driver.leaderId)
    })
  }

  readiness(): Readiness {
    return this.#parts.readiness.current
  }

  metrics(): ReplicaMetrics {
    return nodeMetrics(this.#parts)
  }

  // --- lifecycle ---------------------------------------------------------------------------------------------

  /** Leadership to another voter, if this node leads and there is one. */
  async handOver(timeoutMs: number = this.#parts.limits.handOverStopMs): Promise<void> {
    const { driver, membership, handover } = this.#parts
    if (!driver.isLeader || membership.configuration.voters.length === 1) return
    const to = await handover.run(null, timeoutMs)
    this.options.log.info({ event: 'handed_over', to }, to === null ? 'Nobody took over.' : 'Handed over leadership.')
  }

  async suspend(): Promise<void> {
    this.options.log.info({ event: 'suspend' }, 'The machine is about to sleep.')
    await this.handOver(this.#parts.limits.handOverSuspendMs)
  }

  resume(): void {
    const { driver, ticker, transport } = this.#parts
    this.options.log.info({ event: 'resume' }, 'The machine woke up.')
    if (driver.halted) return
    ticker.slept()
    transport.reconnect()
  }

  /** A member does not take this node in. */
  refusedBy(peer: NodeId, code: string): void {
    const nowMs = this.options.clock.monotonicMs()
    this.#parts.neighbours.onRefused(peer, code, nowMs)
    if (code !== 'duplicate_instance' || !this.#standing.double.onRefused(nowMs)) return
    this.options.log.error({ event: 'runs_twice', peer }, RUNS_TWICE)
    this.#parts.readiness.update()
  }

  async stop(): Promise<void> {
    const { log, logStore, snapshotStore } = this.options
    const { readiness, proposals, questions, writer, snapshotter, transport } = this.#parts
    const failure = new Failure('stopping', 'This node is stopping.', { retryAfterSeconds: 1 })
    this.#standing.stopping = true
    readiness.update()
    proposals.close(failure)
    questions.close(failure)
    await this.handOver()
    await this.#drained()
    this.#end(failure)
    await writer.flush()
    await snapshotter.stop(failure)
    await transport.stop()
    await logStore.close()
    await snapshotStore.close()
    log.info({ event: 'stopped' }, 'Stopped.')
  }

  holdWrites(failure: Failure): { readonly drained: Promise<boolean>; readonly release: () => void } {
    const { proposals } = this.#parts
    proposals.close(failure)
    return {
      drained: this.#drained().then(() => proposals.size === 0),
      release: () => proposals.reopen(failure)
    }
  }

  /** Proposals and reads that are under way have ended, or had their time. */
  async #drained(): Promise<void> {
    const { driver, proposals, reads, limits } = this.#parts
    const { clock } = this.options
    const untilMs = clock.monotonicMs() + limits.drainMs
    while (!driver.halted && proposals.size + reads.size > 0 && clock.monotonicMs() < untilMs) {
      await new Promise<void>((resolve) => void clock.after(limits.tickMs / 5, resolve))
    }
  }

  /** Ends all participation and all waiting. */
  #end(failure: Failure): void {
    const { ticker, driver, proposals, reads, questions, requests, membership, applier, sender, snapshotter } =
      this.#parts
    ticker.stop()
    driver.halt()
    proposals.abandon(failure)
    reads.abandon(failure)
    questions.close(failure)
    requests.abandon()
    membership.onRole()
    applier.stop()
    sender.abort()
    void snapshotter.stop(failure)
  }

  #fail(code: ProblemCode, reason: string, error: unknown): void {
    if (this.#parts.driver.halted) return
    this.#standing.halted = reason
    this.options.log.error({ event: 'halted', code, err: error }, reason)
    this.#end(new Failure(code, reason, { cause: error }))
    this.#parts.readiness.update()
    // Broken connections tell the others at once.
    void this.#parts.transport.stop()
  }
}

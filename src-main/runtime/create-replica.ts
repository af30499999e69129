/**
 * A replica from the outside: made from its ports, started once, stopped once. Between the two every call goes to the
 * {@link RunningNode}; before and after, calls are refused.
 */
import type { Command, Outcome } from '../farm/types'
import { Farm } from '../farm/farm'
import type { FarmQueries } from '../farm/queries'
import { asIndex, type LogIndex, type MemberInfo, type NodeId, type RaftStatus } from '../raft/types'
import type { ReplicaOptions } from './options'
import { recover } from './recovery'
import {
  Failure,
  type ChangeOptions,
  type ClusterStatus,
  type ProposeOptions,
  type Readiness,
  type ReplicaEvent,
  type ReplicaMetrics,
  type RunningReplica
} from './replica'
import { RunningNode } from './running-node'
import { raftLimitsOf, runtimeLimitsOf } from './limits'

export type { ReplicaOptions } from './options'
export type { RunningReplica } from './replica'

export const createReplica = (options: ReplicaOptions): RunningReplica => new Handle(options)

const notStarted = (): Failure => new Failure('no_quorum', 'This node has not started yet.', { retryAfterSeconds: 1 })

class Handle implements RunningReplica {
  readonly #empty = new Farm()
  readonly #listeners: ((event: ReplicaEvent) => void)[] = []
  #node: RunningNode | null = null
  #stopped: Promise<void> | null = null

  constructor(private readonly options: ReplicaOptions) {}

  async start(): Promise<void> {
    const { options } = this
    if (this.#node !== null || this.#stopped !== null) throw new Error('a replica is started once')
    const recovery = await recover({
      id: options.id,
      clock: options.clock,
      random: options.random,
      log: options.log,
      raftLimits: raftLimitsOf(options.raftLimits),
      sliceMs: runtimeLimitsOf(options.limits).sliceMs,
      logStore: options.logStore,
      snapshotStore: options.snapshotStore,
      bootstrap: options.bootstrap ?? null
    })
    this.#node = new RunningNode(options, recovery)
    for (const listener of this.#listeners) this.#node.subscribe(listener)
    this.#node.begin()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#node === null ? this.#release() : this.#node.stop()
    return this.#stopped
  }

  async #release(): Promise<void> {
    await this.options.logStore.close()
    await this.options.snapshotStore.close()
  }

  /** @throws Failure before start. */
  get #running(): RunningNode {
    if (this.#node === null) throw notStarted()
    return this.#node
  }

  get farm(): FarmQueries {
    return this.#node?.farm ?? this.#empty
  }

  get appliedIndex(): LogIndex {
    return this.#node?.appliedIndex ?? asIndex(0)
  }

  status(): ClusterStatus {
    return this.#running.status()
  }

  raftStatus(): RaftStatus {
    return this.#running.raftStatus()
  }

  readiness(): Readiness {
    return this.#node?.readiness() ?? { ready: false, reason: 'Starting.' }
  }

  propose(command: Command, options: ProposeOptions): Promise<Outcome> {
    return this.#node === null ? Promise.reject(notStarted()) : this.#node.propose(command, options)
  }

  linearize(timeoutMs: number): Promise<void> {
    return this.#node === null ? Promise.reject(notStarted()) : this.#node.linearize(timeoutMs)
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    if (this.#node !== null) return this.#node.subscribe(listener)
    this.#listeners.push(listener)
    return () => {
      const at = this.#listeners.indexOf(listener)
      if (at >= 0) this.#listeners.splice(at, 1)
    }
  }

  async addLearner(id: NodeId, info: MemberInfo, timeoutMs: number): Promise<void> {
    await this.#running.ask({ method: 'addLearner', id, info }, timeoutMs)
  }

  async updateMember(id: NodeId, info: MemberInfo, timeoutMs: number): Promise<void> {
    await this.#running.ask({ method: 'updateInfo', id, info }, timeoutMs)
  }

  async removeMember(id: NodeId, timeoutMs: number, { force = false }: ChangeOptions = {}): Promise<void> {
    await this.#running.ask({ method: 'removeMember', id, force }, timeoutMs)
  }

  async setSuffrage(
    id: NodeId,
    suffrage: 'voter' | 'learner',
    timeoutMs: number,
    { force = false }: ChangeOptions = {}
  ): Promise<void> {
    await this.#running.ask({ method: 'setSuffrage', id, suffrage, force }, timeoutMs)
  }

  async transferLeadership(to: NodeId | null, timeoutMs: number): Promise<NodeId> {
    const { leaderId } = await this.#running.ask({ method: 'transferLeadership', to }, timeoutMs)
    return leaderId ?? this.options.id
  }

  async takeSnapshot(): Promise<{ readonly index: LogIndex; readonly bytes: number }> {
    return this.#running.takeSnapshot()
  }

  backup(): { readonly index: LogIndex; readonly chunks: AsyncIterable<string> } {
    return this.#running.backup()
  }

  metrics(): ReplicaMetrics {
    return this.#running.metrics()
  }

  refusedBy(peer: NodeId, code: string): void {
    this.#node?.refusedBy(peer, code)
  }

  holdWrites(failure: Failure): { readonly drained: Promise<boolean>; readonly release: () => void } {
    return this.#running.holdWrites(failure)
  }

  async handOver(): Promise<void> {
    await this.#node?.handOver()
  }

  async suspend(): Promise<void> {
    await this.#node?.suspend()
  }

  resume(): void {
    this.#node?.resume()
  }
}

import type { Command, Outcome } from '../../src-main/farm/types'
import { asNodeId, type MemberInfo, type NodeId, type RaftLimits } from '../../src-main/raft/types'
import type { AutopilotLimits } from '../../src-main/runtime/autopilot'
import type { Clock } from '../../src-main/runtime/clock'
import { createReplica, type RunningReplica } from '../../src-main/runtime/create-replica'
import type { RuntimeLimits } from '../../src-main/runtime/limits'
import type { Logger } from '../../src-main/runtime/log'
import { createMemoryLogMedium, createMemoryLogStore } from '../../src-main/storage/memory-log-store'
import { createMemorySnapshotMedium, createMemorySnapshotStore } from '../../src-main/storage/memory-snapshot-store'
import type { SnapshotStore } from '../../src-main/storage/ports'
import { MemoryNetwork } from './memory-network'
import { VirtualTime } from './virtual-clock'

export interface LogLine {
  readonly level: string
  readonly event: string
  readonly fields: Record<string, unknown>
}

/** One machine: what survives a crash, and the replica that runs on it. */
export interface Machine {
  readonly id: NodeId
  readonly log: ReturnType<typeof createMemoryLogMedium>
  readonly snapshots: ReturnType<typeof createMemorySnapshotMedium>
  readonly lines: LogLine[]
  /** As in node.json. */
  removed: boolean
  clock: Clock & { wallOffsetMs: number; frozen: boolean }
  replica: RunningReplica
}

export interface ClusterOptions {
  readonly limits?: Partial<RuntimeLimits>
  readonly raftLimits?: Partial<RaftLimits>
  readonly autopilot?: Partial<AutopilotLimits>
  readonly seed?: number
}

/** mulberry32 */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export const info = (id: string): MemberInfo => ({
  name: `machine ${id}`,
  rpcAddress: `${id}:7080`,
  apiAddress: `${id}:8080`,
  fingerprint: 'AA'
})

const collect = (lines: LogLine[]): Logger => {
  const at = (level: string) => (fields: object) => {
    const { event = '', ...rest } = fields as { event?: string }
    lines.push({ level, event, fields: rest })
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Replicas in one process, over virtual time, in-memory disks and an in-memory network. */
export class Cluster {
  readonly time = new VirtualTime()
  readonly network = new MemoryNetwork(this.time)
  readonly machines = new Map<string, Machine>()
  readonly #random: () => number

  constructor(readonly options: ClusterOptions = {}) {
    this.#random = seeded(options.seed ?? 1)
  }

  /** A cluster of `count`: the first founds it, the others are added, and all vote that should. */
  static async of(count: number, options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options)
    await cluster.start('n1', true)
    await cluster.time.until(() => cluster.leader() === 'n1')
    for (let i = 2; i <= count; i++) await cluster.join(`n${i}`)
    const voters = Math.min(5, count % 2 === 1 ? count : count - 1)
    await cluster.time.until(() => cluster.ids().every((id) => cluster.voters(id)?.length === voters))
    await cluster.time.until(() => cluster.ids().every((id) => cluster.get(id).readiness().ready))
    return cluster
  }

  async join(id: string): Promise<void> {
    await this.start(id, false)
    const leader = this.get(this.leader()!)
    await this.time.of(leader.addLearner(asNodeId(id), info(id), 5000))
  }

  /** Starts a machine, for the first time or again after a crash. */
  async start(id: string, found = false): Promise<RunningReplica> {
    const before = this.machines.get(id)
    const log = before?.log ?? createMemoryLogMedium()
    const snapshots = before?.snapshots ?? createMemorySnapshotMedium()
    const lines = before?.lines ?? []
    const clock = this.time.clock()
    const replica = createReplica({
      id: asNodeId(id),
      clusterId: 'cluster',
      name: `machine ${id}`,
      clock,
      random: this.#random,
      logStore: createMemoryLogStore(log),
      snapshotStore: createMemorySnapshotStore(snapshots),
      connect: (handlers) => this.network.connect(asNodeId(id), handlers),
      limits: this.options.limits,
      raftLimits: this.options.raftLimits,
      autopilot: this.options.autopilot,
      bootstrap: found ? info(id) : undefined,
      wasRemoved: before?.removed,
      onRemoved: (removed) => (this.machines.get(id)!.removed = removed),
      log: collect(lines)
    })
    this.machines.set(id, {
      id: asNodeId(id),
      log,
      snapshots,
      lines,
      removed: before?.removed ?? false,
      clock,
      replica
    })
    await this.time.of(replica.start())
    return replica
  }

  /** kill -9: nothing more is written, sent or answered by this process. */
  crash(id: string): void {
    this.network.crash(asNodeId(id))
    const machine = this.machines.get(id)!
    machine.clock.frozen = true
    machine.log.onWrite = () => new Promise(() => {})
    // The next process has a disk of its own that begins with what this one made durable.
    const log = createMemoryLogMedium()
    Object.assign(log.extent, structuredCloneOf(machine.log.extent))
    log.hardState = machine.log.hardState
    log.entries = [...machine.log.entries]
    const snapshots = createMemorySnapshotMedium()
    snapshots.whole = [...machine.snapshots.whole]
    this.machines.set(id, { ...machine, log, snapshots })
  }

  /** SIGSTOP: connections stay, nothing happens. */
  freeze(id: string): void {
    this.machines.get(id)!.clock.frozen = true
  }

  thaw(id: string): void {
    this.machines.get(id)!.clock.frozen = false
  }

  snapshotsOf(id: string): SnapshotStore {
    return createMemorySnapshotStore(this.machines.get(id)!.snapshots)
  }

  get(id: string): RunningReplica {
    return this.machines.get(id)!.replica
  }

  ids(): string[] {
    return [...this.machines.keys()]
  }

  running(): string[] {
    return this.ids().filter(
      (id) => this.network.end(asNodeId(id)) !== undefined && !this.machines.get(id)!.clock.frozen
    )
  }

  /** Whoever leads in the highest term, among those that run. */
  leader(): string | null {
    let best: { id: string; term: number } | null = null
    for (const id of this.running()) {
      const { role, term } = this.get(id).raftStatus()
      if (role === 'leader' && (best === null || term > best.term)) best = { id, term }
    }
    return best?.id ?? null
  }

  /** As committed on that node; null while a change is under way there. */
  voters(id: string): readonly string[] | null {
    const { configuration, configurationCommitted } = this.get(id).raftStatus()
    return configurationCommitted && configuration.votersOutgoing.length === 0 ? configuration.voters : null
  }

  follower(): string {
    const leader = this.leader()
    return this.running().find((id) => id !== leader)!
  }

  write(id: string, command: Command, timeoutMs = 10_000): Promise<Outcome> {
    return this.get(id).propose(command, { by: 'test', timeoutMs })
  }

  events(id: string, event: string): LogLine[] {
    return this.machines.get(id)!.lines.filter((line) => line.event === event)
  }
}

function structuredCloneOf<T extends object>(value: T): T {
  return structuredClone({ ...value })
}

export const printer = (id: string): Command => ({ type: 'printer.create', id, company: 'Prusa', model: 'MK4' })

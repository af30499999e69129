/**
 * The machines and their nodes: starts, kills, freezes and replaces them. Knows how a production node is put
 * together, and nothing of why things go wrong.
 */
import { Farm } from '../../src-main/farm/farm'
import { bootstrapState } from '../../src-main/raft/bootstrap'
import { Raft } from '../../src-main/raft/raft'
import type { Configuration, Effect, Input, MemberInfo, NodeId } from '../../src-main/raft/types'
import { createReplica } from '../../src-main/runtime/create-replica'
import type { Logger } from '../../src-main/runtime/log'
import { StorageDamaged, StoragePoisoned, type LogStore, type SnapshotStore } from '../../src-main/storage/ports'
import { openFiles } from './files'
import { checkAudit, checkWeights } from './invariants/farm-state'
import { Violation } from './invariants/violation'
import { Life } from './life'
import { SimulatedLogStore } from './log-disk'
import { Machine } from './machine'
import type { Network } from './network'
import { observedSnapshots, ObservedLogStore, type Reception } from './observed-store'
import type { Oracle } from './oracle'
import type { Profile } from './profile'
import type { Random } from './random'
import { RELEASES } from './releases'
import { MS, type Scheduler } from './scheduler'
import { SimulatedSnapshotStore } from './snapshot-disk'
import type { Trace } from './trace'

/** How often the farm's hash and sums are checked, in log entries: what differs once goes on to differ. */
const HASH_EVERY = 64
const IDS_MAX = 28
/** What a core says that misses entries of its own. */
const NOTICED = /was the disk restored/

interface Stores {
  readonly log: LogStore
  readonly snapshots: SnapshotStore
}

export class Cluster {
  readonly machines: readonly Machine[]
  private readonly cores = new Map<string, Raft>()
  private ids = 0
  /** Told when a machine has all of a snapshot that it receives; it is made durable when what this gives resolves. */
  onArrived: ((machine: Machine) => Promise<void> | null) | null = null
  /** Told when a received snapshot is durable. */
  onReceived: ((machine: Machine) => void) | null = null

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly profile: Profile,
    readonly network: Network,
    private readonly oracle: Oracle,
    private readonly trace: Trace
  ) {
    this.machines = Array.from(
      { length: profile.machines },
      (_, number) => new Machine(number, random.fork(`machine-${number}`), scheduler, profile)
    )
    this.ids = profile.machines
    observe(this)
  }

  infoOf(id: NodeId): MemberInfo {
    return { name: id, rpcAddress: `${id}:7080`, apiAddress: `${id}:8080`, fingerprint: id }
  }

  /** Writes the founding configuration to the founders' disks; resolves when they are ready to start. */
  async found(): Promise<void> {
    const founders = this.machines.slice(0, this.profile.founders)
    const configuration: Configuration = {
      voters: founders.map((m) => m.id),
      votersOutgoing: [],
      learners: [],
      learnersNext: [],
      members: Object.fromEntries(founders.map((m) => [m.id, this.infoOf(m.id)]))
    }
    const { hardState, entries } = bootstrapState(configuration)
    for (const machine of founders) {
      const life = new Life(machine.id, 0, this.scheduler)
      const { log } = this.stores(machine, life)
      await log.recover()
      await log.append({ hardState, entries, sync: true })
      await log.close()
      life.end()
    }
  }

  private stores(machine: Machine, life: Life): Stores {
    if (this.profile.store === 'nedb') {
      const files = openFiles(machine.files, machine.health, life)
      return {
        log: new ObservedLogStore(files.log, machine.id, this.oracle),
        snapshots: observedSnapshots(files.snapshots, machine.id, this.oracle, this.reception(machine))
      }
    }
    return {
      log: new ObservedLogStore(new SimulatedLogStore(machine.logDisk, machine.health, life), machine.id, this.oracle),
      snapshots: observedSnapshots(
        new SimulatedSnapshotStore(machine.snapshotDisk, machine.health, life),
        machine.id,
        this.oracle,
        this.reception(machine)
      )
    }
  }

  private reception(machine: Machine): Reception {
    return { commits: async () => void (await this.onArrived?.(machine)), ends: () => this.onReceived?.(machine) }
  }

  /** Of some machine, what it has promised may not be there any more, or it may not know that it belongs here. */
  get hasUnreliable(): boolean {
    return this.machines.some(
      (machine) => machine.state === 'lost' || machine.damaged || machine.forgetful || this.mayBeOutside(machine)
    )
  }

  /** Somebody may come back with a configuration that nobody has decided on, and needs other voters then. */
  mayHoldConfigurationBeyond(index: number): boolean {
    return this.machines.some(({ state, id }) => state !== 'lost' && this.oracle.mayHoldConfigurationBeyond(id, index))
  }

  /** Its id was removed and added again, and it may have heard of the first only: then it takes no part. */
  private mayBeOutside(machine: Machine): boolean {
    return machine.readded && this.committedMembers(machine)?.includes(machine.id) !== true
  }

  /** As `machine` knows to be committed; null while it is down. */
  committedMembers(machine: Machine): readonly NodeId[] | null {
    const core = this.core(machine)
    if (core === null) return null
    return Object.keys(core.configurationAsOf(core.status().commitIndex).configuration.members) as NodeId[]
  }

  // --- lives ---------------------------------------------------------------------------------------------------

  start(machine: Machine): void {
    if (machine.state !== 'down' || machine.leftOut) return
    const life = new Life(machine.id, ++machine.lives, this.scheduler)
    machine.life = life
    machine.state = 'starting'
    const { log, snapshots } = this.stores(machine, life)
    machine.store = log
    const random = this.random.fork(`node-${life.name}`)
    this.trace.story(machine.id, `starts (life ${life.number})`)
    const replica = createReplica({
      id: machine.id,
      name: machine.id,
      clusterId: 'sim',
      clock: machine.clocks.for(life, random.fork('clock'), this.profile.busyMs),
      random: random.float,
      log: this.loggerOf(life),
      logStore: log,
      snapshotStore: snapshots,
      limits: this.profile.runtime,
      raftLimits: this.profile.raft,
      autopilot: this.profile.autopilot,
      connect: (handlers) =>
        this.network.attach({
          id: machine.id,
          owner: life,
          handlers,
          named: machine.named,
          protocol: RELEASES[machine.release]!.protocol,
          refusedBy: (peer, code) => replica.refusedBy(peer, code)
        })
    })
    machine.replica = replica
    this.watch(machine, life)
    void replica.start().then(
      () => {
        if (!life.alive) return
        machine.state = 'running'
        this.superviseStore(machine, life)
      },
      (error: unknown) => this.startFailed(machine, life, error)
    )
  }

  /** The process is gone, with everything that its disk had not made durable. */
  kill(machine: Machine, reset: boolean): void {
    const { life } = machine
    if (life === null || machine.state === 'down' || machine.state === 'lost') return
    this.network.detach(machine.id, reset)
    life.end()
    this.cores.delete(life.name)
    machine.replica = null
    machine.store = null
    machine.life = null
    machine.state = 'down'
    machine.crashDisk(!reset)
    this.trace.story(machine.id, reset ? 'is killed' : 'loses power')
  }

  async stop(machine: Machine): Promise<void> {
    const { life, replica } = machine
    if (life === null || replica === null || machine.state !== 'running' || life.stopping || life.paused) return
    life.stopping = true
    this.trace.story(machine.id, 'is asked to stop')
    await replica.stop().catch((error: unknown) => {
      if (!(error instanceof StoragePoisoned)) this.oracle.fail(crash(life, error))
    })
    if (life.alive) this.kill(machine, true)
  }

  pause(machine: Machine): void {
    if (machine.life === null || machine.life.paused) return
    machine.life.pause()
    this.trace.story(machine.id, 'is frozen')
  }

  resume(machine: Machine): void {
    if (machine.life === null || !machine.life.paused) return
    machine.life.resume()
    this.trace.story(machine.id, 'goes on')
  }

  /** Its disk is gone. It comes back as another member, or not at all. */
  lose(machine: Machine): void {
    this.kill(machine, true)
    machine.state = 'lost'
    this.trace.story(machine.id, 'is of no use any more')
  }

  /** A lost or removed machine gets an empty disk and another id; false when the run has used up its ids. */
  renew(machine: Machine): boolean {
    if (this.ids >= IDS_MAX) return false
    this.ids++
    this.kill(machine, true)
    machine.wipe()
    return true
  }

  // --- who is who ----------------------------------------------------------------------------------------------

  get serving(): readonly Machine[] {
    return this.machines.filter((m) => m.state === 'running' && m.life?.stopping === false)
  }

  core(machine: Machine): Raft | null {
    return machine.life === null ? null : (this.cores.get(machine.life.name) ?? null)
  }

  /** The leader with the newest term among the running. */
  leader(): Machine | null {
    let best: Machine | null = null
    let term = 0
    for (const machine of this.machines) {
      const status = machine.state === 'running' ? this.core(machine)?.status() : undefined
      if (status === undefined || status.role !== 'leader' || status.term <= term) continue
      best = machine
      term = status.term
    }
    return best
  }

  machineOf(id: NodeId): Machine | null {
    return this.machines.find((m) => m.id === id) ?? null
  }

  // --- watching ------------------------------------------------------------------------------------------------

  /** Called around each step of each core. */
  stepped(core: Raft, id: NodeId, input: Input, step: () => readonly Effect[]): readonly Effect[] {
    const machine = this.machineOf(id)
    const life = machine?.life
    if (machine === null || life === null || life === undefined || !life.alive) return step()
    if (this.cores.get(life.name) !== core) {
      this.cores.set(life.name, core)
      this.oracle.guard(() => this.oracle.started(life, core))
    }
    this.trace.detail(id, 20, machine.number, inputHash(input), 0, () => `· ${input.type}`)
    const counted = this.oracle.counted(life, core, input)
    let effects: readonly Effect[]
    try {
      effects = step()
    } catch (error) {
      const { message } = error as Error
      if (machine.forgetful && NOTICED.test(message)) this.trace.story(id, 'notices that it was set back')
      else this.oracle.fail(new Violation('core assertion', `${life.name}: ${message}`))
      throw error
    }
    this.oracle.stillCounted(life, core, input, counted)
    this.oracle.step(life, core, input, effects, this.scheduler.now / MS)
    for (const effect of effects) {
      if (effect.type === 'role') {
        this.trace.story(id, `is ${effect.role} in term ${effect.term}, leader ${effect.leaderId ?? '?'}`)
      } else if (effect.type === 'configuration') {
        const { voters, votersOutgoing, learners } = effect.configuration
        const joint = votersOutgoing.length > 0 ? ` and ${votersOutgoing}` : ''
        this.trace.story(
          id,
          `${effect.committed ? 'has committed' : 'takes up'} configuration ${effect.index}: ${voters}${joint}, learners ${learners}`
        )
      } else if (effect.type === 'installSnapshot') {
        this.trace.story(id, `installs snapshot ${effect.meta.index}, ${effect.keepLog ? 'keeps' : 'drops'} its log`)
      }
    }
    return effects
  }

  private watch(machine: Machine, life: Life): void {
    const replica = machine.replica as NonNullable<Machine['replica']>
    const check = (index: number) => {
      const farm = replica.farm
      if (!(farm instanceof Farm) || farm.appliedIndex !== index) return
      this.oracle.hashes.seen(life.name, index, farm.hash())
      checkWeights(life.name, farm)
      checkAudit(life.name, farm.audit())
    }
    replica.subscribe((event) => {
      if (!life.alive) return
      this.oracle.guard(() => {
        if (event.type === 'changes') {
          const actor = this.oracle.actors[event.index]
          if (actor !== undefined) this.oracle.once.took(actor, event.index)
          if (event.index % HASH_EVERY === 0) check(event.index)
        } else if (event.type === 'reset') check((replica.farm as Farm).appliedIndex)
      })
    })
  }

  /** A node whose disk has failed does not serve any more; somebody restarts it. */
  private superviseStore(machine: Machine, life: Life): void {
    this.scheduler.after(200 * MS, null, () => {
      if (!life.alive || machine.life !== life) return
      const reason = machine.replica?.readiness().reason ?? ''
      if (reason.includes('internal error') && machine.forgetful) return this.lose(machine)
      if (reason.includes('internal error') && !machine.damaged) {
        this.oracle.fail(new Violation('no crash', `${life.name}: ${reason} ${life.lastError}`))
        return
      }
      if (!/until it is restarted|internal error/.test(reason)) return this.superviseStore(machine, life)
      this.trace.story(machine.id, `has failed: ${reason}`)
      this.kill(machine, true)
      this.scheduler.after(this.random.between(100, 2000) * MS, null, () => this.start(machine))
    })
  }

  private loggerOf(life: Life): Logger {
    const keep = (fields: object, message: string): void => {
      const { err } = fields as { err?: unknown }
      life.lastError = `${message} ${err instanceof Error ? (err.stack ?? err.message) : ''}`
    }
    return { debug() {}, info() {}, warn: keep, error: keep }
  }

  private startFailed(machine: Machine, life: Life, error: unknown): void {
    if (!life.alive || machine.life !== life) return
    if (error instanceof StoragePoisoned) {
      this.trace.story(machine.id, `cannot start: ${error.message}`)
      this.kill(machine, true)
      this.scheduler.after(500 * MS, null, () => this.start(machine))
      return
    }
    if (error instanceof StorageDamaged && machine.damaged) {
      this.trace.story(machine.id, `refuses to start: ${String((error as Error).message)}`)
      this.lose(machine)
      return
    }
    this.oracle.fail(crash(life, error))
  }
}

const inputHash = (input: Input): number => input.type.length

const crash = (life: Life, error: unknown): Violation =>
  new Violation('no crash', `${life.name}: ${String((error as Error).stack ?? error)}`)

// --- the one place where production code is listened to ------------------------------------------------------

let current: Cluster | null = null
let listening = false

/** Every core tells the cluster of the current run of its steps. */
function observe(cluster: Cluster): void {
  current = cluster
  if (listening) return
  listening = true
  const original = Raft.prototype.step
  const ids = new WeakMap<Raft, NodeId>()
  Raft.prototype.step = function (this: Raft, input: Input): readonly Effect[] {
    let id = ids.get(this)
    if (id === undefined) {
      id = this.status().id
      ids.set(this, id)
    }
    return current === null
      ? original.call(this, input)
      : current.stepped(this, id, input, () => original.call(this, input))
  }
}

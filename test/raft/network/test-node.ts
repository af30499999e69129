/**
 * One core with a disk, a state machine and an outbox that a test can look into. Barriers return at once unless
 * held; a crash forgets what was held back.
 *
 * The state machine is the list of commands applied; a snapshot is that list.
 */
import { bootstrapState, emptyState } from '../../../src-main/raft/bootstrap'
import { Raft } from '../../../src-main/raft/raft'
import {
  asIndex,
  asNodeId,
  asTerm,
  type Configuration,
  type Effect,
  type Entry,
  type HardState,
  type Input,
  type MemberInfo,
  type Message,
  type RaftLimits,
  type RaftStatus,
  type RecoveredState,
  type SnapshotMeta
} from '../../../src-main/raft/types'

export const LIMITS: RaftLimits = {
  heartbeatTicks: 1,
  electionTicks: 10,
  appendBytesMax: 1_000_000,
  appendEntriesMax: 1_000,
  inflightMessagesMax: 256,
  inflightBytesMax: 10_000_000,
  uncommittedBytesMax: 10_000_000,
  applyBytesMax: 1_000_000,
  trailingEntries: 0,
  packEntries: 2
}

export const memberInfo = (id: string): MemberInfo => ({
  name: `node ${id}`,
  rpcAddress: `${id}:7080`,
  apiAddress: `${id}:8080`,
  fingerprint: id.toUpperCase()
})

interface Roles {
  readonly voters?: string
  readonly votersOutgoing?: string
  readonly learners?: string
  readonly learnersNext?: string
}

/** 'abc' names three nodes. */
export const configurationOf = (roles: Roles): Configuration => {
  const list = (ids = '') => [...ids].sort().map(asNodeId)
  const named = list([...new Set(Object.values(roles).join(''))].join(''))
  return {
    voters: list(roles.voters),
    votersOutgoing: list(roles.votersOutgoing),
    learners: list(roles.learners),
    learnersNext: list(roles.learnersNext),
    members: Object.fromEntries(named.map((id) => [id, memberInfo(id)]))
  }
}

export interface StoredSnapshot {
  readonly meta: SnapshotMeta
  readonly state: readonly string[]
}

/** What a disk holds after its barriers. */
export interface Disk {
  hardState: HardState
  entries: Entry[]
  snapshot: StoredSnapshot | null
}

type DiskOperation = Extract<Effect, { type: 'persist' | 'installSnapshot' | 'compact' }>
export type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>

export interface TestNodeOptions {
  readonly limits?: Partial<RaftLimits>
  readonly random?: () => number
}

export class TestNode {
  raft: Raft
  readonly disk: Disk
  readonly limits: RaftLimits
  /** Commands applied, in order. */
  state: readonly string[]
  /** Entries handed to the state machine since the last start. */
  applied: Entry[] = []
  /** Messages not yet fetched. */
  outbox: Message[] = []
  /** Effects other than messages, writes and applications, since the last start. */
  notices: Effect[] = []
  /** Writes whose barrier has not returned. */
  held: DiskOperation[] = []
  holdWrites = false
  /** The disk says that barriers have returned when they have not. */
  lyingDisk = false
  holdApplies = false
  appliesHeld: (readonly Entry[])[] = []
  crashed = false
  private readonly random: () => number

  constructor(
    readonly id: string,
    recovered: RecoveredState,
    options: TestNodeOptions = {},
    snapshotState: readonly string[] = []
  ) {
    this.limits = { ...LIMITS, ...options.limits }
    this.random = options.random ?? (() => 0)
    this.disk = {
      hardState: recovered.hardState,
      entries: [...recovered.entries],
      snapshot: recovered.snapshot && { meta: recovered.snapshot, state: snapshotState }
    }
    this.state = snapshotState
    this.raft = this.start()
  }

  private start(): Raft {
    joinLogToSnapshot(this.disk)
    const { hardState, entries, snapshot } = this.disk
    const recovered = { hardState, entries: [...entries], snapshot: snapshot?.meta ?? null }
    const raft = new Raft({ id: asNodeId(this.id), limits: this.limits, random: this.random, recovered })
    this.state = snapshot?.state ?? []
    return raft
  }

  /** Loses everything that no barrier has covered. */
  crash(): void {
    this.crashed = true
    this.held = []
    this.appliesHeld = []
    this.outbox = []
    this.notices = []
    this.applied = []
  }

  restart(): void {
    this.crashed = false
    this.raft = this.start()
  }

  /** Takes one input and what follows from it on this node; gives the messages it wants sent. */
  step(input: Input): Message[] {
    this.run(input)
    return this.takeMessages()
  }

  receive(message: Message): Message[] {
    return this.step({ type: 'receive', message })
  }

  tick(times = 1): Message[] {
    for (let i = 0; i < times; i++) this.run({ type: 'tick' })
    return this.takeMessages()
  }

  takeMessages(): Message[] {
    const messages = this.outbox
    this.outbox = []
    return messages
  }

  /** Effects of one step, carried out in order. */
  run(input: Input): readonly Effect[] {
    if (this.crashed) return []
    const effects = this.raft.step(input)
    const followUps: Input[] = []
    for (const effect of effects) this.carryOut(effect, followUps)
    for (const followUp of followUps) this.run(followUp)
    return effects
  }

  private carryOut(effect: Effect, followUps: Input[]): void {
    switch (effect.type) {
      case 'send':
        this.outbox.push(...effect.messages)
        return
      case 'installSnapshot':
        this.state = this.disk.snapshot!.state
        this.notices.push(effect)
        followUps.push({ type: 'applied', index: effect.meta.index })
        this.write(effect, followUps)
        return
      case 'persist':
      case 'compact':
        if (effect.type === 'compact') this.notices.push(effect)
        this.write(effect, followUps)
        return
      case 'apply':
        if (this.holdApplies) this.appliesHeld.push(effect.entries)
        else this.apply(effect.entries, followUps)
        return
      default:
        this.notices.push(effect)
    }
  }

  private write(operation: DiskOperation, followUps: Input[]): void {
    if (this.lyingDisk && operation.type === 'persist') {
      this.outbox.push(...operation.messages)
      followUps.push({ type: 'persisted', token: operation.token })
      this.held.push({ ...operation, messages: [] })
      return
    }
    if (this.holdWrites || this.held.length > 0) this.held.push(operation)
    else this.complete(operation, followUps)
  }

  private complete(operation: DiskOperation, followUps: Input[]): void {
    const { disk } = this
    if (operation.type === 'compact') {
      disk.entries = disk.entries.filter(({ index }) => index >= operation.firstIndex)
      return
    }
    disk.hardState = operation.hardState
    if (operation.type === 'installSnapshot') {
      if (!operation.keepLog) disk.entries = []
      return
    }
    const first = operation.entries[0]
    if (first !== undefined) {
      disk.entries = disk.entries.filter(({ index }) => index < first.index).concat(operation.entries)
    }
    this.outbox.push(...operation.messages)
    followUps.push({ type: 'persisted', token: operation.token })
  }

  private apply(entries: readonly Entry[], followUps: Input[]): void {
    this.applied.push(...entries)
    this.state = this.state.concat(entries.filter(({ kind }) => kind === 'command').map(({ data }) => data))
    followUps.push({ type: 'applied', index: entries[entries.length - 1]!.index })
  }

  /** Lets `count` of the held writes return, in order. */
  completeWrites(count = Infinity): Message[] {
    for (let i = 0; i < count && this.held.length > 0; i++) {
      const followUps: Input[] = []
      this.complete(this.held.shift()!, followUps)
      for (const followUp of followUps) this.run(followUp)
    }
    return this.takeMessages()
  }

  completeApplies(): Message[] {
    this.holdApplies = false
    for (const entries of this.appliesHeld.splice(0)) {
      const followUps: Input[] = []
      this.apply(entries, followUps)
      for (const followUp of followUps) this.run(followUp)
    }
    return this.takeMessages()
  }

  /** Takes a snapshot of what is applied and makes it durable. */
  takeSnapshot(): Message[] {
    const index = this.status.lastApplied
    const { configuration, index: configurationIndex } = this.raft.configurationAsOf(index)
    const term = this.raft.termAt(index)
    if (term === undefined) return []
    const meta: SnapshotMeta = { index, term, configuration, configurationIndex, bytes: 0, sha256: '', format: 1 }
    this.disk.snapshot = { meta, state: this.state }
    return this.step({ type: 'snapshotCreated', meta })
  }

  /** A leader's snapshot has arrived whole. */
  receiveSnapshot(from: string, term: number, snapshot: StoredSnapshot): Message[] {
    if (this.crashed) return []
    if ((this.disk.snapshot?.meta.index ?? 0) < snapshot.meta.index) this.disk.snapshot = snapshot
    return this.step({ type: 'snapshotReceived', from: asNodeId(from), term: asTerm(term), meta: snapshot.meta })
  }

  get status(): RaftStatus {
    return this.raft.status()
  }

  get log(): readonly Entry[] {
    return this.raft.entriesFrom(asIndex(1))
  }

  get logTerms(): number[] {
    return this.log.map(({ term }) => term)
  }

  noticesOf<T extends Effect['type']>(type: T): EffectOf<T>[] {
    return this.notices.filter((effect): effect is EffectOf<T> => effect.type === type)
  }
}

interface StateOptions {
  readonly term?: number
  readonly votedFor?: string | null
  readonly commit?: number
  /** Terms of the entries after the founding configuration (or the snapshot). */
  readonly log?: readonly number[]
  readonly snapshot?: { readonly index: number; readonly term: number }
}

/** What a node of this configuration finds on its disk; entry 1 is the configuration, of term 1. */
export function stateOf(configuration: Configuration, options: StateOptions = {}): RecoveredState {
  const founding = bootstrapState(configuration)
  const { snapshot } = options
  const base = snapshot?.index ?? 1
  const entries: Entry[] = (options.log ?? []).map((term, i) => ({
    index: asIndex(base + 1 + i),
    term: asTerm(term),
    kind: 'command',
    data: `${term}.${base + 1 + i}`
  }))
  const lastTerm = entries.at(-1)?.term ?? snapshot?.term ?? 1
  return {
    hardState: {
      term: asTerm(options.term ?? lastTerm),
      votedFor: options.votedFor ? asNodeId(options.votedFor) : null,
      commit: asIndex(options.commit ?? base)
    },
    snapshot: snapshot
      ? {
          index: asIndex(snapshot.index),
          term: asTerm(snapshot.term),
          configuration,
          configurationIndex: asIndex(1),
          bytes: 0,
          sha256: '',
          format: 1
        }
      : null,
    entries: snapshot ? entries : [...founding.entries, ...entries]
  }
}

export { emptyState }

/** As storage does before it hands a state over: a log that does not go with the snapshot is discarded (Figure 13). */
function joinLogToSnapshot(disk: Disk): void {
  if (disk.snapshot === null) return
  const { index, term } = disk.snapshot.meta
  const own = disk.entries.find((entry) => entry.index === index)
  if (own === undefined ? disk.entries[0]?.index === index + 1 : own.term === term) return
  if (disk.entries.length > 0 && disk.entries[0]!.index > index) return
  disk.entries = []
  const { hardState } = disk
  const isLater = hardState.term < term
  disk.hardState = {
    term: isLater ? term : hardState.term,
    votedFor: isLater ? null : hardState.votedFor,
    commit: index > hardState.commit ? index : hardState.commit
  }
}

/**
 * A synchronous network of cores: an input runs until no message is left, unless the test cuts a link, drops or
 * holds messages, holds a disk, or crashes a node. Nothing happens that the test did not ask for.
 */
import {
  asNodeId,
  asTerm,
  type ConfigurationChange,
  type Input,
  type Message,
  type NodeId,
  type RaftLimits,
  type RecoveredState
} from '../../../src-main/raft/types'
import { configurationOf, emptyState, stateOf, TestNode } from './test-node'

export interface ClusterOptions {
  readonly learners?: string
  readonly limits?: Partial<RaftLimits>
  readonly random?: (id: string) => () => number
  /** State of single nodes, where it differs from the founding one. */
  readonly states?: Readonly<Record<string, RecoveredState>>
  /** Nodes that exist and hold nothing yet. */
  readonly empty?: string
}

/** Spread over [0, 1) by the order of ids: the first times out first. */
const inOrder = (ids: readonly string[]) => (id: string) => () => ids.indexOf(id) / ids.length

export class Cluster {
  readonly nodes = new Map<string, TestNode>()
  /** Every message that was delivered, in order. */
  readonly delivered: Message[] = []
  private readonly wire: Message[] = []
  private readonly cuts = new Set<string>()
  private dropIf: (message: Message) => boolean = () => false
  /** sendSnapshot effects not yet carried out, when held. */
  readonly snapshotsHeld: { from: string; to: string }[] = []
  holdSnapshots = false

  constructor(voters: string, options: ClusterOptions = {}) {
    const ids = [...voters, ...(options.learners ?? ''), ...(options.empty ?? '')]
    const founding = stateOf(configurationOf({ voters, learners: options.learners ?? '' }))
    const random = options.random ?? inOrder(ids)
    for (const id of ids) {
      const recovered = options.states?.[id] ?? (options.empty?.includes(id) ? emptyState : founding)
      this.nodes.set(id, new TestNode(id, recovered, { limits: options.limits ?? {}, random: random(id) }))
    }
  }

  node(id: string): TestNode {
    return this.nodes.get(id)!
  }

  status(id: string) {
    return this.node(id).status
  }

  get ids(): string[] {
    return [...this.nodes.keys()]
  }

  /** Ids of those who believe they lead. */
  get leaders(): string[] {
    return this.ids.filter((id) => !this.node(id).crashed && this.status(id).role === 'leader')
  }

  /** One value per node, in order of ids. */
  each<T>(read: (node: TestNode) => T): T[] {
    return [...this.nodes.values()].map(read)
  }

  // --- faults ------------------------------------------------------------------------------------------------

  cut(from: string, to: string): void {
    this.cuts.add(from + to)
  }

  cutBoth(one: string, other: string): void {
    this.cut(one, other)
    this.cut(other, one)
  }

  isolate(id: string): void {
    for (const other of this.ids) if (other !== id) this.cutBoth(id, other)
  }

  partition(...groups: string[]): void {
    const groupOf = (id: string) => groups.findIndex((group) => group.includes(id))
    for (const one of this.ids) {
      for (const other of this.ids) if (groupOf(one) !== groupOf(other)) this.cut(one, other)
    }
  }

  drop(condition: (message: Message) => boolean): void {
    this.dropIf = condition
  }

  heal(): void {
    this.cuts.clear()
    this.dropIf = () => false
  }

  // --- inputs ------------------------------------------------------------------------------------------------

  /** Feeds one input and lets the network come to rest. */
  input(id: string, input: Input): void {
    this.feed(id, input)
    this.settle()
  }

  /** Feeds one input; its messages stay on the wire. */
  feed(id: string, input: Input): void {
    this.node(id).run(input)
    this.collect(id)
  }

  /** One tick for each of `ids`, then rest, `times` over. */
  tick(times = 1, ids: string = this.ids.join('')): void {
    for (let i = 0; i < times; i++) {
      for (const id of ids) this.feed(id, { type: 'tick' })
      this.settle()
    }
  }

  /** Time passes on `ids` without the network delivering anything. */
  sleep(ids: string, ticks: number): void {
    for (const id of ids) this.node(id).tick(ticks)
  }

  /** Ticks `id` alone until its election timer has run out; others keep what they believe. */
  timeOut(id: string): void {
    for (let i = 0; i < 2 * this.node(id).limits.electionTicks; i++) {
      const { role } = this.status(id)
      this.feed(id, { type: 'tick' })
      if (this.status(id).role !== role || this.wire.some(({ from }) => from === id)) break
    }
    this.settle()
  }

  /** Makes `id` leader the quick way: a leader's call to campaign at once, which needs nobody's timeout. */
  campaign(id: string): void {
    const { term } = this.status(id)
    const from = this.ids.find((other) => other !== id) ?? 'z'
    this.input(id, {
      type: 'receive',
      message: { type: 'TimeoutNow', from: asNodeId(from), to: asNodeId(id), term: asTerm(Math.max(term, 1)) }
    })
  }

  /** A leader by the ordinary way, from the start. */
  elect(id: string): void {
    this.timeOut(id)
    if (this.status(id).role !== 'leader') throw new Error(`${id} was not elected`)
  }

  propose(id: string, ...data: string[]): void {
    this.input(id, { type: 'propose', data })
  }

  read(id: string, context: number): void {
    this.input(id, { type: 'readIndex', context })
  }

  change(id: string, change: ConfigurationChange): void {
    this.input(id, { type: 'changeConfiguration', change })
  }

  setVoters(id: string, voters: string): void {
    this.change(id, { type: 'setVoters', voters: [...voters].map(asNodeId) })
  }

  transfer(id: string, to: string | null): void {
    this.input(id, { type: 'transferLeadership', to: to === null ? null : asNodeId(to) })
  }

  unreachable(id: string, peer: string): void {
    this.input(id, { type: 'unreachable', peer: asNodeId(peer) })
  }

  crash(id: string): void {
    this.node(id).crash()
  }

  restart(id: string): void {
    this.node(id).restart()
  }

  snapshot(id: string): void {
    this.node(id).outbox.push(...this.node(id).takeSnapshot())
    this.collect(id)
    this.settle()
  }

  completeWrites(id: string, count = Infinity): void {
    this.node(id).outbox.push(...this.node(id).completeWrites(count))
    this.collect(id)
    this.settle()
  }

  // --- the network -------------------------------------------------------------------------------------------

  /** Delivers until nothing is left. */
  settle(): void {
    for (let steps = 0; this.wire.length > 0; steps++) {
      if (steps > 100_000) throw new Error('messages never cease')
      this.deliver(this.wire.shift()!)
    }
  }

  /** Takes what is on the wire off it, for the test to deliver as it likes. */
  intercept(): Message[] {
    return this.wire.splice(0)
  }

  /** Puts `messages` on the wire and lets the network come to rest. */
  release(...messages: Message[]): void {
    this.wire.push(...messages)
    this.settle()
  }

  private deliver(message: Message): void {
    const target = this.nodes.get(message.to)
    if (target === undefined || target.crashed) return
    if (this.cuts.has(message.from + message.to) || this.dropIf(message)) return
    this.delivered.push(message)
    this.feed(message.to, { type: 'receive', message })
  }

  private collect(id: string): void {
    const node = this.node(id)
    this.wire.push(...node.takeMessages())
    const requests = node.notices.filter((effect) => effect.type === 'sendSnapshot')
    if (requests.length === 0) return
    node.notices = node.notices.filter((effect) => effect.type !== 'sendSnapshot')
    for (const { to } of requests) {
      if (this.holdSnapshots) this.snapshotsHeld.push({ from: id, to })
      else this.deliverSnapshot(id, to)
    }
  }

  /** Carries the latest snapshot of `from` to `to`, and reports how it went. */
  deliverSnapshot(from: string, to: string): void {
    const sender = this.node(from)
    const target = this.nodes.get(to)
    const arrives = target !== undefined && !target.crashed && !this.cuts.has(from + to)
    if (arrives) {
      target.outbox.push(...target.receiveSnapshot(from, sender.status.term, sender.disk.snapshot!))
      this.collect(to)
    }
    this.feed(from, { type: 'snapshotSent', to: asNodeId(to), success: arrives })
  }
}

export const ids = (text: string): NodeId[] => [...text].map(asNodeId)

/**
 * A cluster under random faults from one seed: messages dropped, doubled, delayed and reordered; barriers late;
 * crashes; changes of membership; snapshots; gaps in time. Safety is checked after every step, and in the end,
 * with the faults gone, the cluster must come to rest in agreement.
 */
import { isMember, isVoter } from '../../../src-main/raft/configuration'
import { asNodeId, type ConfigurationChange, type Input, type Message } from '../../../src-main/raft/types'
import { Prng } from './prng'
import { Safety, SafetyBroken } from './safety'
import { configurationOf, emptyState, memberInfo, stateOf, TestNode, type Disk, type StoredSnapshot } from './test-node'

type Delivery =
  | { readonly to: string; readonly message: Message }
  | { readonly to: string; readonly from: string; readonly term: number; readonly snapshot: StoredSnapshot }

interface Read {
  readonly node: TestNode
  readonly atLeast: number
}

const INPUTS_BEFORE_HEALING = 3_000
const ROUNDS_TO_CONVERGE = 400

export interface ChaosReport {
  readonly committed: number
  readonly terms: number
  readonly reads: number
  readonly crashes: number
  readonly changes: number
  readonly snapshots: number
}

export class Chaos {
  readonly nodes = new Map<string, TestNode>()
  private readonly disks = new Map<string, Disk>()
  private readonly prng: Prng
  private readonly safety = new Safety()
  private wire: Delivery[] = []
  private cut = new Set<string>()
  private readonly reads = new Map<number, Read>()
  private nextContext = 1
  private nextCommand = 1
  private nextSpare = 0
  private faulty = true
  private readonly lossy: number
  /** How likely each kind of rare fault is to be skipped: every seed has its own mix. */
  private readonly calm: Record<'crash' | 'partition' | 'clock' | 'disk' | 'hint', boolean>
  private counts = { reads: 0, crashes: 0, changes: 0, snapshots: 0 }

  /** `sabotage` breaks nodes on purpose, to see that it is found out. */
  constructor(
    seed: number,
    private readonly sabotage: (node: TestNode) => void = () => {}
  ) {
    this.prng = new Prng(seed)
    this.lossy = this.prng.pick([0, 0.02, 0.1, 0.3])
    const calm = () => this.prng.chance(0.5)
    this.calm = { crash: calm(), partition: calm(), clock: calm(), disk: calm(), hint: calm() }
    const founders = this.prng.pick(['a', 'abc', 'abc', 'abcd', 'abcde'])
    const configuration = configurationOf({ voters: founders })
    for (const id of founders) this.add(id, stateOf(configuration))
  }

  private add(id: string, recovered: ConstructorParameters<typeof TestNode>[1]): void {
    const limits = {
      electionTicks: 8,
      heartbeatTicks: 2,
      trailingEntries: this.prng.pick([0, 3, 20]),
      appendEntriesMax: this.prng.pick([1, 3, 100]),
      inflightMessagesMax: this.prng.pick([1, 3, 64]),
      applyBytesMax: this.prng.pick([1, 200, 1_000_000])
    }
    const node = new TestNode(id, recovered, { limits, random: this.prng.next })
    this.sabotage(node)
    this.nodes.set(id, node)
    this.disks.set(id, node.disk)
  }

  run(): ChaosReport {
    for (let i = 0; i < INPUTS_BEFORE_HEALING; i++) {
      this.action()
      if (i % 50 === 0) this.safety.checkLogMatching([...this.nodes.values()])
    }
    this.heal()
    return {
      committed: this.safety.committed.size,
      terms: Math.max(...[...this.nodes.values()].map(({ status }) => status.term)),
      ...this.counts
    }
  }

  private action(): void {
    const { prng } = this
    const node = prng.pick([...this.nodes.values()])
    const dice = prng.below(1000)
    if (dice < 130) this.feed(node, { type: 'tick' })
    else if (dice < 660) this.deliver()
    else if (dice < 780) this.completeWrites(node, 1)
    else if (dice < 800) node.holdWrites = prng.chance(this.calm.disk ? 0 : 0.5)
    else if (dice < 860) this.propose(this.leader ?? node)
    else if (dice < 880) this.read(node)
    else if (dice < 884) this.rarely('crash', () => this.crash(node))
    else if (dice < 900) this.crashedReturn()
    else if (dice < 902) this.rarely('partition', () => this.partition())
    else if (dice < 915) this.cut.clear()
    else if (dice < 935) this.change(this.leader ?? node)
    else if (dice < 955) this.snapshot(node)
    else if (dice < 962) this.feed(node, { type: 'transferLeadership', to: prng.pick([null, this.anyId()]) })
    else if (dice < 975) this.rarely('hint', () => this.feed(node, { type: 'unreachable', peer: this.anyId() }))
    else if (dice < 980) this.rarely('clock', () => this.feed(node, { type: 'timeGap', elapsedMs: 5_000 }))
    else if (dice < 984) this.rarely('disk', () => this.feed(node, { type: 'diskStalled' }))
    else if (dice < 988) this.rarely('clock', () => this.ticks(prng.below(20)))
    else this.settleSome()
  }

  private rarely(kind: keyof typeof this.calm, fault: () => void): void {
    if (!this.calm[kind]) fault()
  }

  private get leader(): TestNode | undefined {
    return [...this.nodes.values()].find((node) => !node.crashed && node.status.role === 'leader')
  }

  private settleSome(): void {
    for (let i = this.prng.below(100); i > 0; i--) this.deliver()
  }

  private anyId() {
    return asNodeId(this.prng.pick([...this.nodes.keys()]))
  }

  private ticks(times: number): void {
    for (let i = 0; i < times; i++) for (const node of this.nodes.values()) this.feed(node, { type: 'tick' })
  }

  private feed(node: TestNode, input: Input): void {
    if (node.crashed) return
    node.run(input)
    this.after(node)
  }

  /** Puts on the wire what `node` wants sent, and checks what it has become. */
  private after(node: TestNode): void {
    for (const message of node.takeMessages()) {
      this.safety.sent(message)
      this.wire.push({ to: message.to, message })
      if (this.faulty && this.prng.chance(0.03)) this.wire.push({ to: message.to, message })
    }
    for (const effect of node.notices) {
      if (effect.type === 'sendSnapshot') this.sendSnapshot(node, effect.to)
      else if (effect.type === 'readReady') this.readReady(effect.context, effect.index)
    }
    node.notices = []
    this.safety.check(node, this.disks)
  }

  private deliver(): void {
    if (this.wire.length === 0) return
    // Mostly in order, sometimes not.
    const at = this.prng.chance(0.7) ? 0 : this.prng.below(this.wire.length)
    const delivery = this.wire.splice(at, 1)[0]!
    const from = 'message' in delivery ? delivery.message.from : delivery.from
    const lost = this.faulty && (this.cut.has(`${from}${delivery.to}`) || this.prng.chance(this.lossy))
    const target = this.nodes.get(delivery.to)
    const sender = this.nodes.get(from)
    if (target === undefined || target.crashed || lost) {
      if (!('message' in delivery) && sender)
        this.feed(sender, { type: 'snapshotSent', to: asNodeId(delivery.to), success: false })
      return
    }
    if ('message' in delivery) {
      this.feed(target, { type: 'receive', message: delivery.message })
    } else {
      target.outbox.push(...target.receiveSnapshot(from, delivery.term, delivery.snapshot))
      this.after(target)
      if (sender) this.feed(sender, { type: 'snapshotSent', to: asNodeId(delivery.to), success: this.prng.chance(0.8) })
    }
  }

  private sendSnapshot(node: TestNode, to: string): void {
    const { snapshot } = node.disk
    this.counts.snapshots++
    this.wire.push({ to, from: node.id, term: node.status.term, snapshot: snapshot! })
  }

  private completeWrites(node: TestNode, count: number): void {
    if (node.crashed) return
    node.outbox.push(...node.completeWrites(count))
    this.after(node)
  }

  private propose(node: TestNode): void {
    const data = Array.from({ length: 1 + this.prng.below(4) }, () => `command ${this.nextCommand++}`)
    this.feed(node, { type: 'propose', data })
  }

  private read(node: TestNode): void {
    if (node.crashed) return
    const context = this.nextContext++
    this.reads.set(context, { node, atLeast: this.safety.commitIndex })
    this.feed(node, { type: 'readIndex', context })
  }

  /** A read may not miss what was committed before it was asked. */
  private readReady(context: number, index: number): void {
    const read = this.reads.get(context)
    if (read === undefined) throw new SafetyBroken(`read ${context} is answered twice`)
    this.reads.delete(context)
    this.counts.reads++
    if (index < read.atLeast) throw new SafetyBroken(`read at ${index} misses commits up to ${read.atLeast}`)
  }

  private crash(node: TestNode): void {
    if (node.crashed) return
    node.crash()
    this.counts.crashes++
    for (const [context, read] of this.reads) if (read.node === node) this.reads.delete(context)
  }

  private crashedReturn(): void {
    const crashed = [...this.nodes.values()].filter((node) => node.crashed)
    if (crashed.length > 0) this.restart(this.prng.pick(crashed))
  }

  private restart(node: TestNode): void {
    node.restart()
    this.after(node)
  }

  private partition(): void {
    const ids = [...this.nodes.keys()]
    const inside = new Set(ids.filter(() => this.prng.chance(0.5)))
    const oneWay = this.prng.chance(0.2)
    for (const from of ids) {
      for (const to of ids) {
        if (inside.has(from) !== inside.has(to) && (!oneWay || inside.has(from))) this.cut.add(`${from}${to}`)
      }
    }
  }

  private snapshot(node: TestNode): void {
    if (node.crashed || node.status.lastApplied <= node.status.snapshotIndex) return
    node.outbox.push(...node.takeSnapshot())
    this.after(node)
  }

  private change(node: TestNode): void {
    if (node.crashed || node.status.role !== 'leader') return
    const before = node.status.configurationIndex
    this.feed(node, { type: 'changeConfiguration', change: this.anyChange(node) })
    if (!node.crashed && node.status.configurationIndex !== before) this.counts.changes++
  }

  private anyChange(node: TestNode): ConfigurationChange {
    const { prng } = this
    const { configuration } = node.status
    const members = Object.keys(configuration.members).map(asNodeId)
    switch (prng.below(4)) {
      case 0: {
        // A node that leaves comes back under another name.
        const id = 'nopqrstuvwxyz'[this.nextSpare]
        if (id === undefined || this.nodes.size >= 8) break
        if (node.status.configurationCommitted) {
          this.nextSpare++
          this.add(id, emptyState)
        }
        return { type: 'addLearner', id: asNodeId(id), info: memberInfo(id) }
      }
      case 1:
        if (members.length > 2) return { type: 'remove', id: prng.pick(members) }
        break
      case 2:
        return { type: 'updateInfo', id: prng.pick(members), info: memberInfo('new') }
    }
    const voters = members.filter(() => prng.chance(0.7))
    return { type: 'setVoters', voters: voters.length > 0 ? voters : members }
  }

  /** Ends the faults; the cluster must elect a leader, agree and serve. */
  private heal(): void {
    this.faulty = false
    this.cut.clear()
    for (const node of this.nodes.values()) {
      node.holdWrites = false
      if (node.crashed) this.restart(node)
      this.completeWrites(node, Infinity)
    }
    for (let round = 0; round < ROUNDS_TO_CONVERGE; round++) {
      this.ticks(1)
      this.settle()
      if (this.agreed()) {
        this.settle()
        this.safety.checkLogMatching([...this.nodes.values()])
        return
      }
    }
    const states = [...this.nodes.values()].map(({ status }) => JSON.stringify({ ...status, configuration: undefined }))
    throw new SafetyBroken(`no agreement after healing:\n${states.join('\n')}`)
  }

  private settle(): void {
    let steps = 0
    while (this.wire.length > 0) {
      this.deliver()
      if (++steps > 200_000) throw new SafetyBroken('messages never cease')
    }
  }

  private probed = false

  private agreed(): boolean {
    const nodes = [...this.nodes.values()]
    // A node that was removed while cut off may be left behind in a term of its own.
    const leading = nodes.filter(({ status }) => status.role === 'leader')
    const leader = leading.sort((one, other) => other.status.term - one.status.term)[0]
    if (leader === undefined || !isVoter(leader.status.configuration, asNodeId(leader.id))) return false
    if (!this.probed) {
      this.probed = true
      this.feed(leader, { type: 'propose', data: ['after healing'] })
      this.read(leader)
      return false
    }
    const { configuration, commitIndex, lastIndex, configurationCommitted } = leader.status
    if (commitIndex !== lastIndex || !configurationCommitted || configuration.votersOutgoing.length > 0) return false
    return nodes
      .filter(({ id }) => isMember(configuration, asNodeId(id)))
      .every(
        ({ status, state }) =>
          status.lastApplied === commitIndex &&
          status.leaderId === leader.id &&
          JSON.stringify(state) === JSON.stringify(leader.state)
      )
  }
}

/**
 * The person who looks after the farm: adds machines, promotes, demotes and removes them, replaces those that are
 * lost. Asks any node that answers, again and again, as a person would; a refusal is no finding.
 */
import type { NodeId } from '../../src-main/raft/types'
import type { Replica } from '../../src-main/runtime/replica'
import type { Cluster } from './cluster'
import type { Machine } from './machine'
import type { Random } from './random'
import { MS, SECOND, type Scheduler } from './scheduler'
import type { Trace } from './trace'

const ASK_MS = 4000

export class Operator {
  /** Machines that are being replaced; only one at a time loses its disk. */
  private readonly busy = new Set<Machine>()
  private asking = 0
  /** Nodes on their way in; an id that was removed is never added again. */
  private joining = 0

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly cluster: Cluster,
    private readonly trace: Trace,
    private readonly working: () => boolean
  ) {}

  /** Somebody is gone for good: this is no time to take the vote from others. */
  get inTrouble(): boolean {
    return this.joining > 0 || this.busy.size > 0 || this.cluster.hasUnreliable
  }

  /** Somebody waits for the answer to a change of the membership, which may still come about. */
  get waits(): boolean {
    return this.asking > 0 || this.busy.size > 0
  }

  /** May a disk be lost now, without losing what a majority promised to keep? */
  mayLose(machine: Machine): boolean {
    if (machine.state === 'lost' || this.busy.size > 0 || this.asking > 0) return false
    if (this.cluster.hasUnreliable) return false
    const leader = this.cluster.leader()
    const status = leader === null ? null : this.cluster.core(leader)?.status()
    if (status === undefined || status === null || !status.configurationCommitted) return false
    if (this.cluster.mayHoldConfigurationBeyond(status.configurationIndex)) return false
    const { voters, votersOutgoing } = status.configuration
    return voters.length >= 3 && votersOutgoing.length === 0
  }

  /** `machine` is lost or removed: its member is removed, and it joins as another. */
  async replace(machine: Machine): Promise<void> {
    if (this.busy.has(machine)) return
    this.busy.add(machine)
    const old = machine.id
    await this.pause(500, 3000)
    if (
      !(await this.persist(
        (replica) => replica.removeMember(old, ASK_MS),
        () => this.isSettled() && !this.isMember(old)
      ))
    ) {
      this.busy.delete(machine)
      return
    }
    if (this.cluster.renew(machine)) await this.join(machine)
    this.busy.delete(machine)
  }

  /** A machine with an empty disk becomes a learner, and then a voter. */
  async join(machine: Machine): Promise<void> {
    const { id } = machine
    const info = this.cluster.infoOf(id)
    if (machine.state !== 'down') return
    while (this.members().length === 0) {
      if (!this.working()) return
      await this.pause(200, 1500)
    }
    // The invite names who is a member now.
    machine.named = new Map(this.members().map((m) => [m.id, this.cluster.infoOf(m.id)]))
    this.cluster.start(machine)
    this.joining++
    this.trace.story(id, 'asks to join')
    const taken = await this.persist(
      (replica) => replica.addLearner(id, info, ASK_MS),
      () => this.isSettled() && this.isMember(id)
    )
    this.joining--
    if (!taken) return
    await this.pause(200, 2000)
    await this.promote(id)
  }

  async promote(id: NodeId): Promise<void> {
    await this.persist(
      (replica) => replica.setSuffrage(id, 'voter', ASK_MS),
      () => this.isVoter(id)
    )
  }

  /** Asks once, `machine` or any; whatever the answer. */
  async once(ask: (replica: Replica) => Promise<unknown>, machine?: Machine): Promise<void> {
    this.asking++
    await this.attempt(ask, machine ?? this.anyone())
    this.asking--
  }

  isMember(id: NodeId): boolean {
    return this.members().some((m) => m.id === id)
  }

  /** What the leader says of the members is committed. */
  private isSettled(): boolean {
    const leader = this.cluster.leader()
    return leader !== null && this.cluster.core(leader)?.status().configurationCommitted === true
  }

  private isVoter(id: NodeId): boolean {
    return this.members().some((m) => m.id === id && m.suffrage === 'voter')
  }

  /** As the leader sees it; empty without one. */
  private members() {
    return this.cluster.leader()?.replica?.status().members ?? []
  }

  private async persist(ask: (replica: Replica) => Promise<unknown>, done: () => boolean): Promise<boolean> {
    for (let attempt = 0; attempt < 12 && this.working(); attempt++) {
      await this.attempt(ask, this.anyone())
      if (done()) return true
      await this.pause(200, 1500)
    }
    return false
  }

  private anyone(): Machine | null {
    return this.random.pickOr<Machine | null>(this.cluster.serving, null)
  }

  private async attempt(ask: (replica: Replica) => Promise<unknown>, machine: Machine | null): Promise<void> {
    if (machine === null) return
    const { replica, life } = machine
    if (replica === null || life === null || life.paused) return
    await Promise.race([
      ask(replica).then(
        () => undefined,
        (error: unknown) => this.trace.story(machine.id, `answers the operator: ${String((error as Error).message)}`)
      ),
      new Promise<void>((resolve) => life.onEnd(resolve)),
      this.scheduler.delay(ASK_MS * MS + 3 * SECOND, null)
    ])
  }

  private pause(minMs: number, maxMs: number): Promise<void> {
    return this.scheduler.delay(this.random.between(minMs, maxMs) * MS, null)
  }
}

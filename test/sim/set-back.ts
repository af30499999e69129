/**
 * A machine's data folder is set back to an earlier copy of it, so that its node has forgotten what it promised since.
 *
 * No protocol of this kind can make up for that, so it is done only where the rest still vouches for everything: all
 * other voters hold all that is committed, in the present term and configuration. There the node must either catch
 * up, or notice and stop; then somebody replaces it.
 */
import type { Cluster } from './cluster'
import type { Machine } from './machine'
import type { Operator } from './operator'
import type { Oracle } from './oracle'
import { MS, SECOND, type Scheduler } from './scheduler'
import type { Trace } from './trace'

/** The moment in which the others vouch for everything is waited for. */
const LOOK_AGAIN_MS = 20
const LOOKS_MAX = 200

export class SetBack {
  constructor(
    private readonly scheduler: Scheduler,
    private readonly cluster: Cluster,
    private readonly operator: Operator,
    private readonly oracle: Oracle,
    private readonly trace: Trace
  ) {}

  /** Copies the folder now, and puts the copy in its place `afterMs` later; `ended`: the time of troubles is over. */
  begin(machine: Machine, afterMs: number, ended: () => boolean): void {
    const { id } = machine
    const configurationIndex = this.cluster.core(machine)?.status().configurationIndex
    if (machine.state !== 'running' || configurationIndex === undefined) return
    const putBack = machine.copyDisk()
    this.trace.story(id, 'is copied')
    let looks = LOOKS_MAX
    const look = (): void => {
      if (ended() || machine.id !== id) return
      if (machine.state === 'running' && this.othersVouch(machine, configurationIndex)) this.setBack(machine, putBack)
      else if (--looks > 0) this.scheduler.after(LOOK_AGAIN_MS * MS, null, look)
    }
    this.scheduler.after(afterMs * MS, null, look)
  }

  private setBack(machine: Machine, putBack: () => void): void {
    const { commitIndex } = this.cluster.leader()!.replica!.raftStatus()
    this.cluster.kill(machine, true)
    putBack()
    machine.forgetful = true
    this.oracle.setBack(machine.id)
    this.trace.story(machine.id, 'is set back')
    this.cluster.start(machine)
    this.await(machine, commitIndex)
  }

  private othersVouch(machine: Machine, configurationIndex: number): boolean {
    if (!this.operator.mayLose(machine)) return false
    const status = this.cluster.leader()!.replica!.raftStatus()
    if (status.configurationIndex !== configurationIndex || status.commitIndex !== status.lastIndex) return false
    return status.configuration.voters.every((id) => {
      if (id === machine.id) return true
      const { durability, committed } = this.oracle
      const last = committed.entries[status.commitIndex]
      if (last === undefined || durability.held(id).term !== status.term) return false
      return durability.holds(id, last.index, last.term)
    })
  }

  /** It catches up, or it has noticed and is replaced. */
  private await(machine: Machine, commitIndex: number): void {
    const { id } = machine
    this.scheduler.after(SECOND, null, () => {
      if (machine.id !== id || !machine.forgetful) return
      if (machine.state === 'lost') void this.operator.replace(machine)
      else if ((machine.replica?.appliedIndex ?? 0) >= commitIndex) machine.forgetful = false
      else this.await(machine, commitIndex)
    })
  }
}

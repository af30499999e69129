/**
 * What the configuration is, and changes to it as the leader carries them out: handed to the core one at a time,
 * done once the final configuration is committed.
 *
 * Invariant: an answer of `done` means committed. Everything can be asked again: what is already so is done.
 */
import { majority } from '../raft/quorum'
import type { Configuration, ConfigurationChange, LogIndex, MemberInfo, NodeId, Refusal } from '../raft/types'
import type { ProblemCode } from '../contract/problems'
import { isCaughtUp } from './caught-up'
import type { Clock } from './clock'
import type { Driver } from './driver'
import type { Handover } from './handover'
import { sameInfo } from './member-info'

export type Result =
  | { readonly code: 'done'; readonly index: number; readonly leaderId: NodeId | null }
  | { readonly code: 'not_leader' }
  /** Not now; ask again. */
  | { readonly code: 'busy'; readonly detail: string }
  | { readonly code: 'failed'; readonly problem: ProblemCode; readonly detail: string }

interface Waiter {
  readonly goal: (configuration: Configuration) => boolean
  readonly end: (result: Result) => void
}

export class Membership {
  configuration: Configuration
  configurationIndex: LogIndex
  committed: boolean
  /** Told of suffrage that people have chosen, so that no automatism undoes it. */
  onManualSuffrage: (id: NodeId) => void = () => {}
  #waiters: Waiter[] = []

  constructor(
    private readonly deps: {
      readonly self: NodeId
      readonly clock: Clock
      readonly driver: Driver
      readonly handover: Handover
      readonly silentTicksMax: number
    }
  ) {
    const { configuration, configurationIndex, configurationCommitted } = deps.driver.raft.status()
    this.configuration = configuration
    this.configurationIndex = configurationIndex
    this.committed = configurationCommitted
  }

  /** The configuration in effect may be another now, or committed now; news may also be of an earlier one. */
  onConfiguration(): void {
    const { configuration, configurationIndex, configurationCommitted } = this.deps.driver.raft.status()
    this.configuration = configuration
    this.configurationIndex = configurationIndex
    this.committed = configurationCommitted
    this.#serve()
  }

  onRole(): void {
    if (this.deps.driver.isLeader) return
    for (const { end } of this.#waiters.splice(0)) end({ code: 'not_leader' })
  }

  async addLearner(id: NodeId, info: MemberInfo, timeoutMs: number): Promise<Result> {
    const known = this.configuration.members[id]
    if (known !== undefined) {
      if (known.fingerprint !== info.fingerprint) {
        return failed('already_member', `Another node is a member under the id ${id}.`)
      }
      return this.#committedGoal((configuration) => configuration.members[id] !== undefined, timeoutMs)
    }
    return this.#change({ type: 'addLearner', id, info }, ({ members }) => members[id] !== undefined, timeoutMs)
  }

  async updateInfo(id: NodeId, info: MemberInfo, timeoutMs: number): Promise<Result> {
    const same = ({ members }: Configuration): boolean => sameInfo(members[id], info)
    if (this.configuration.members[id] === undefined) return failed('not_found', `${id} is not a member.`)
    if (same(this.configuration)) return this.#committedGoal(same, timeoutMs)
    return this.#change({ type: 'updateInfo', id, info }, same, timeoutMs)
  }

  /** `force`: even where those who would vote then have no majority that answers now. */
  async remove(id: NodeId, force: boolean, timeoutMs: number): Promise<Result> {
    const gone = ({ members }: Configuration): boolean => members[id] === undefined
    if (gone(this.configuration)) {
      return this.committed ? failed('not_found', `${id} is not a member.`) : this.#committedGoal(gone, timeoutMs)
    }
    const { voters } = this.configuration
    if (!force && voters.includes(id) && !this.#keepsQuorum(without(voters, id))) return AT_RISK
    if (await this.#handedOver(id)) return { code: 'not_leader' }
    return this.#change({ type: 'remove', id }, gone, timeoutMs)
  }

  /** `force` as for {@link Membership.remove}. */
  async setSuffrage(id: NodeId, suffrage: 'voter' | 'learner', force: boolean, timeoutMs: number): Promise<Result> {
    const { voters, members } = this.configuration
    if (members[id] === undefined) return failed('not_found', `${id} is not a member.`)
    const isSo = (configuration: Configuration): boolean => configuration.voters.includes(id) === (suffrage === 'voter')
    this.onManualSuffrage(id)
    if (isSo(this.configuration)) return this.#committedGoal(isSo, timeoutMs)
    if (suffrage === 'voter') {
      if (!this.#isCaughtUp(id)) return { code: 'busy', detail: `${id} is still catching up.` }
      return this.setVoters([...voters, id], timeoutMs)
    }
    if (voters.length === 1) return failed('last_voter', 'The last voter cannot become a learner.')
    if (!force && !this.#keepsQuorum(without(voters, id))) return AT_RISK
    if (await this.#handedOver(id)) return { code: 'not_leader' }
    return this.setVoters(without(voters, id), timeoutMs)
  }

  setVoters(voters: readonly NodeId[], timeoutMs: number): Promise<Result> {
    const goal = (configuration: Configuration): boolean =>
      configuration.voters.length === voters.length && voters.every((id) => configuration.voters.includes(id))
    return this.#change({ type: 'setVoters', voters }, goal, timeoutMs)
  }

  /** This node leads and is to leave or to step back: another leads first, if another can. */
  async #handedOver(id: NodeId): Promise<boolean> {
    const { self, driver, handover } = this.deps
    if (id !== self || !driver.isLeader || this.configuration.voters.length === 1) return false
    return (await handover.run(null, handover.deadlineMs)) !== null
  }

  async #change(change: ConfigurationChange, goal: Waiter['goal'], timeoutMs: number): Promise<Result> {
    const { refusal } = await this.deps.driver.attempt({ type: 'changeConfiguration', change })
    return refusal === null ? this.#committedGoal(goal, timeoutMs) : refused(refusal, change)
  }

  #committedGoal(goal: Waiter['goal'], timeoutMs: number): Promise<Result> {
    if (!this.deps.driver.isLeader) return Promise.resolve({ code: 'not_leader' })
    return new Promise((resolve) => {
      const cancel = this.deps.clock.after(timeoutMs, () =>
        waiter.end({ code: 'busy', detail: 'The change is not committed yet.' })
      )
      const waiter: Waiter = {
        goal,
        end: (result) => {
          cancel()
          this.#waiters = this.#waiters.filter((other) => other !== waiter)
          resolve(result)
        }
      }
      this.#waiters.push(waiter)
      this.#serve()
    })
  }

  #serve(): void {
    if (!this.committed || this.configuration.votersOutgoing.length > 0) return
    const result: Result = { code: 'done', index: this.configurationIndex, leaderId: this.deps.driver.leaderId }
    for (const waiter of [...this.#waiters]) if (waiter.goal(this.configuration)) waiter.end(result)
  }

  /** Does a majority of them answer now? Nobody left to vote is another matter, and refused by the core. */
  #keepsQuorum(voters: readonly NodeId[]): boolean {
    const { progress } = this.deps.driver.raft.status()
    const answers = (id: NodeId): boolean =>
      id === this.deps.self || progress.some((peer) => peer.id === id && peer.silentTicks < this.deps.silentTicksMax)
    return voters.length === 0 || voters.filter(answers).length >= majority(voters.length)
  }

  #isCaughtUp(id: NodeId): boolean {
    const status = this.deps.driver.raft.status()
    const peer = status.progress.find((one) => one.id === id)
    if (peer === undefined) return false
    return peer.silentTicks < this.deps.silentTicksMax && isCaughtUp(status, peer)
  }
}

const without = (voters: readonly NodeId[], id: NodeId): NodeId[] => voters.filter((voter) => voter !== id)

const failed = (problem: ProblemCode, detail: string): Result => ({ code: 'failed', problem, detail })

const AT_RISK = failed(
  'quorum_at_risk',
  'Of those who would vote then, no majority answers now: nothing could be changed until they are back.'
)

function refused(refusal: Refusal, change: ConfigurationChange): Result {
  switch (refusal) {
    case 'notLeader':
      return { code: 'not_leader' }
    case 'overloaded':
    case 'leadershipTransferInProgress':
    case 'configurationChangeInProgress':
      return { code: 'busy', detail: 'Another change of the membership is in progress.' }
    case 'unknownMember':
      return failed('not_found', 'There is no such member.')
    case 'alreadyMember':
      return failed('already_member', 'This node is a member already.')
    case 'lastVoter':
      return failed('last_voter', 'The last voter cannot be removed.')
    case 'invalid':
      return failed('invalid_request', `The change ${change.type} is not valid.`)
  }
}

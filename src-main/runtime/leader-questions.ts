/**
 * Membership changes and leadership transfer from any node: asked of whoever leads, again and again until it is
 * done, refused for good, or the deadline has come.
 *
 * Invariant: resolves only after the change is committed (and, where that is soon, applied here). Asking twice does
 * no harm: the leader answers for what is already so.
 */
import { asNodeId, type MemberInfo, type NodeId } from '../raft/types'
import type { Clock } from './clock'
import type { Driver } from './driver'
import type { Handover } from './handover'
import type { RuntimeLimits } from './limits'
import { isMemberInfo } from './member-info'
import type { Membership, Result } from './membership'
import { Failure } from './replica'
import type { Requests } from './requests'

export type Question =
  | { readonly method: 'addLearner'; readonly id: NodeId; readonly info: MemberInfo }
  | { readonly method: 'updateInfo'; readonly id: NodeId; readonly info: MemberInfo }
  | { readonly method: 'removeMember'; readonly id: NodeId; readonly force: boolean }
  | {
      readonly method: 'setSuffrage'
      readonly id: NodeId
      readonly suffrage: 'voter' | 'learner'
      readonly force: boolean
    }
  | { readonly method: 'transferLeadership'; readonly to: NodeId | null }

export class LeaderQuestions {
  #refuse: Failure | null = null

  constructor(
    private readonly deps: {
      readonly self: NodeId
      readonly clock: Clock
      readonly limits: RuntimeLimits
      readonly driver: Driver
      readonly membership: Membership
      readonly handover: Handover
      readonly requests: Requests
    }
  ) {}

  close(failure: Failure): void {
    this.#refuse = failure
  }

  /** Takes back {@link close} with the same failure. */
  reopen(failure: Failure): void {
    if (this.#refuse === failure) this.#refuse = null
  }

  /** Resolves with what the leader answered; rejects with Failure. */
  async ask(question: Question, timeoutMs: number): Promise<Extract<Result, { code: 'done' }>> {
    const { clock, limits, driver } = this.deps
    const deadlineMs = clock.monotonicMs() + timeoutMs
    let busy: string | null = null
    let lost = false
    for (;;) {
      if (this.#refuse !== null) {
        if (this.#refuse.code === 'removed' && this.#removesSelf(question)) return DONE
        throw this.#refuse
      }
      const leftMs = deadlineMs - clock.monotonicMs()
      if (leftMs <= 0) throw late(busy, lost)
      const { leaderId } = driver
      if (leaderId !== null) {
        const result = await this.#askOnce(leaderId, question, Math.min(leftMs, limits.requestAttemptMs))
        if (result === null) lost = true
        else if (result.code === 'done') return result
        else if (result.code === 'busy') busy = result.detail
        else if (result.code === 'failed') {
          // An earlier attempt, whose end went unseen, has removed it.
          if ((lost || busy !== null) && question.method === 'removeMember' && result.problem === 'not_found')
            return DONE
          throw new Failure(result.problem, result.detail)
        }
      }
      await this.#pause(Math.min(limits.requestPauseMs, leftMs))
    }
  }

  /** Carries out what another node (or this one) asks of this one as leader. */
  async answer(question: Question, timeoutMs: number): Promise<Result> {
    const { driver, membership } = this.deps
    if (!driver.isLeader) return { code: 'not_leader' }
    switch (question.method) {
      case 'addLearner':
        return membership.addLearner(question.id, question.info, timeoutMs)
      case 'updateInfo':
        return membership.updateInfo(question.id, question.info, timeoutMs)
      case 'removeMember':
        return membership.remove(question.id, question.force, timeoutMs)
      case 'setSuffrage':
        return membership.setSuffrage(question.id, question.suffrage, question.force, timeoutMs)
      case 'transferLeadership':
        return this.#transfer(question.to, timeoutMs)
    }
  }

  async #transfer(to: NodeId | null, timeoutMs: number): Promise<Result> {
    const { handover, membership, self } = this.deps
    const { voters } = membership.configuration
    if (to !== null && !voters.includes(to)) {
      return { code: 'failed', problem: 'not_found', detail: `${to} is not a voter.` }
    }
    if (to === null && voters.length === 1) {
      return { code: 'failed', problem: 'last_voter', detail: 'There is no other voter to hand over to.' }
    }
    if (to === self) return { code: 'done', index: 0, leaderId: self }
    const leaderId = await handover.run(to, Math.min(timeoutMs, handover.deadlineMs))
    if (leaderId === null) return { code: 'busy', detail: 'The new leader did not take over.' }
    return { code: 'done', index: 0, leaderId }
  }

  /** null: no answer. */
  async #askOnce(leaderId: NodeId, question: Question, timeoutMs: number): Promise<Result | null> {
    if (leaderId === this.deps.self) return this.answer(question, timeoutMs)
    const body = { question, timeoutMs }
    const answer = await this.deps.requests.ask(leaderId, 'leader', body, timeoutMs)
    if (answer.type === 'overloaded') return { code: 'busy', detail: 'Too many requests are under way.' }
    return answer.type === 'answered' && answer.ok ? (answer.body as Result) : null
  }

  #removesSelf(question: Question): boolean {
    return question.method === 'removeMember' && question.id === this.deps.self
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.deps.clock.after(ms, resolve))
  }
}

const DONE = { code: 'done', index: 0, leaderId: null } as const

function late(busy: string | null, lost: boolean): Failure {
  if (lost) return new Failure('outcome_unknown', 'The leader did not answer; the change may have been made.')
  if (busy !== null) return new Failure('membership_change_in_progress', busy, { retryAfterSeconds: 1 })
  return new Failure('no_quorum', 'No leader could be reached in time.', { retryAfterSeconds: 1 })
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0

/** From what a peer sent; null when it is no question. */
export function parseQuestion(value: unknown): { readonly question: Question; readonly timeoutMs: number } | null {
  const { question, timeoutMs } = (value ?? {}) as { question?: Record<string, unknown>; timeoutMs?: unknown }
  if (typeof question !== 'object' || question === null || typeof timeoutMs !== 'number') return null
  const { method, id, info, suffrage, to } = question
  const force = question.force === true
  const bounded = Math.min(Math.max(0, timeoutMs), 60_000)
  if (method === 'transferLeadership' && (to === null || isText(to))) {
    return { question: { method, to: to === null ? null : asNodeId(to) }, timeoutMs: bounded }
  }
  if (!isText(id)) return null
  if (method === 'removeMember') return { question: { method, id: asNodeId(id), force }, timeoutMs: bounded }
  if (method === 'setSuffrage' && (suffrage === 'voter' || suffrage === 'learner')) {
    return { question: { method, id: asNodeId(id), suffrage, force }, timeoutMs: bounded }
  }
  if ((method === 'addLearner' || method === 'updateInfo') && isMemberInfo(info)) {
    return { question: { method, id: asNodeId(id), info }, timeoutMs: bounded }
  }
  return null
}

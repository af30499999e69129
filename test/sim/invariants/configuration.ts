/**
 * Two configurations that follow each other in a log cannot decide apart (thesis §4): either they differ by one
 * voter at most, or one of them is joint and needs the majority of the other too. And a leader starts a change only
 * when the last one is committed and it has committed in its own term.
 */
import type { Configuration, NodeId } from '../../../src-main/raft/types'
import { Violation } from './violation'

const same = (a: readonly NodeId[], b: readonly NodeId[]): boolean =>
  a.length === b.length && a.every((id) => b.includes(id))

const difference = (a: readonly NodeId[], b: readonly NodeId[]): number =>
  a.filter((id) => !b.includes(id)).length + b.filter((id) => !a.includes(id)).length

export function checkFollows(before: Configuration, after: Configuration, where: string): void {
  if (after.voters.length === 0) throw new Violation('configuration', `${where}: no voters`)
  const wasJoint = before.votersOutgoing.length > 0
  const isJoint = after.votersOutgoing.length > 0
  const safe = wasJoint
    ? same(after.voters, before.voters) && (!isJoint || same(after.votersOutgoing, before.votersOutgoing))
    : isJoint
      ? same(after.votersOutgoing, before.voters)
      : difference(before.voters, after.voters) <= 1
  if (!safe) {
    throw new Violation(
      'configuration',
      `${where}: [${before.voters}|${before.votersOutgoing}] then [${after.voters}|${after.votersOutgoing}] could decide apart`
    )
  }
  for (const id of after.learners) {
    if (after.voters.includes(id)) throw new Violation('configuration', `${where}: ${id} is voter and learner`)
  }
}

export function checkMayStart(
  leader: NodeId,
  state: { readonly commitIndex: number; readonly committedTerm: number; readonly configurationIndex: number },
  term: number,
  leavesJoint: boolean
): void {
  if (state.configurationIndex > state.commitIndex) {
    throw new Violation('configuration', `${leader} starts a change while ${state.configurationIndex} is not committed`)
  }
  if (!leavesJoint && state.committedTerm !== term) {
    throw new Violation('configuration', `${leader} starts a change before it has committed in term ${term}`)
  }
}

/** One node, 'a', in the role a test wants it in; its peers exist only as messages. */
import { majority } from '../../../src-main/raft/quorum'
import { asNodeId, type Message, type RaftLimits } from '../../../src-main/raft/types'
import { appended, ofType, voteReply } from './messages'
import { configurationOf, stateOf, TestNode } from './test-node'

type StateOptions = Parameters<typeof stateOf>[1]

const peersOf = (voters: string): string[] => [...voters].filter((id) => id !== 'a')

export const followerOf = (voters: string, state: StateOptions = {}, limits: Partial<RaftLimits> = {}): TestNode =>
  new TestNode('a', stateOf(configurationOf({ voters }), state), { limits })

export const preCandidateOf = (
  voters: string,
  state: StateOptions = {},
  limits: Partial<RaftLimits> = {}
): TestNode => {
  const node = followerOf(voters, state, limits)
  untilMessages(node)
  return node
}

/** Ticks until `node` speaks; gives what it says. */
export const untilMessages = (node: TestNode): Message[] => {
  for (let i = 0; i < 2 * node.limits.electionTicks; i++) {
    const messages = node.tick()
    if (messages.length > 0) return messages
  }
  return []
}

/** A candidate whose own vote is durable; gives its RequestVotes too. */
export const campaigning = (
  voters: string,
  state: StateOptions = {},
  limits: Partial<RaftLimits> = {}
): { node: TestNode; requests: Message[] } => {
  const node = preCandidateOf(voters, state, limits)
  const term = node.status.term + 1
  const requests: Message[] = []
  for (const from of peersOf(voters).slice(0, majority(voters.length) - 1)) {
    requests.push(...node.receive(voteReply({ from, to: 'a', term }, true, true)))
  }
  return { node, requests }
}

export const candidateOf = (voters: string, state: StateOptions = {}, limits: Partial<RaftLimits> = {}): TestNode =>
  campaigning(voters, state, limits).node

/** A leader that has sent its no-op and heard nothing yet. */
export const newLeaderOf = (
  voters: string,
  state: StateOptions = {},
  limits: Partial<RaftLimits> = {}
): { node: TestNode; messages: Message[] } => {
  if (voters === 'a') {
    const node = followerOf(voters, state, limits)
    return { node, messages: node.tick() }
  }
  const node = candidateOf(voters, state, limits)
  const messages: Message[] = []
  for (const from of peersOf(voters).slice(0, majority(voters.length) - 1)) {
    messages.push(...node.receive(voteReply({ from, to: 'a', term: node.status.term }, true)))
  }
  return { node, messages }
}

/** A leader whose followers hold everything. */
export const leaderOf = (voters: string, state: StateOptions = {}, limits: Partial<RaftLimits> = {}): TestNode => {
  const { node } = newLeaderOf(voters, state, limits)
  acknowledgeAll(node)
  return node
}

/** Every follower has all of the leader's log. */
export const acknowledgeAll = (leader: TestNode): Message[] => {
  const { term, lastIndex, progress } = leader.status
  return progress.flatMap(({ id }) => leader.receive(appended({ from: id, to: 'a', term }, lastIndex)))
}

/** What each follower answers to the AppendEntries among `messages`, if it accepts all. */
export const acceptAll = (messages: readonly Message[]): Message[] =>
  ofType(messages, 'AppendEntries').map(({ from, to, term, prevLogIndex, entries }) =>
    appended({ from: to, to: from, term }, prevLogIndex + entries.length)
  )

export const nodeId = asNodeId

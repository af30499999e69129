/** Messages as a test writes them: only what matters is named. */
import {
  asIndex,
  asNodeId,
  asTerm,
  type AppendEntries,
  type AppendEntriesReply,
  type Entry,
  type Heartbeat,
  type HeartbeatReply,
  type Message,
  type ReadIndexReply,
  type RequestVote,
  type RequestVoteReply,
  type TimeoutNow
} from '../../../src-main/raft/types'

interface Address {
  readonly from: string
  readonly to: string
  readonly term: number
}

const envelope = ({ from, to, term }: Address) => ({ from: asNodeId(from), to: asNodeId(to), term: asTerm(term) })

export const entry = (index: number, term: number, data = `${term}.${index}`): Entry => ({
  index: asIndex(index),
  term: asTerm(term),
  kind: 'command',
  data
})

/** Entries of these terms, from `first` on. */
export const entriesFrom = (first: number, ...terms: number[]): Entry[] =>
  terms.map((term, i) => entry(first + i, term))

export const appendEntries = (
  address: Address,
  prev: { readonly index: number; readonly term: number },
  entries: readonly Entry[] = [],
  leaderCommit = 0
): AppendEntries => ({
  type: 'AppendEntries',
  ...envelope(address),
  prevLogIndex: asIndex(prev.index),
  prevLogTerm: asTerm(prev.term),
  entries,
  leaderCommit: asIndex(leaderCommit)
})

export const appended = (address: Address, matchIndex: number): AppendEntriesReply => ({
  type: 'AppendEntriesReply',
  ...envelope(address),
  success: true,
  matchIndex: asIndex(matchIndex),
  hintIndex: asIndex(0),
  hintTerm: asTerm(0)
})

export const refused = (
  address: Address,
  prevLogIndex: number,
  hint: { readonly index: number; readonly term: number } = { index: 0, term: 0 }
): AppendEntriesReply => ({
  type: 'AppendEntriesReply',
  ...envelope(address),
  success: false,
  matchIndex: asIndex(prevLogIndex),
  hintIndex: asIndex(hint.index),
  hintTerm: asTerm(hint.term)
})

export const heartbeat = (address: Address, leaderCommit = 0, round = 1): Heartbeat => ({
  type: 'Heartbeat',
  ...envelope(address),
  leaderCommit: asIndex(leaderCommit),
  round
})

export const heartbeatReply = (address: Address, round = 1): HeartbeatReply => ({
  type: 'HeartbeatReply',
  ...envelope(address),
  round
})

export const requestVote = (
  address: Address,
  last: { readonly index: number; readonly term: number },
  options: { readonly preVote?: boolean; readonly leadershipTransfer?: boolean } = {}
): RequestVote => ({
  type: 'RequestVote',
  ...envelope(address),
  preVote: options.preVote ?? false,
  lastLogIndex: asIndex(last.index),
  lastLogTerm: asTerm(last.term),
  leadershipTransfer: options.leadershipTransfer ?? false
})

export const voteReply = (address: Address, voteGranted: boolean, preVote = false): RequestVoteReply => ({
  type: 'RequestVoteReply',
  ...envelope(address),
  preVote,
  voteGranted
})

export const timeoutNow = (address: Address): TimeoutNow => ({ type: 'TimeoutNow', ...envelope(address) })

export const readIndexReply = (address: Address, context: number, index: number | null): ReadIndexReply => ({
  type: 'ReadIndexReply',
  ...envelope(address),
  context,
  readIndex: index === null ? null : asIndex(index)
})

export const ofType = <T extends Message['type']>(
  messages: readonly Message[],
  type: T
): Extract<Message, { type: T }>[] =>
  messages.filter((message): message is Extract<Message, { type: T }> => message.type === type)

/**
 * A message has come: the rules for all servers about terms (§5.1), then the rule of its type.
 */
import { onAppendEntries, refuseStaleLeader } from './append-entries'
import type { Core } from './core'
import { onRequestVote, onRequestVoteReply } from './election'
import { onHeartbeat, onHeartbeatReply } from './heartbeat'
import { onReadIndex, onReadIndexReply } from './read-index'
import { onAppendEntriesReply } from './replication'
import { becomeFollower } from './roles'
import { onTimeoutNow } from './transfer'
import { asIndex, type Message } from './types'

/** Input receive. */
export function receive(core: Core, message: Message): void {
  if (message.to !== core.id || message.from === core.id) return
  if (message.type === 'RequestVote') return onRequestVote(core, message)
  if (message.term > core.currentTerm) {
    // A pre-vote is granted in the name of a term that nobody has entered.
    const entered = !(message.type === 'RequestVoteReply' && message.preVote && message.voteGranted)
    if (entered) becomeFollower(core, message.term, isLeaders(message) ? message.from : null)
  } else if (message.term < core.currentTerm) {
    return receiveStale(core, message)
  }
  switch (message.type) {
    case 'RequestVoteReply':
      return onRequestVoteReply(core, message)
    case 'AppendEntries':
      return onAppendEntries(core, message)
    case 'AppendEntriesReply':
      return onAppendEntriesReply(core, message)
    case 'Heartbeat':
      return onHeartbeat(core, message)
    case 'HeartbeatReply':
      return onHeartbeatReply(core, message)
    case 'TimeoutNow':
      return onTimeoutNow(core, message)
    case 'ReadIndex':
      return onReadIndex(core, message)
    case 'ReadIndexReply':
      return onReadIndexReply(core, message)
  }
}

const isLeaders = ({ type }: Message): boolean =>
  type === 'AppendEntries' || type === 'Heartbeat' || type === 'TimeoutNow'

function receiveStale(core: Core, message: Message): void {
  switch (message.type) {
    case 'AppendEntries':
      return refuseStaleLeader(core, message.from, message.prevLogIndex)
    case 'Heartbeat':
      return refuseStaleLeader(core, message.from, asIndex(0))
    default:
      return
  }
}

import type { Message } from '../../src-main/raft/types'

/** One line for a message. */
export function describe(m: Message): string {
  const head = `${m.from}→${m.to} t${m.term}`
  switch (m.type) {
    case 'RequestVote':
      return `${head} ${m.preVote ? 'PreVote' : 'RequestVote'} last ${m.lastLogIndex}/${m.lastLogTerm}`
    case 'RequestVoteReply':
      return `${head} ${m.preVote ? 'PreVoteReply' : 'RequestVoteReply'} ${m.voteGranted}`
    case 'AppendEntries':
      return `${head} AppendEntries prev ${m.prevLogIndex}/${m.prevLogTerm} +${m.entries.length} commit ${m.leaderCommit}`
    case 'AppendEntriesReply':
      return `${head} AppendEntriesReply ${m.success} match ${m.matchIndex} hint ${m.hintIndex}/${m.hintTerm}`
    case 'Heartbeat':
      return `${head} Heartbeat #${m.round} commit ${m.leaderCommit}`
    case 'HeartbeatReply':
      return `${head} HeartbeatReply #${m.round}`
    case 'TimeoutNow':
      return `${head} TimeoutNow`
    case 'ReadIndex':
      return `${head} ReadIndex ${m.context}`
    case 'ReadIndexReply':
      return `${head} ReadIndexReply ${m.context} → ${m.readIndex}`
  }
}
